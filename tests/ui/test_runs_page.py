"""A run's page: header, timeline, failure, ranks, and what its tabs do."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
import time
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QPushButton

from desktop_app.api import MetricPoint, RunStatus
from desktop_app.places import Places
from desktop_app.ui.runs.log_tab import ALL
from desktop_app.ui.runs.rank_grid import RankGrid
from desktop_app.ui.runs.run_page import JOB, LOGS, METRICS, OUTPUTS, RESOURCES
from desktop_app.ui.theme import theme_manager
from tests.helpers.local_runs import start
from tests.helpers.noted import noted
from tests.helpers.run_folders import make_run, train
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.runs_bench import RunsBench, pause, quiet, runs_bench
from tests.ui.windows import until

__all__ = ["runs_bench"]


async def test_a_failed_run_opens_on_its_root_cause(runs_bench: RunsBench) -> None:
    source = runs_bench.places.home / "project" / "src" / "train.py"
    source.parent.mkdir(parents=True)
    source.write_text("x = 1\n" * 60)
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-1"))
    assert page.failure.heading.text() == "Rank 3 failed first: exit 1"
    assert page.failure.text.text().startswith("RuntimeError: mat1")
    assert page.header.state.label.text() == "Failed · exit 1 after 01:08"
    await until(lambda: page.logs.view._marks.focus is not None)
    view = page.logs.view
    focused = [each.line.text for each in view.page.rows if view._marks.look(each, None).focused]
    assert focused == ["RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x63 and 64x128)"]
    await until(page.failure.open_code.isVisible)
    assert page.failure.open_code.text() == "&Open train.py:41"
    page.failure.open_code.click()
    assert runs_bench.shell.calls[-1] == ("open_file", source, 41)


async def test_show_in_log_goes_to_the_line_again(runs_bench: RunsBench) -> None:
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-1"))
    page.tabs.show_tab(JOB)
    page.logs.view._go_start()
    page.failure.show_log.click()
    await until(lambda: page.logs.view._marks.focus is not None and page.tabs.index == LOGS)
    await quiet()


async def test_ranks_filter_the_log(runs_bench: RunsBench) -> None:
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-1"))
    page.grid.setFocus()
    QTest.keyClick(page.grid, Qt.Key.Key_Right)
    assert page.grid.accessibleDescription().startswith("Rank 1: Canceled")
    QTest.keyClick(page.grid, Qt.Key.Key_Return)
    await until(lambda: page.logs.view.page.rows and {each.ranks for each in page.logs.view.page.rows} == {(1,)})
    assert page.logs.tools.ranks.currentText() == "Rank 1"
    QTest.keyClick(page.grid, Qt.Key.Key_Escape)
    await until(lambda: len(page.logs.view.sources) == 4)
    page.logs.tools.ranks.choose(2)
    page.logs.tools.ranks.activated.emit(page.logs.tools.ranks.currentIndex())
    assert page.grid._picked == 2
    assert page.logs.menu_for(2).actions()[-1].text() == "All &ranks"


async def test_several_ranks_are_shown_as_they_are_typed(runs_bench: RunsBench) -> None:
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-1"))
    box = page.logs.tools.ranks
    line = box.lineEdit()
    assert line is not None
    line.selectAll()
    QTest.keyClicks(line, "0-1, 3")
    QTest.keyClick(line, Qt.Key.Key_Return)
    await until(lambda: [each.rank for each in page.logs.view.sources] == [0, 1, 3])
    assert box.currentText() == "ranks 0–1, 3"
    assert [each.text() for each in page.logs.menu_for(1).actions()][-3:] == [
        "&Only rank 1",
        "&Without rank 1",
        "All &ranks",
    ]
    page.logs.show_ranks([0, 3])
    page.logs.tools.field.setText("loss")
    page.logs.start_search()
    await until(lambda: page.logs._done)
    shown = [each.text() for each in page.logs.counts.findChildren(QPushButton) if each.isVisible()]
    assert shown == ["ranks 0, 3: 3 each", "All ranks"]
    line.selectAll()
    QTest.keyClicks(line, "77")
    QTest.keyClick(line, Qt.Key.Key_Return)
    assert "no such rank" in page.logs.message.heading.text()
    await until(lambda: len(page.logs.view.sources) == 4)
    await quiet()


async def test_counts_of_ranks_filter_the_log(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", nodes=1, processes=3)
    for rank in range(3):
        made.append(rank, b"needle\n" * (rank + 1), 1000.0)
    page = await runs_bench.open_and_read(made)
    page.logs.tools.field.setText("needle")
    page.logs.start_search()
    await until(lambda: page.logs._done)
    buttons = [each for each in page.logs.counts.findChildren(QPushButton) if each.isVisible()]
    assert [each.text() for each in buttons] == ["rank 2: 3", "rank 1: 2", "rank 0: 1"]
    buttons[1].click()
    await until(lambda: [each.rank for each in page.logs.view.sources] == [1])
    await until(lambda: page.logs._done and page.logs._total == 2)
    await quiet()


async def test_errors_are_gone_through_by_keys(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1")
    for rank in (1, 0):
        made.append(rank, b"ValueError: %d\n" % rank, 1100.0 - rank)
    made.append(0, b"all is well\n", 2000.0)
    page = await runs_bench.open_and_read(made)
    page.logs.view.go_to_offset(1, 0)
    await until(lambda: page.logs.view._marks.focus is not None and page.logs.view._marks.focus[0] == 1099.0)
    QTest.keyClick(page, Qt.Key.Key_F8)
    await until(lambda: page.logs.view._marks.focus == (1100.0, 0, 0))
    QTest.keyClick(page, Qt.Key.Key_F8, Qt.KeyboardModifier.ShiftModifier)
    await until(lambda: page.logs.view._marks.focus == (1099.0, 1, 0))
    await quiet()


async def test_what_ranks_repeat_is_shown_once_unless_switched_off(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", nodes=1, processes=4)
    for rank in range(4):
        made.append(rank, b"[rank%d]: up\n" % rank, 1000.0)
    page = await runs_bench.open_and_read(made)
    assert len(page.logs.view.page.rows) == 1
    page.logs.tools.fold.click()
    assert len(page.logs.view.page.rows) == 4
    await quiet()


async def test_ctrl_r_is_about_the_run_that_is_open(runs_bench: RunsBench, monkeypatch: pytest.MonkeyPatch) -> None:
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-1"))
    planned: list[str] = []
    monkeypatch.setattr(page.deeds, "again", lambda run: planned.append(run.run))
    override = QKeyEvent(QEvent.Type.ShortcutOverride, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    override.ignore()
    page.event(override)
    assert override.isAccepted(), "the window's own Ctrl+R would plan the job in Files"
    QTest.keyClick(page, Qt.Key.Key_R, Qt.KeyboardModifier.ControlModifier)
    assert planned == ["r-1"]
    assert "Ctrl+R" in page.header.again.toolTip()


async def test_the_search_counts_and_walks_through_all_ranks(runs_bench: RunsBench) -> None:
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-1"))
    QTest.keyClick(page, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    tools = page.logs.tools
    tools.field.setText("loss")
    QTest.keyClick(tools.field, Qt.Key.Key_Return)
    await until(lambda: page.logs._done)
    assert tools.count.text() == "12"  # three lines of four ranks
    page.logs.step(1)
    first = page.logs.view._marks.current
    page.logs.step(1)
    page.logs.step(-1)
    assert page.logs.view._marks.current == first
    tools.field.setText("LOSS")  # capitals count where there are any
    await until(lambda: page.logs._done and tools.count.text() == "no match")
    tools.field.setText("step +40")
    tools.regex.setChecked(True)
    page.logs.start_search()
    await until(lambda: page.logs._done and page.logs._found)
    assert tools.count.text() == "4"
    tools.field.setText("(")
    page.logs.start_search()
    await until(lambda: "no regular expression" in tools.count.text())
    QTest.keyClick(page.logs, Qt.Key.Key_Escape)
    assert not tools.count.isVisible()
    await quiet()


async def test_the_first_error_is_found_without_being_told(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1")
    for index in range(300):
        made.append(0, b"epoch %d\n" % index, 1000.0 + index)
    made.append(1, b"ValueError: one\n", 1100.0)
    made.append(0, b"RuntimeError: two\n", 2000.0)
    page = await runs_bench.open_and_read(made)
    page.logs.tools.first_error.click()
    await until(lambda: page.logs.view._marks.focus is not None and page.logs.view._marks.focus[0] == 1100.0)
    assert not page.logs.view.is_following
    assert not page.logs.tools.follow.isChecked()
    await quiet()


async def test_no_error_is_said_too(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1")
    made.append(0, b"all is well\n", 1000.0)
    page = await runs_bench.open_and_read(made)
    page.logs.go_to_first_error()
    await until(page.logs.message.isVisible)
    await quiet()


async def test_a_live_run_ends_before_ones_eyes(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1")
    made.append(0, b"epoch 1\n", 1000.0)
    page = await runs_bench.open_and_read(made)
    assert page.header.cancel.isVisible()
    assert page.logs.tools.follow.isChecked()
    assert "Running now" in page.timeline.accessibleDescription()
    ended = dataclasses.replace(made.snapshot, status=RunStatus.COMPLETED, ended=made.snapshot.created)
    made.write_state(ended)
    await runs_bench.workbench.monitor.refresh()
    assert not page.header.cancel.isVisible()
    assert page.header.again.isVisible()
    assert page.header.state.label.text().startswith("Completed")
    assert not page.logs.tools.follow.isEnabled()


async def test_canceling_asks_in_place(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1")
    page = await runs_bench.open(made)
    page.header.cancel.click()
    assert page.confirm.isVisible()
    assert page.confirm.keep.hasFocus() or not page.isActiveWindow()
    QTest.keyClick(page.confirm, Qt.Key.Key_Escape)
    assert not page.confirm.isVisible()
    assert not (made.path / "requests" / "cancel").exists()
    page.ask_cancel()
    page.confirm.danger.click()
    await until((made.path / "requests" / "cancel").exists)
    await quiet()


async def test_a_run_removed_elsewhere_leads_back_to_the_table(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", RunStatus.COMPLETED)
    page = await runs_bench.open(made)
    page.ask_remove()
    page.confirm.danger.click()
    await until(lambda: runs_bench.page.currentWidget() is runs_bench.page.list)
    await quiet()


async def test_an_unknown_state_says_why(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1")
    page = await runs_bench.open(made)
    runs_bench.take(dataclasses.replace(made.snapshot, status=RunStatus.UNKNOWN, reason="The folder is gone."))
    assert page.state_message.isVisible()
    assert page.state_message.heading.text() == "The folder is gone."
    runs_bench.take(made.snapshot)
    assert not page.state_message.isVisible()


async def test_a_run_that_goes_on_or_failed_opens_on_its_log_and_one_that_is_done_on_the_tab_used_last(
    runs_bench: RunsBench,
) -> None:
    done = await runs_bench.add("r-1", RunStatus.COMPLETED)
    page = await runs_bench.open(done)
    page.tabs.show_tab(JOB)
    await runs_bench.open(await runs_bench.add("r-2", RunStatus.COMPLETED))
    assert page.tabs.index == JOB
    await runs_bench.open(await runs_bench.add("r-3"))
    assert page.tabs.index == LOGS
    page.tabs.show_tab(JOB)
    await runs_bench.open(await runs_bench.add_failed("r-4"))
    assert page.tabs.index == LOGS
    await quiet()


async def test_the_id_is_copied(runs_bench: RunsBench) -> None:
    page = await runs_bench.open(await runs_bench.add("r-20261121-7f3k"))
    page.header.identifier.click()
    assert QApplication.clipboard().text() == "r-20261121-7f3k"
    assert noted(page)


async def test_running_again_shows_the_plan_of_the_job_as_it_was(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", RunStatus.COMPLETED)
    source = Path(made.snapshot.source)
    (source.parent / "src").mkdir(parents=True)
    (source.parent / "src" / "train.py").write_text("print(1)\n")
    source.write_text("command: something else by now\n")
    page = await runs_bench.open(made)
    page.deeds.again(made.snapshot)
    from desktop_app.ui.plan_review import PlanReview

    await until(lambda: page.window().findChildren(PlanReview))
    dialog = page.window().findChildren(PlanReview)[0]
    assert dialog.plan.job.command == "python train.py --lr ${{inputs.lr}}"
    dialog.reject()
    await quiet()


async def test_a_clone_is_written_and_opened(runs_bench: RunsBench, tmp_path: Path) -> None:
    made = await runs_bench.add("r-1", RunStatus.COMPLETED)
    page = await runs_bench.open(made)
    target = tmp_path / "new" / "job.yml"
    await page.deeds._clone(made.snapshot, target)
    assert target.read_bytes() == (made.path / "job.yml").read_bytes()
    assert runs_bench.shell.calls[-1] == ("open_file", target, None)


async def test_outputs_are_a_tree(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", RunStatus.COMPLETED)
    deep = made.path / "code" / "outputs" / "checkpoints"
    deep.mkdir()
    (deep / "epoch-1.pt").write_bytes(b"x" * 2048)
    (made.path / "code" / "outputs" / "notes.txt").write_text("hello")
    page = await runs_bench.open(made)
    tester = QAbstractItemModelTester(page.outputs.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    page.tabs.show_tab(OUTPUTS)
    await until(lambda: page.outputs.model.rowCount() == 1)
    root = page.outputs.model.index(0, 0)
    names = [page.outputs.model.index(row, 0, root).data() for row in range(page.outputs.model.rowCount(root))]
    assert names == ["checkpoints", "notes.txt"]
    folder = page.outputs.model.index(0, 0, root)
    page.outputs.view.expand(folder)
    await until(lambda: page.outputs.model.index(0, 0, folder).data() == "epoch-1.pt")
    assert page.outputs.model.index(0, 1, root).data() == page.outputs.model.index(0, 1, folder).data()
    page.outputs.open(made.path / "code" / "outputs" / "notes.txt")
    assert runs_bench.shell.calls[-1][0] == "open_file"
    assert_sound(runs_bench.page)
    await quiet()
    tester.deleteLater()


async def test_a_run_without_outputs_says_where_they_would_come_from(runs_bench: RunsBench) -> None:
    page = await runs_bench.open(await runs_bench.add("r-1"))
    page.tabs.show_tab(OUTPUTS)
    await quiet()
    assert page.outputs.empty.isVisible()
    assert "./outputs" in page.outputs.empty.text.text()


async def test_curves_grow_while_they_are_seen(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1")
    train(made, 50)
    page = await runs_bench.open(made)
    page.tabs.show_tab(METRICS)
    await until(lambda: set(page.metrics.views) == {"loss", "accuracy", "step_ms"}, 30)
    loss = page.metrics.plots.plots["loss"]
    assert len(loss.curves[None].x) == 50
    made.add_metrics([MetricPoint("loss", 0.01, 51, time.time())])
    await until(lambda: len(loss.curves[None].x) == 51, 30)
    assert page.metrics.views["loss"].value.text() == "0.01"
    assert page.metrics.tools is not None
    page.metrics.tools.log.setChecked(True)
    page.metrics.tools.smooth.setValue(60)
    page.metrics.views["loss"].grab()
    theme_manager().set_mode("dark")
    settle()
    page.metrics.views["loss"].grab()
    assert_sound(runs_bench.page, doubled=False)
    page.tabs.show_tab(RESOURCES)
    await until(lambda: set(page.resources.views) == {"CPU", "Memory"}, 30)
    page.grab()
    page.tabs.show_tab(0)
    await quiet()


async def test_nothing_is_read_for_curves_that_nobody_sees(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1")
    train(made, 10)
    page = await runs_bench.open(made)
    await pause(0.2)
    assert page.metrics.plots.plots == {}
    assert page.metrics.views == {}


async def test_another_run_takes_the_page_over(runs_bench: RunsBench) -> None:
    failed = await runs_bench.add_failed("r-1")
    running = await runs_bench.add("r-2", processes=8)
    page = await runs_bench.open_and_read(failed)
    page.tabs.show_tab(METRICS)
    await until(lambda: page.metrics.views)
    await runs_bench.open(running)
    assert not page.failure.isVisible()
    assert page.metrics.views == {}
    assert len(page.logs.view.sources) == 8
    assert page.logs.view.page.rows == []
    page.tabs.show_tab(0)
    await quiet()


async def test_a_real_run_is_watched_to_its_end(runs_bench: RunsBench, no_orphans: Places) -> None:
    talk = "for i in 1 2 3; do echo line $i; sleep 0.1; done; sleep 60"
    folder = await asyncio.to_thread(start, runs_bench.places.runs, [talk, "sleep 0.5; echo MemoryError: boom; exit 3"])
    monitor = runs_bench.workbench.monitor
    await monitor.refresh()
    runs_bench.page.show_run(f"local://{folder.name}")
    page = runs_bench.page.run_page
    assert page is not None
    await until(lambda: "line 3" in [each.line.text for each in page.logs.view.page.rows], 30)
    while page.header.cancel.isVisible():
        await monitor.refresh()
        await pause(0.05)
    assert page.failure.heading.text() == "Rank 1 failed first: exit 3"
    assert "MemoryError: boom" in page.failure.text.text()
    await until(lambda: page.logs.view._marks.focus is not None)
    assert "Running failed" in page.timeline.accessibleDescription()
    await quiet()


@pytest.mark.parametrize("mode", ["light", "dark"])
async def test_the_page_is_sound(runs_bench: RunsBench, mode: str) -> None:
    theme_manager().set_mode(mode)
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-1"))
    page.logs.tools.field.setText("loss")
    page.ask_remove()
    await until(lambda: page.logs._done and page.logs._found)
    settle()
    page.grab()
    assert_sound(runs_bench.page)


def test_cells_take_the_colour_of_each_new_state(dressed_app: QApplication, tmp_path: Path) -> None:
    run = make_run(tmp_path, "r-1", nodes=1, processes=2).snapshot
    grid = RankGrid()
    grid.resize(200, 60)
    pictures = []
    for status in (RunStatus.NOT_STARTED, RunStatus.RUNNING, RunStatus.COMPLETED):
        grid.show_ranks([dataclasses.replace(each, status=status) for each in run.ranks], 1, None)
        pictures.append(grid.grab().toImage())
    assert pictures[0] != pictures[1] != pictures[2]
    grid.deleteLater()


def test_a_thousand_ranks_scroll(dressed_app: QApplication, tmp_path: Path) -> None:
    run = make_run(tmp_path, "r-1", nodes=125, processes=8).snapshot
    grid = RankGrid()
    grid.resize(600, 160)
    grid.show_ranks(run.ranks, run.nodes, None)
    grid.show()
    settle()
    assert grid.verticalScrollBar().maximum() > 0
    grid.setFocus()
    QTest.keyClick(grid, Qt.Key.Key_End)
    assert grid.accessibleDescription().startswith("Rank 999")
    assert grid.verticalScrollBar().value() > 0
    began = time.monotonic()
    grid.grab()
    assert time.monotonic() - began < 30
    grid.deleteLater()


def test_cells_are_clicked_and_taken_back(dressed_app: QApplication, tmp_path: Path) -> None:
    run = make_run(tmp_path, "r-1", nodes=2, processes=2).snapshot
    grid = RankGrid()
    grid.resize(600, 80)
    grid.show_ranks(run.ranks, run.nodes, None)
    grid.show()
    picked: list[int] = []
    grid.picked.connect(picked.append)
    area = grid._area_at(3)
    assert area is not None
    place = area.center()
    for _ in range(2):
        QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseClick(grid.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(590, 5))
    assert picked == [3, ALL]
    grid.deleteLater()


def test_plots_are_not_loaded_before_they_are_seen() -> None:
    import subprocess

    code = "import desktop_app.ui.runs.page, sys; print(sorted({'numpy', 'pyqtgraph'} & set(sys.modules)))"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert asked.stdout.strip() == "[]"
