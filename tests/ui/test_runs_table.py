"""The table of runs in the window."""

from __future__ import annotations

import dataclasses

import pytest
from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QAbstractItemModelTester, QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton

from desktop_app.api import RunStatus
from desktop_app.presenters.runs import Column
from desktop_app.services.run_store import RunStore
from desktop_app.ui.runs.table_model import RunsModel
from desktop_app.ui.runs.table_view import RunsView
from desktop_app.ui.theme import theme_manager
from tests.helpers.benches import ThisMachine
from tests.helpers.snapshots import NOW, snapshot
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.runs_bench import RunsBench, quiet, runs_bench
from tests.ui.windows import until

__all__ = ["runs_bench"]


def model_of(store: RunStore) -> RunsModel:
    return RunsModel(store, {"local": ThisMachine()})  # type: ignore[dict-item]


def texts(model: RunsModel, row: int) -> list[str]:
    return [str(model.data(model.index(row, column), int(Qt.ItemDataRole.DisplayRole))) for column in Column]


def test_the_model_keeps_qts_rules(dressed_app: QApplication) -> None:
    store = RunStore()
    model = model_of(store)
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    store.update([snapshot(f"{index}", minute=index) for index in range(20)])
    store.update([snapshot("5", RunStatus.FAILED, minute=5), snapshot("99", minute=99)])
    model.sort(Column.RUN, Qt.SortOrder.AscendingOrder)
    store.remove("local://7")
    store.update([snapshot(f"{index:05}", minute=index) for index in range(1000)])
    model.tick()
    model.tick_ages()
    assert model.rowCount() == 1020
    tester.deleteLater()
    model.close()


def test_the_whole_row_that_is_pointed_at_lights_up(dressed_app: QApplication) -> None:
    store = RunStore()
    store.update([snapshot("a"), snapshot("b", minute=1)])
    model = model_of(store)
    view = RunsView(model)
    view.resize(1600, 200)
    view.show()

    def grounds() -> list[set[str]]:
        """The colour at the left edge of each cell, row by row."""
        settle()
        picture = view.viewport().grab().toImage()
        corners = [[view.visualRect(model.index(row, each)).topLeft() for each in Column] for row in range(2)]
        return [{picture.pixelColor(each + QPoint(1, 1)).name() for each in row} for row in corners]

    quiet_rows = grounds()
    QTest.mouseMove(view.viewport(), view.visualRect(model.index(1, Column.SIZE)).center())
    assert grounds() == [quiet_rows[0], {theme_manager().theme.hover.lower()}]
    assert quiet_rows[1] != {theme_manager().theme.hover.lower()}
    QApplication.sendEvent(view.viewport(), QEvent(QEvent.Type.Leave))
    assert grounds() == quiet_rows
    view.close()
    view.deleteLater()
    model.close()


def test_what_the_columns_say(dressed_app: QApplication) -> None:
    store = RunStore()
    run = dataclasses.replace(
        snapshot("a", RunStatus.COMPLETED), nodes=2, processes_per_node=4, framework="pytorch",
        started=NOW, ended=NOW.replace(minute=1, second=12), display_name="digits",
    )  # fmt: skip
    store.update([run, snapshot("b", RunStatus.QUEUED, minute=1)])
    model = model_of(store)
    first = texts(model, 1)
    assert first[:5] == ["Completed", "digits", "2 × 4 = 8 ranks", "This machine", "PyTorch"]
    assert first[Column.DURATION] == "01:12"
    assert texts(model, 0)[Column.DURATION] == "–"
    assert model.headerData(0, Qt.Orientation.Horizontal, int(Qt.ItemDataRole.AccessibleTextRole)) == "State"
    assert model.data(QModelIndex(), 0) is None
    model.close()


def test_ten_thousand_runs_change_row_by_row(dressed_app: QApplication) -> None:
    store = RunStore()
    store.update([snapshot(f"{index:05}", minute=index) for index in range(10_000)])
    model = model_of(store)
    changed: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    store.update([snapshot("09990", RunStatus.FAILED, minute=9990), snapshot("00000", RunStatus.FAILED)])
    assert sorted(changed) == [(9, 9), (9999, 9999)]
    model.close()


def test_only_live_durations_tick(dressed_app: QApplication) -> None:
    store = RunStore()
    live = [dataclasses.replace(snapshot(f"{index}", minute=index), started=NOW) for index in (0, 1, 3)]
    store.update([*live, snapshot("2", RunStatus.COMPLETED, minute=2)])
    model = model_of(store)
    changed: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: changed.append((first.row(), last.row())))
    model.tick()
    seen = {row for first, last in changed for row in range(first, last + 1)}
    assert seen == {index for index, each in enumerate(model.table.rows) if each.is_live}
    model.close()


async def test_without_runs_the_sample_is_one_click_away(runs_bench: RunsBench) -> None:
    buttons = {each.text(): each for each in runs_bench.page.findChildren(QPushButton) if each.isVisible()}
    buttons["&Run the sample job"].click()
    call, path = runs_bench.shell.calls[-1]
    assert call == "run_file"
    assert path.read_text(encoding="utf-8").startswith("$schema")  # type: ignore[attr-defined]
    buttons["&New job…"].click()
    assert runs_bench.shell.calls[-1][0] == "new_job"
    assert_sound(runs_bench.page)


async def test_without_runs_the_other_samples_are_offered_by_their_titles(runs_bench: RunsBench) -> None:
    buttons = {each.text(): each for each in runs_bench.page.findChildren(QPushButton) if each.isVisible()}
    menu = buttons["Run &another sample"].menu()
    offered = {each.text(): each for each in menu.actions()}
    offered["MPI with NumPy"].trigger()
    call, path = runs_bench.shell.calls[-1]
    assert (call, path.name) == ("run_file", "mpi.yml")  # type: ignore[attr-defined]


async def test_runs_appear_and_open_with_enter(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1")
    await runs_bench.add("r-2", RunStatus.COMPLETED, seconds=4000)
    view = runs_bench.page.list.view
    assert view.isVisible()
    view.select(made.snapshot.handle)
    QTest.keyClick(view, Qt.Key.Key_Return)
    await quiet()
    assert runs_bench.page.run_page is not None
    assert runs_bench.page.currentWidget() is runs_bench.page.run_page
    assert runs_bench.page.run_page.handle == made.snapshot.handle
    QTest.keyClick(runs_bench.page.run_page, Qt.Key.Key_Escape)
    assert runs_bench.page.currentWidget() is runs_bench.page.list
    assert view.handles == [made.snapshot.handle]


async def test_typing_filters_and_escape_shows_all_again(runs_bench: RunsBench) -> None:
    await runs_bench.add("r-1", display_name="digits")
    await runs_bench.add("r-2", RunStatus.FAILED, display_name="birds")
    runs = runs_bench.page.list
    QTest.keyClicks(runs.search, "birds failed")
    assert [each.run.run for each in runs.model.table.rows] == ["r-2"]
    assert runs.count.text() == "1 of 2"
    QTest.keyClicks(runs.search, " nothing like it")
    assert not runs.view.isVisible()
    QTest.keyClick(runs, Qt.Key.Key_Escape)
    assert len(runs.model.table.rows) == 2
    runs.states.setCurrentIndex(runs.states.findData("live"))
    assert [each.run.run for each in runs.model.table.rows] == ["r-1"]
    runs.clear_filter()
    QTest.keyClick(runs.search, Qt.Key.Key_Return)
    assert runs.view.hasFocus() or runs.view.currentIndex().isValid()


async def test_a_choice_survives_sorting_and_filtering(runs_bench: RunsBench) -> None:
    for index in range(5):
        await runs_bench.add(f"r-{index}", display_name=f"name {index}")
    view = runs_bench.page.list.view
    view.selectAll()
    chosen = set(view.handles)
    assert len(chosen) == 5
    view.sortByColumn(Column.RUN, Qt.SortOrder.AscendingOrder)
    assert set(view.handles) == chosen
    runs_bench.page.list.search.setText("name 3")
    assert view.handles == ["local://r-3"]


@pytest.mark.parametrize(
    ("status", "able"),
    [(RunStatus.RUNNING, {"&Cancel…"}), (RunStatus.COMPLETED, {"&Remove…"}), (RunStatus.CANCEL_REQUESTED, set())],
)
async def test_the_menu_offers_what_makes_sense(runs_bench: RunsBench, status: RunStatus, able: set[str]) -> None:
    made = await runs_bench.add("r-1", status)
    menu = runs_bench.page.list.menu_for([made.snapshot])
    offered = {each.text() for each in menu.actions() if each.isEnabled()}
    assert offered & {"&Cancel…", "&Remove…"} == able
    assert "Run &again" in offered
    menu.deleteLater()


async def test_the_menu_key_opens_the_menu(runs_bench: RunsBench) -> None:
    await runs_bench.add("r-1")
    view = runs_bench.page.list.view
    view.selectRow(0)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(5, 5), QPoint(5, 5))
    QApplication.sendEvent(view.viewport(), event)
    menus = [each for each in runs_bench.page.findChildren(QMenu) if each.isVisible()]
    assert len(menus) == 1
    menus[0].close()


async def test_removing_asks_first_and_then_forgets(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", RunStatus.COMPLETED)
    runs = runs_bench.page.list
    runs.view.select(made.snapshot.handle)
    QTest.keyClick(runs.view, Qt.Key.Key_Delete)
    assert "can't be undone" in runs.confirm.text.text()
    assert_sound(runs_bench.page)
    QTest.keyClick(runs.confirm, Qt.Key.Key_Escape)
    assert made.path.is_dir()
    QTest.keyClick(runs.view, Qt.Key.Key_Delete)
    runs.confirm.danger.click()
    await until(lambda: runs_bench.workbench.store.get(made.snapshot.handle) is None)
    await quiet()
    assert not made.path.exists()
    assert runs_bench.workbench.archive.get(made.snapshot.handle) is None


async def test_a_run_whose_files_are_gone_can_still_be_removed(runs_bench: RunsBench) -> None:
    run = dataclasses.replace(snapshot("gone", RunStatus.COMPLETED), folder=str(runs_bench.places.runs / "gone"))
    runs_bench.take(run)
    runs_bench.page.list.deeds.remove([run])
    await until(lambda: runs_bench.workbench.store.get(run.handle) is None)
    await quiet()


async def test_canceling_writes_the_request(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1")
    runs_bench.page.list.deeds.cancel([made.snapshot])
    await until((made.path / "requests" / "cancel").exists)
    await quiet()


async def test_what_goes_wrong_is_said_in_place(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", RunStatus.COMPLETED)
    runs_bench.page.list.deeds.cancel([dataclasses.replace(made.snapshot, status=RunStatus.RUNNING)])
    await until(runs_bench.page.list.message.isVisible)
    assert "is over" in runs_bench.page.list.message.heading.text()
    await quiet()


@pytest.mark.parametrize("mode", ["light", "dark"])
async def test_the_table_is_sound(runs_bench: RunsBench, mode: str) -> None:
    theme_manager().set_mode(mode)
    for index, status in enumerate(RunStatus):
        runs_bench.take(snapshot(f"r-{index}", status, minute=index))
    settle()
    runs_bench.page.grab()
    assert_sound(runs_bench.page)


async def test_the_open_run_comes_back_at_the_next_start(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1")
    await runs_bench.open(made)
    assert runs_bench.shell.state.get("runs.open") == made.snapshot.handle
    runs_bench.page.show_list()
    assert runs_bench.shell.state.get("runs.open") == ""


async def test_a_narrow_table_keeps_name_state_and_time(runs_bench: RunsBench) -> None:
    await runs_bench.add("r-1")
    view = runs_bench.page.list.view
    for width, kept in ((1600, set(Column)), (400, {Column.STATE, Column.RUN, Column.STARTED, Column.DURATION})):
        view.resize(width, 300)
        settle()
        assert {column for column in Column if not view.isColumnHidden(column)} == kept
        assert view.columnWidth(Column.RUN) > 0
    assert "2 ranks · This machine" in str(view.model().index(0, Column.RUN).data(int(Qt.ItemDataRole.ToolTipRole)))
