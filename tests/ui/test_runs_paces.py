"""Who is slow, above the curves of the Resources tab."""

from __future__ import annotations

from desktop_app.api import RunStatus
from desktop_app.core.stragglers import HOW_TO_TELL
from desktop_app.ui.runs.run_page import LOGS, RESOURCES
from tests.helpers.run_folders import train
from tests.ui.runs_bench import RunsBench, quiet, runs_bench
from tests.ui.windows import until

__all__ = ["runs_bench"]


async def test_the_slow_rank_is_named_and_marked(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", RunStatus.COMPLETED, nodes=2, processes=2)
    train(made, 40)  # the last rank takes 62 ms for a step, the others 30
    page = await runs_bench.open(made)
    page.tabs.show_tab(RESOURCES)
    section = page.resources.section
    assert section is not None
    await until(section.isVisible)
    assert section.said.text().startswith("Rank 3 takes 2.")
    model = section.model
    titles = [model.headerData(column, section.view.header().orientation()) for column in range(model.columnCount())]
    assert titles == ["RANK", "STEP", "CPU", "MEMORY"]
    ranks = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert (ranks[0], sorted(ranks[1:])) == ("3 slow", ["0", "1", "2"])
    assert section.view.height() >= section.view.header().height() + 4 * section.view.sizeHintForRow(0)
    assert not section.advice.isVisible()
    page.tabs.show_tab(LOGS)
    await quiet()


async def test_another_run_is_not_blamed_for_it(runs_bench: RunsBench) -> None:
    slow = await runs_bench.add("r-1", RunStatus.COMPLETED, processes=4)
    train(slow, 40)
    alone = await runs_bench.add("r-2", RunStatus.COMPLETED, processes=1)
    train(alone, 40)
    silent = await runs_bench.add("r-3", RunStatus.COMPLETED, processes=2)
    page = await runs_bench.open(slow)
    page.tabs.show_tab(RESOURCES)
    section = page.resources.section
    assert section is not None
    await until(section.isVisible)
    for made in (alone, silent):
        await runs_bench.open(made)
        page.tabs.show_tab(RESOURCES)
        await quiet()
        assert not section.isVisible()
    page.tabs.show_tab(LOGS)
    await quiet()


async def test_where_nothing_can_be_told_it_says_what_would(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", RunStatus.COMPLETED, processes=2)
    train(made, 2)  # with samples of CPU, and too few steps
    page = await runs_bench.open(made)
    page.tabs.show_tab(RESOURCES)
    section = page.resources.section
    assert section is not None
    await until(section.isVisible)
    assert section.said.text().startswith("Too few steps so far: 5 of each rank are needed")
    assert section.advice.text() == HOW_TO_TELL
    page.tabs.show_tab(LOGS)
    await quiet()
