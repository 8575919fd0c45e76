"""The main window: paints before the services are there, then ties pages, menus, palette and status together."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QPushButton, QWidget

from desktop_app.api import RunStatus, UserError
from desktop_app.places import Places
from desktop_app.services.monitor import BackendFault
from desktop_app.services.workbench import Workbench
from desktop_app.ui.closing import until_closed
from desktop_app.ui.tasks import running
from desktop_app.ui.theme import theme_manager
from desktop_app.ui.widgets import EmptyState
from desktop_app.ui.window_state import WindowState
from tests.helpers.benches import Watched
from tests.helpers.snapshots import snapshot
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import Windows, stand_in, until


async def test_the_window_shows_before_there_are_services(windows: Windows, bench: Workbench) -> None:
    window = await windows.open()
    assert window.was_painted
    window.new_job()
    assert window.pages.made("files") is None
    windows.attach(window, bench)
    assert stand_in(window, "files").asked == [("new_job", None)]


@pytest.mark.parametrize(
    ("key", "page"), [("1", "files"), ("2", "runs"), ("3", "models"), ("4", "cloud"), ("5", "plugins")]
)
async def test_ctrl_and_a_digit_show_a_page(windows: Windows, bench: Workbench, key: str, page: str) -> None:
    window = await windows.open(bench)
    window.activateWindow()
    QTest.keyClick(window, Qt.Key(ord(key)), Qt.KeyboardModifier.ControlModifier)
    assert window.pages.currentWidget() is window.pages.made(page)
    assert window.state.get("page") == page


async def test_pages_are_made_when_they_are_first_shown(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    assert window.pages.made("files") is not None
    assert window.pages.made("plugins") is None


async def test_a_page_that_cannot_be_made_says_so_and_the_others_go_on(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)

    def broken() -> EmptyState:
        raise RuntimeError("a bug in a page")

    window.pages._factories = {**window.pages._factories, "plugins": broken}
    window.show_page("plugins")
    assert isinstance(window.pages.currentWidget(), EmptyState)
    assert [str(each) for each in windows.bugs] == ["a bug in a page"]
    windows.bugs.clear()
    window.show_page("runs")
    assert window.pages.currentWidget() is stand_in(window, "runs")


async def test_a_folder_becomes_the_project(windows: Windows, bench: Workbench, tmp_path: Path) -> None:
    window = await windows.open(bench)
    folder = tmp_path / "digits ä"
    folder.mkdir()
    window.open_path(folder)
    assert ("open_folder", folder) in stand_in(window, "files").asked
    assert window.windowTitle() == "digits ä – Rank Zero"
    assert window.state.texts("recent.projects") == [str(folder)]


async def test_a_file_outside_of_the_project_brings_its_folder(
    windows: Windows, bench: Workbench, tmp_path: Path
) -> None:
    window = await windows.open(bench)
    job = tmp_path / "job.yml"
    job.write_text("command: true\n")
    window.open_path(job)
    assert stand_in(window, "files").asked == [("open_folder", tmp_path), ("open_file", job, None)]


async def test_a_path_that_is_gone_is_said(windows: Windows, bench: Workbench, tmp_path: Path) -> None:
    window = await windows.open(bench)
    window.open_path(tmp_path / "gone")
    assert "not there any more" in window.message.heading.text()


async def test_what_is_asked_goes_to_the_page(windows: Windows, bench: Workbench, tmp_path: Path) -> None:
    window = await windows.open(bench)
    window.run_file(tmp_path / "job.yml")
    window.status_row.problems_asked.emit()
    window.show_run("local://r-1")
    assert stand_in(window, "files").asked == [("run_file", tmp_path / "job.yml"), ("show_problems",)]
    assert stand_in(window, "runs").asked == [("show_run", "local://r-1")]
    assert window.pages.currentWidget() is stand_in(window, "runs")


async def test_an_error_is_shown_in_place_and_can_be_copied(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    window.say(UserError("The folder src is missing.", hint="Create it.", details="where it was looked for"))
    assert window.message.isVisible()
    window.message.fold.click()
    assert window.message.details.isVisible()
    window.message.copy.click()
    assert QApplication.clipboard().text().splitlines() == [
        "The folder src is missing.", "Create it.", "where it was looked for",
    ]  # fmt: skip
    window.message.setFocus()
    QTest.keyClick(window.message, Qt.Key.Key_Escape)
    assert not window.message.isVisible()


async def test_the_frame_counts_runs(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    bench.store.update([snapshot("a"), snapshot("b"), snapshot("c", RunStatus.QUEUED), snapshot("d", RunStatus.FAILED)])
    assert window.status_row._runs.text() == "2 running, 1 queued"
    assert window.navigation._buttons["runs"].accessibleName() == "Runs, 3"


async def test_a_run_that_ends_is_announced_until_it_is_switched_off(
    windows: Windows, bench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = await windows.open(bench)
    told: list[tuple[str, str, str]] = []
    assert window._session is not None
    monkeypatch.setattr(window._session._notifier, "notify", lambda *what: told.append(what))
    bench.store.update([snapshot("a"), snapshot("b")])
    bench.store.update([replace(snapshot("a", RunStatus.FAILED), reason="Rank 1 fell.")])
    assert told == [("run a failed", "Rank 1 fell.", "local://a")]
    window.status_row.notifications_toggled.emit()
    await until(lambda: window.status_row._bell.toolTip().startswith("Notifications are off"))
    bench.store.update([snapshot("b", RunStatus.COMPLETED)])
    assert len(told) == 1


async def test_a_backend_that_gives_no_answer_is_named_and_says_why(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    watched = cast("Watched", bench.monitor)
    assert not window.status_row._faults.isVisible()
    watched.faults["local"] = BackendFault("This machine can't be asked: KeyError: 'x'", None, "Traceback: KeyError")
    watched.faulted.emit("local")
    assert window.status_row._faults.text() == "This machine: no answer"
    window.status_row._faults.click()
    assert "KeyError" in window.message.heading.text()
    assert "Traceback" in window.message.details.toPlainText()
    watched.faults.clear()
    watched.faulted.emit("local")
    assert not window.status_row._faults.isVisible()


async def test_the_toolchain_is_named(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    await until(lambda: bool(window.status_row._toolchain.text()))
    assert window.status_row._toolchain.text() == "PyTorch 2.13 toolchain"


async def test_looks_are_chosen_in_the_menu_and_remembered(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    window.actions_by_name["view.theme.dark"].trigger()
    assert theme_manager().theme.is_dark
    await until(lambda: bench.settings.get("appearance.theme") == "dark")
    assert window.state.get("theme") == "dark"
    assert window.actions_by_name["view.theme.dark"].isChecked()
    assert not window.actions_by_name["view.theme.light"].isChecked()


async def test_what_was_open_comes_back(windows: Windows, bench: Workbench, tmp_path: Path) -> None:
    window = await windows.open(bench)
    window.resize(790, 640)
    window.open_path(tmp_path)
    window.show_page("plugins")
    await windows.close()
    again = await windows.open(bench)
    assert again.size().toTuple() == (790, 640)
    assert again.pages.currentWidget() is again.pages.made("plugins")
    assert ("open_folder", tmp_path) in stand_in(again, "files").asked


async def test_a_project_that_was_deleted_is_not_opened_again(
    windows: Windows, bench: Workbench, tmp_path: Path
) -> None:
    folder = tmp_path / "project"
    folder.mkdir()
    (await windows.open(bench)).open_path(folder)
    await windows.close()
    folder.rmdir()
    again = await windows.open(bench)
    assert stand_in(again, "files").asked == []
    assert again.windowTitle() == "Rank Zero"


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", '{"window.geometry": 7, "page": "nowhere", "recent.files": [1]}', "\0"]
)
async def test_a_broken_state_file_never_stops_the_start(
    windows: Windows, bench: Workbench, places: Places, text: str
) -> None:
    places.window.parent.mkdir(parents=True)
    places.window.write_text(text)
    window = await windows.open(bench)
    assert window.pages.currentWidget() is stand_in(window, "files")
    await windows.close()
    assert isinstance(json.loads(places.window.read_text()), dict)


async def test_actions_feed_menus_and_can_be_added(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    done: list[str] = []
    window.add_action("files.save", "&Save", "Ctrl+S", lambda: done.append("saved"), menu="file")
    texts = [each.text() for each in window.actions_by_name.menus["file"].actions()]
    assert texts.index("&Save") < texts.index("&Quit")
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert done == ["saved"]


async def test_every_action_is_in_a_menu(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    menus = window.actions_by_name.menus.values()
    assert {each.name for each in window.actions_by_name.commands if not each.menu} == set()
    assert all(menu.actions() or not menu.menuAction().isVisible() for menu in menus)


async def test_alt_alone_opens_the_menu(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    opened: list[bool] = []
    menu = window.title_row.menu_button.menu()
    assert isinstance(menu, QMenu)
    menu.aboutToShow.connect(lambda: opened.append(True))
    menu.aboutToShow.connect(lambda: asyncio.get_running_loop().call_soon(menu.close))
    window.activateWindow()
    await until(lambda: not running())  # the menu's own loop runs inside this task: a step of another would be lost
    QTest.keyPress(window, Qt.Key.Key_Alt)
    QTest.keyClick(window, Qt.Key.Key_X, Qt.KeyboardModifier.AltModifier)
    QTest.keyRelease(window, Qt.Key.Key_Alt)
    assert opened == []
    QTest.keyClick(window, Qt.Key.Key_Alt)
    assert opened == [True]


@pytest.mark.parametrize("alt_first", [False, True], ids=["the letter goes first", "Alt goes first"])
@pytest.mark.parametrize("letter", [Qt.Key.Key_J, Qt.Key.Key_Left], ids=["a mnemonic", "what a control takes"])
async def test_alt_with_a_letter_opens_no_menu(
    windows: Windows, bench: Workbench, letter: Qt.Key, alt_first: bool
) -> None:
    window = await windows.open(bench)
    opened: list[str] = []
    menu = window.title_row.menu_button.menu()
    assert isinstance(menu, QMenu)
    menu.aboutToShow.connect(lambda: opened.append("menu"))
    menu.aboutToShow.connect(lambda: asyncio.get_running_loop().call_soon(menu.close))
    press = QPushButton("&J", window)
    press.clicked.connect(lambda: opened.append("button"))
    field = _TakesAll(window)
    for each in (press, field):
        each.show()
    window.activateWindow()
    field.setFocus()
    await until(lambda: not running() and field.hasFocus())
    QTest.keyPress(field, Qt.Key.Key_Alt)
    QTest.keyPress(field, letter, Qt.KeyboardModifier.AltModifier)
    for key in (Qt.Key.Key_Alt, letter) if alt_first else (letter, Qt.Key.Key_Alt):
        QTest.keyRelease(field, key)
    wanted = ["button"] if letter is Qt.Key.Key_J else []
    await until(lambda: len(opened) >= len(wanted))  # a button that is pressed by its letter is down for a moment
    assert opened == wanted


class _TakesAll(QWidget):
    """A control that takes every key but Alt, as editors do."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        event.setAccepted(event.key() != Qt.Key.Key_Alt)


def doing() -> set[str]:
    return {each.get_name() for each in running()}


async def test_closing_waits_until_everything_is_in_order(windows: Windows, bench: Workbench, places: Places) -> None:
    window = await windows.open(bench)
    notes: list[str] = []
    closing = asyncio.create_task(until_closed(window, asyncio.Event().wait, notes.append))
    await until(lambda: "open the workbench" in doing())
    stand_in(window, "files").lets_close = False
    window.close()
    await until(lambda: ("may_close",) in stand_in(window, "files").asked and "close the window" not in doing())
    assert window.isVisible()
    stand_in(window, "files").lets_close = True
    window.actions_by_name["app.quit"].trigger()
    await asyncio.wait_for(closing, 20)
    assert not window.isVisible()
    assert places.window.is_file()
    assert notes == ["closing: the program", "stays open: texts are unsaved", "closing: Quit"]


async def test_a_start_on_the_folder_that_was_open_last_shows_the_page_that_was_open_last(
    windows: Windows, bench: Workbench, places: Places, tmp_path: Path
) -> None:
    state = WindowState(places.window)
    state.set("page", "runs")
    state.set("project", str(tmp_path))
    state.save()
    window = await windows.open()
    window.open_path(tmp_path)
    windows.attach(window, bench)
    assert window.pages.currentWidget() is stand_in(window, "runs")
    assert stand_in(window, "files").asked == [("open_folder", tmp_path)]
    other = tmp_path / "other"
    other.mkdir()
    window.open_path(other)
    assert window.pages.currentWidget() is stand_in(window, "files")


async def test_a_start_that_takes_long_says_so(windows: Windows, bench: Workbench) -> None:
    window = await windows.open()
    await until(lambda: window.pages._waiting.text() == "Opening…")
    windows.attach(window, bench)
    assert not window.pages._waiting.isVisible()


async def test_closing_before_the_services_are_there(windows: Windows) -> None:
    window = await windows.open()
    window.close()
    assert window.isVisible()
    await asyncio.wait_for(until_closed(window, asyncio.Event().wait), 20)
    assert not window.isVisible()


@pytest.mark.parametrize("page", ["plugins", "settings"])
@pytest.mark.parametrize("mode", ["light", "dark"])
async def test_the_window_is_sound(windows: Windows, bench: Workbench, page: str, mode: str) -> None:
    theme_manager().set_mode(mode)
    window = await windows.open(bench)
    window.show_page(page)
    window.say(UserError("Something is wrong.", hint="Do something.", details="a\nb"))
    await until(lambda: not running())
    settle()
    assert_sound(window)


async def test_a_narrow_window_keeps_its_controls(windows: Windows, bench: Workbench) -> None:
    window = await windows.open(bench)
    window.resize(window.minimumSizeHint())
    settle()
    assert window.width() <= 900
    for each in (window.title_row.new_job, window.title_row.place, window.title_row.search):
        assert window.rect().contains(each.mapTo(window, QPoint(0, 0)))
        assert window.rect().contains(each.mapTo(window, each.rect().bottomRight()))


async def test_a_shortcut_gives_the_page_the_keyboard_and_a_click_does_not_take_it(
    windows: Windows, bench: Workbench
) -> None:
    window = await windows.open(bench)
    window.activateWindow()
    window.show_page("plugins")
    page = window.pages.made("plugins")
    assert page is not None
    focused = QApplication.focusWidget()
    assert focused is not None
    assert page.isAncestorOf(focused)
    button = window.navigation._buttons["settings"]
    button.setFocus()
    button.click()
    assert QApplication.focusWidget() is button
