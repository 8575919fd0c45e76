"""Logs from elsewhere in the window: a run to look at, whose page says the cause and shows its line."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog

from desktop_app.api import RunStatus
from desktop_app.places import Places
from desktop_app.services.run_logs_taken import take_logs
from desktop_app.services.workbench import Workbench
from tests.ui.audit import assert_sound
from tests.ui.files_bench import dialog_of
from tests.ui.files_bench import until as found
from tests.ui.runs_bench import RunsBench, quiet, runs_bench
from tests.ui.windows import Windows, stand_in, until

__all__ = ["runs_bench"]
MEMORY = "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB."
FALLEN = f"""epoch 1 loss 0.3
Traceback (most recent call last):
  File "/job/train.py", line 88, in <module>
    loss.backward()
{MEMORY}
"""
ECHO = "epoch 1 loss 0.4\nRuntimeError: [../third_party/gloo] Connection closed by peer [10.0.0.5]:4411\n"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """What somebody sent: a log for each of two ranks, and the scheduler's."""
    folder = tmp_path / "job 4711"
    folder.mkdir()
    (folder / "rank0.log").write_text(ECHO)
    (folder / "rank1.log").write_text(FALLEN)
    (folder / "slurm-4711.out").write_text("srun: error: node2: task 1: Exited with exit code 1\n")
    return folder


@pytest.fixture
async def windows(places: Places) -> AsyncIterator[Windows]:
    """Makes windows."""
    made = Windows(places)
    yield made
    await made.close()


async def test_the_page_opens_on_the_cause_and_its_line(runs_bench: RunsBench, logs: Path) -> None:
    opened = take_logs([logs], runs_bench.places.runs)
    await runs_bench.workbench.monitor.refresh()
    runs_bench.page.show_run(opened.handle)
    page = runs_bench.page.run_page
    assert page is not None
    card = page.failure
    await until(card.cause.isVisible)
    assert card.heading.text() == "Rank 1 failed first"
    assert card.text.text() == MEMORY
    assert page.header.origin.text() == opened.origin
    assert runs_bench.page.list.model.where(runs_bench.workbench.store.runs[opened.handle]) == "Logs: job 4711"
    await until(lambda: (page.logs.view.seen_key or (0, 0, 0))[2] == FALLEN.index(MEMORY))
    assert [each.ranks for each in card.falls.rows] == [(1,), (0,)]
    assert [each.status for each in page.grid._ranks] == [RunStatus.CANCELED, RunStatus.FAILED], "as the logs tell"
    assert page.grid._first == 1
    assert not any(each.isVisible() for each in (page.header.again, page.header.clone, page.header.download))
    shown = [page.tabs.bar.tabText(each) for each in range(page.tabs.bar.count()) if page.tabs.bar.isTabVisible(each)]
    assert shown == ["Logs"]
    assert_sound(runs_bench.page)
    await quiet()


async def test_logs_without_a_failure_are_called_no_failure(runs_bench: RunsBench, tmp_path: Path) -> None:
    folder = tmp_path / "nightly"
    folder.mkdir()
    for rank in (0, 1):
        (folder / f"rank{rank}.log").write_text("epoch 1 loss 0.3\ntraining finished, saved model.pt\n")
    opened = take_logs([folder], runs_bench.places.runs)
    await runs_bench.workbench.monitor.refresh()
    runs_bench.page.show_run(opened.handle)
    page = runs_bench.page.run_page
    assert page is not None
    assert page.failure.isHidden(), "nothing is said before it is known"
    await until(page.failure.isVisible)
    assert page.failure.heading.text() == "No failure stands in these logs"
    assert page.failure.property("tone") == "info"
    assert page.header.state.label.text() == "Logs"
    model = runs_bench.page.list.model
    assert "Failed" not in [str(model.index(0, column).data()) for column in range(model.columnCount())]
    assert_sound(runs_bench.page)
    await quiet()


async def test_a_folder_is_asked_for_and_where_it_holds_no_log_that_is_said(
    windows: Windows, workbench: Workbench, logs: Path, tmp_path: Path
) -> None:
    window = await windows.open(workbench)
    runs = stand_in(window, "runs")
    window.actions_by_name["runs.open_logs"].trigger()
    dialog = await found(lambda: dialog_of(QFileDialog))
    dialog.fileSelected.emit(str(logs))
    dialog.close()
    await until(lambda: runs.asked)
    assert str(runs.asked[0][1]).startswith("local://logs-")
    (tmp_path / "none").mkdir()
    window.actions_by_name["runs.open_logs"].trigger()
    dialog = await found(lambda: dialog_of(QFileDialog))
    dialog.fileSelected.emit(str(tmp_path / "none"))
    dialog.close()
    await until(lambda: "There is no log in none." in window.message.heading.text())
