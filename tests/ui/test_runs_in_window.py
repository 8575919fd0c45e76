"""The Runs page in the real window, beside the real Files page: whose key is it, what do menus and palette offer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolTip

from desktop_app.api import RunStatus
from desktop_app.places import Places
from desktop_app.services.workbench import Workbench
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.runs.page import RunsPage
from desktop_app.ui.tasks import cancel_all
from desktop_app.ui.window_state import WindowState
from tests.helpers.run_folders import fail, make_run
from tests.helpers.snapshots import snapshot
from tests.ui.conftest import settle
from tests.ui.runs_bench import quiet
from tests.ui.windows import until

CTRL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
async def window(workbench: Workbench, places: Places) -> AsyncIterator[MainWindow]:
    """The window with both big pages made, the runs in front."""
    bugs: list[BaseException] = []
    made = MainWindow(places, WindowState(places.window), bugs.append)
    made.resize(1280, 800)
    made.show()
    made.equip()
    made.attach(workbench)
    made.show_page("files")
    made.show_page("runs")
    made.activateWindow()
    await until(lambda: made.was_painted)
    yield made
    await quiet()
    runs_of(made).close_down()
    await cancel_all()
    made.finish()
    made.deleteLater()
    settle()
    assert not bugs


def runs_of(window: MainWindow) -> RunsPage:
    page = window.pages.page("runs")
    assert isinstance(page, RunsPage)
    return page


async def open_failed(window: MainWindow, workbench: Workbench, places: Places) -> RunsPage:
    made = make_run(places.runs, "r-1", RunStatus.FAILED)
    made.append(0, b"epoch 1\n", 1000.0)
    fail(made, 1)
    await workbench.monitor.refresh()
    window.show_run(made.snapshot.handle)
    page = runs_of(window)
    await until(lambda: page.opened is not None and page.opened.logs.view.page.rows)
    await quiet()
    return page


async def test_ctrl_f_goes_to_the_filter_of_the_table(window: MainWindow, workbench: Workbench) -> None:
    workbench.store.update([snapshot("a")])
    runs = runs_of(window).list
    runs.view.setFocus()
    QTest.keyClick(runs.view, Qt.Key.Key_F, CTRL)
    assert window.focusWidget() is runs.search


async def test_ctrl_f_and_f3_search_the_open_log(window: MainWindow, workbench: Workbench, places: Places) -> None:
    page = (await open_failed(window, workbench, places)).opened
    assert page is not None
    page.grid.setFocus()
    QTest.keyClick(page.grid, Qt.Key.Key_F, CTRL)
    field = page.logs.tools.field
    assert window.focusWidget() is field
    QTest.keyClicks(field, "epoch")
    await until(lambda: page.logs._found and page.logs._done)
    for key in (Qt.Key.Key_F3, Qt.Key.Key_F3):
        QTest.keyClick(field, key)
    assert page.logs._at == 0
    QTest.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == ""
    assert window.focusWidget() is page.logs.view
    QTest.keyClick(page.logs.view, Qt.Key.Key_Escape)
    assert runs_of(window).opened is None


async def test_ctrl_f_searches_the_log_wherever_the_focus_is(
    window: MainWindow, workbench: Workbench, places: Places
) -> None:
    page = (await open_failed(window, workbench, places)).opened
    assert page is not None
    bell = window.status_row._bell
    page.grid.setFocus()
    QTest.mouseClick(bell, Qt.MouseButton.LeftButton)
    await quiet()
    assert window.focusWidget() is page.grid, "a click on the bell leaves the keyboard where it is"
    assert QToolTip.text() == "Runs that end are not announced any more"
    QToolTip.hideText()
    assert "off" in bell.toolTip()
    for other in (bell, window.navigation._buttons["runs"]):
        other.setFocus()
        QTest.keyClick(other, Qt.Key.Key_F, CTRL)
        assert window.focusWidget() is page.logs.tools.field
    window.show_page("settings")
    window.navigation._buttons["settings"].setFocus()
    QTest.keyClick(window.navigation._buttons["settings"], Qt.Key.Key_Escape)
    window.show_page("runs")
    window.navigation._buttons["runs"].setFocus()
    QTest.keyClick(window.navigation._buttons["runs"], Qt.Key.Key_Escape)
    assert runs_of(window).opened is page, "only keys that the page claims reach it"
    await quiet()


async def test_the_menus_act_on_the_open_run(window: MainWindow, workbench: Workbench, places: Places) -> None:
    page = await open_failed(window, workbench, places)
    assert page.opened is not None
    page.opened.logs.view._marks.focus = None
    window.actions_by_name["runs.first_error"].trigger()
    await until(lambda: page.run_page is not None and page.run_page.logs.view._marks.focus is not None)
    window.actions_by_name["runs.cancel"].trigger()
    assert not page.run_page.confirm.isVisible(), "it is over: there is nothing to cancel"  # type: ignore[union-attr]
    window.show_page("files")
    window.actions_by_name["runs.all"].trigger()
    assert window.pages.currentWidget() is page
    assert page.opened is None
    window.actions_by_name["runs.again"].trigger()
    assert page.currentWidget() is page.list
    await quiet()


async def test_a_run_that_is_asked_for_before_it_is_known_opens_once_it_is(
    window: MainWindow, workbench: Workbench, places: Places, tmp_path: Path
) -> None:
    window.show_run("local://r-9")
    page = runs_of(window)
    assert page.opened is None
    make_run(places.runs, "r-9")
    await workbench.monitor.refresh()
    assert page.opened is not None
    await quiet()
