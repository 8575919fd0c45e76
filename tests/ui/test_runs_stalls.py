"""A run that falls silent: said in the table, on its page, and to a person who looks elsewhere."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from desktop_app.api import RunStatus
from desktop_app.places import Places
from desktop_app.presenters.runs import Column
from desktop_app.services.stalls import Signs, StallWatch
from desktop_app.services.workbench import Workbench
from desktop_app.ui.settings.appearance import NotificationsSection
from tests.helpers.fake_shell import FakeShell
from tests.helpers.snapshots import snapshot
from tests.ui.runs_bench import RunsBench, quiet, runs_bench
from tests.ui.windows import Windows, until

__all__ = ["runs_bench"]
START = 1_800_000_000.0


class Clock:
    """The time, and when each run wrote something."""

    def __init__(self) -> None:
        self.now = START + 100
        self.beats = [START + 2 * each for each in range(50)]

    def put_into(self, watch: StallWatch) -> None:
        """Let a watch go by this clock."""
        watch._now, watch._signs = lambda: self.now, lambda _run: Signs(self.beats)


@pytest.fixture
async def windows(places: Places) -> AsyncIterator[Windows]:
    """Makes windows."""
    made = Windows(places)
    yield made
    await made.close()


async def test_the_table_and_the_page_say_so(runs_bench: RunsBench) -> None:
    clock, stalls = Clock(), runs_bench.workbench.stalls
    clock.put_into(stalls)
    made = await runs_bench.add("r-1")
    page, model = await runs_bench.open(made), runs_bench.page.list.model
    state = model.index(0, Column.STATE)
    seen = []
    model.dataChanged.connect(lambda first, _last: seen.append(first.column()))
    assert state.data() == "Running"
    clock.now += 240
    await stalls.look(runs_bench.workbench.store)
    assert Column.STATE in seen
    assert state.data() == "Quiet for 4 min"
    assert str(state.data(3)).startswith("No log and no metric for 4 min; until then")
    page.header.show_run(made.snapshot, made.snapshot.created)
    assert page.header.state.label.text().endswith("· quiet for 4 min")
    clock.beats.append(clock.now)
    await stalls.look(runs_bench.workbench.store)
    assert state.data() == "Running"
    await quiet()


async def test_a_person_is_told_until_it_is_switched_off(
    windows: Windows, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = await windows.open(bench)
    clock = Clock()
    clock.put_into(bench.stalls)
    told: list[tuple[str, str, str]] = []
    assert window._session is not None
    monkeypatch.setattr(window._session._notifier, "notify", lambda *what: told.append(what))
    bench.store.update([snapshot("a")])
    clock.now += 240
    for _look in range(3):
        await bench.stalls.look(bench.store)
    ((title, text, handle),) = told
    assert (title, handle) == ("run a is quiet for 4 min", "local://a")
    assert text.startswith("No log and no metric for 4 min")
    for key in ("notifications.stalls", "notifications.runs"):
        bench.settings.set(key, False)
        clock.beats.append(clock.now)
        for _look in range(24):
            await bench.stalls.look(bench.store)
            clock.now += 10
        assert list(bench.stalls.quiet) == ["local://a"]
        bench.settings.set(key, True)
    assert len(told) == 1
    bench.store.update([snapshot("a", RunStatus.COMPLETED)])


async def test_it_can_be_switched_off_alone(bench: Workbench, shell: FakeShell) -> None:
    section = NotificationsSection(bench, shell)
    assert section.stalls.isChecked()
    section.stalls.click()
    await until(lambda: bench.settings.get("notifications.stalls") is False)
    assert bench.settings.get("notifications.runs", True) is True
    section.box.click()
    await until(lambda: not section.stalls.isEnabled())
    section.deleteLater()
