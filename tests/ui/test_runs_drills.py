"""The window's fault drills, on a real run."""

from __future__ import annotations

import asyncio
from typing import cast

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu

from desktop_app.places import Places
from desktop_app.ui.runs.run_page import RunPage
from tests.helpers.local_runs import end_of, start, state, wait_for_log
from tests.helpers.waiting import wait_until
from tests.ui.runs_bench import RunsBench, quiet, runs_bench

__all__ = ["runs_bench"]
TALKING = "echo up; while true; do sleep 0.05; done"


def drills(menu: QMenu) -> list[QAction]:
    """Return the entries below Fault drill."""
    below = [each.menu() for each in menu.actions() if each.text() == "Fault &drill"]
    return below[0].actions() if below and isinstance(below[0], QMenu) else []


async def choose(page: RunPage, title: str) -> None:
    """Choose an entry and say yes."""
    menu = page.header.menu()
    next(each for each in drills(menu) if each.text() == title).trigger()
    menu.deleteLater()
    assert page.confirm.isVisible()
    page.confirm.danger.click()
    await quiet()


async def test_a_rank_is_stopped_and_another_killed(runs_bench: RunsBench, no_orphans: Places) -> None:
    folder = await asyncio.to_thread(start, no_orphans.runs, [TALKING, TALKING])
    await asyncio.to_thread(wait_for_log, folder, "up")
    await asyncio.to_thread(wait_until, lambda: state(folder)["status"] == "Running")  # the log may come before that
    await runs_bench.workbench.monitor.refresh()
    runs_bench.page.show_run(f"local://{folder.name}")
    page = runs_bench.page.run_page
    assert page is not None
    page.grid.pick(1)
    await choose(page, "Stop rank 1…")
    await runs_bench.workbench.monitor.refresh()
    assert page.state_message.heading.text().startswith("A drill: rank 1 was stopped at ")
    page.grid.pick(0)
    await choose(page, "Kill rank 0…")
    await asyncio.to_thread(end_of, folder)
    await runs_bench.workbench.monitor.refresh()
    assert page.failure.heading.text() == "Rank 0 failed first: SIGKILL"
    assert page.failure.cause.text().startswith("You killed it (drill) at ")
    assert "memory" not in page.failure.explanation.text()
    assert drills(page.header.menu()) == [], "nothing can be done to what is over"
    await quiet()


async def test_who_thinks_better_of_it_does_nothing(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", nodes=2, processes=2)
    page = await runs_bench.open(made)
    groups = {each.text(): cast("QMenu", each.menu()) for each in drills(page.header.menu())}
    assert [each.text() for each in groups["Kill a rank"].actions()] == [f"Kill rank {n}…" for n in range(4)]
    assert [each.text() for each in groups["Evict a node"].actions()] == ["Evict node 0…", "Evict node 1…"]
    page.grid.pick(3)
    assert [each.text() for each in drills(page.header.menu())] == [
        "Kill rank 3…", "Stop rank 3…", "Starve the memory of rank 3…", "Fill the disk of rank 3…",
        "Evict node 1…", "Cut off node 1…",
    ]  # fmt: skip
    drills(page.header.menu())[0].trigger()
    assert page.confirm.heading.text() == "Kill rank 3?"
    page.confirm.keep.click()
    await quiet()
    assert list((made.path / "requests").iterdir()) == []
