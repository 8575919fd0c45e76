"""A run of very many ranks in the window: what is done once for all of them is not done again for each change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QFontMetrics

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.core.rank_words import names_of
from desktop_app.presenters.run_page import log_sources, logs_told
from desktop_app.services.logs.merge import LogSource
from desktop_app.ui.runs import log_tab, rank_grid
from desktop_app.ui.runs.log_tab import ALL
from desktop_app.ui.runs.rank_box import RankBox
from desktop_app.ui.runs.rank_grid import RankGrid
from tests.helpers.run_folders import FolderOfRun, fail, make_run
from tests.ui.runs_bench import RunsBench, quiet, runs_bench
from tests.ui.windows import until

__all__ = ["runs_bench"]

NODES, EACH = 75, 8
RANKS = NODES * EACH


class Counted:
    """A function that counts how often it is called."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self.call, self.calls = call, 0

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Call it."""
        self.calls += 1
        return self.call(*values, **named)


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """How often it is worked out where a run's logs are."""
    made = Counted(log_sources)
    monkeypatch.setattr(log_tab, "log_sources", made)
    return made


def many(bench: RunsBench, status: RunStatus = RunStatus.RUNNING) -> FolderOfRun:
    made = make_run(bench.places.runs, "r-many", status, nodes=NODES, processes=EACH)
    for rank in range(RANKS):
        made.append(rank, b"step 1\n", 1_795_342_272.0 + rank)
    return made


def changed(run: RunSnapshot, number: int) -> RunSnapshot:
    """Return the run as it is when the exit code of a few ranks is known, all of its values read anew."""
    ranks = tuple(replace(each, exit_code=number) if each.rank < 5 else replace(each) for each in run.ranks)
    return replace(run, ranks=ranks, metrics={"loss": (1.0 / number, number)})


async def test_where_the_logs_are_is_said_once_by_a_thread(runs_bench: RunsBench, told: Counted) -> None:
    made = many(runs_bench)
    await runs_bench.workbench.monitor.refresh()
    runs_bench.page.show_run(made.snapshot.handle)
    page = runs_bench.page.run_page
    assert page is not None
    assert page.logs.view.sources == (), "the window's thread does not work out so many paths"
    await until(lambda: page.logs.view.page.rows)
    assert len(page.logs.view.sources) == RANKS
    assert page.logs.tools.ranks.count() == RANKS + 1
    feed = page.logs.view._reader.feed
    for number in range(1, 4):
        runs_bench.take(changed(made.snapshot, number))
        await quiet()
    assert (told.calls, page.logs.view._reader.feed) == (1, feed)


async def test_that_no_rank_wrote_anything_is_said_when_all_logs_were_looked_at(runs_bench: RunsBench) -> None:
    made = make_run(runs_bench.places.runs, "r-many", RunStatus.COMPLETED, nodes=NODES, processes=EACH)
    await runs_bench.workbench.monitor.refresh()
    runs_bench.page.show_run(made.snapshot.handle)
    page = runs_bench.page.run_page
    assert page is not None
    assert page.logs.view._nothing == "Reading the logs…"
    await until(lambda: page.logs.view._nothing == "No rank wrote anything.")
    assert len(page.logs.view.sources) == RANKS
    await quiet()


async def test_what_is_asked_for_before_is_done_then(runs_bench: RunsBench) -> None:
    made = fail(many(runs_bench, RunStatus.FAILED), 321)
    await runs_bench.workbench.monitor.refresh()
    runs_bench.page.show_run(made.snapshot.handle)
    page = runs_bench.page.run_page
    assert page is not None
    await until(lambda: page.logs.view._marks.focus is not None and page.logs.view._marks.focus[0] > 0)
    assert page.logs.view._marks.focus is not None
    assert page.logs.view._marks.focus[1] == 321
    await quiet()


async def test_a_rank_that_is_picked_at_once_is_shown_as_soon_as_its_log_is_known(runs_bench: RunsBench) -> None:
    made = many(runs_bench)
    await runs_bench.workbench.monitor.refresh()
    runs_bench.page.show_run(made.snapshot.handle)
    page = runs_bench.page.run_page
    assert page is not None
    page.logs.show_rank(77)
    await until(lambda: [each.rank for each in page.logs.view.sources] == [77])
    assert page.logs.tools.ranks.currentText() == "Rank 77"
    await quiet()


async def test_another_run_is_shown_though_a_thread_still_looks_for_the_logs_of_the_first(
    runs_bench: RunsBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, other = many(runs_bench), make_run(runs_bench.places.runs, "r-other")
    await runs_bench.workbench.monitor.refresh()
    await runs_bench.open(other)
    page = runs_bench.page.run_page
    assert page is not None
    late: asyncio.Future[tuple[LogSource, ...]] = asyncio.get_running_loop().create_future()
    asked = []

    def work(call: Callable[..., object], *values: object) -> asyncio.Future[tuple[LogSource, ...]]:
        asked.append((call, values))
        return late

    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "to_thread", work)
        page.logs.show_run(made.snapshot)
        page.logs.show_rank(5)
        await until(lambda: asked)
    page.logs.show_run(other.snapshot)
    late.set_result(log_sources(made.snapshot))
    await quiet()
    assert len(page.logs.view.sources) == len(other.snapshot.ranks)
    page.logs.show_rank(1)
    assert [each.rank for each in page.logs.view.sources] == [1]


def test_logs_are_told_apart_by_what_they_are(tmp_path: Path) -> None:
    run = make_run(tmp_path, "r-1").snapshot
    assert logs_told(run) == logs_told(replace(run, metrics={"loss": (1.0, 1)}))
    assert logs_told(run) != logs_told(replace(run, launcher_logs=("user_logs/mpirun.txt",)))
    assert logs_told(replace(run, folder="")) == ()


@pytest.mark.usefixtures("qapp")
def test_the_picture_of_ranks_is_arranged_anew_where_they_are_others_alone(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path_factory.mktemp("runs"), "r-1", nodes=2, processes=4).snapshot
    names = Counted(names_of)
    monkeypatch.setattr(rank_grid, "names_of", names)
    grid = RankGrid()
    grid.show_ranks(run.ranks, run.nodes, None)
    grid._go(3)
    fallen = tuple(replace(each, status=RunStatus.FAILED) for each in run.ranks)
    grid.show_ranks(fallen, run.nodes, 3)
    assert names.calls == 1
    assert grid.accessibleDescription().startswith("Rank 3: Failed · first to fail")
    seen = [rank.status for group in grid._groups for rank, _ in grid._cells(group, grid.rect())]
    assert set(seen) == {RunStatus.FAILED}
    grid.show_ranks(fallen[:4], 1, 3)
    assert names.calls == 2
    assert [each.node for each in grid._groups] == [0]
    grid.deleteLater()


def box_of(ranks: Sequence[int]) -> RankBox:
    made = RankBox()
    made.fill([ALL, *ranks], ["All ranks", *(f"Rank {each}" for each in ranks)])
    return made


@pytest.mark.usefixtures("qapp")
def test_the_box_of_ranks_knows_what_is_chosen_and_tells_nobody_of_what_it_is_told() -> None:
    box, said = box_of(range(3)), list[object]()
    box.currentIndexChanged.connect(said.append)
    box.activated.connect(said.append)
    assert (box.number, box.currentText()) == (ALL, "All ranks")
    box.choose(2)
    assert (box.number, box.currentText()) == (2, "Rank 2")
    box.choose(77)
    assert box.number == ALL
    box.fill((), ())
    assert not box.count()
    assert not said
    box.deleteLater()


@pytest.mark.usefixtures("qapp")
def test_the_box_has_room_for_the_longest_name_of_many() -> None:
    box = box_of(range(9_990, 10_100))
    wide = QFontMetrics(box.font()).horizontalAdvance("Rank 10099")
    assert box.sizeHint().width() > wide
    assert box.minimumContentsLength() >= len("Rank 10099")
    box.deleteLater()
