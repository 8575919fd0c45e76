"""The frame around the pages: title row, navigation, status row, actions, pages and notifications by themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QLineEdit,
    QListWidget,
    QMainWindow,
    QMenu,
    QPushButton,
    QSystemTrayIcon,
    QVBoxLayout,
    QWidget,
)

from desktop_app.ui.frame.actions import Actions
from desktop_app.ui.frame.navigation import ENTRIES, Navigation
from desktop_app.ui.frame.notifier import Notifier
from desktop_app.ui.frame.pages import Pages
from desktop_app.ui.frame.status_row import StatusRow
from desktop_app.ui.frame.title_row import TitleRow
from desktop_app.ui.widgets import EmptyState
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle


@pytest.fixture
def window() -> Iterator[QMainWindow]:
    made = QMainWindow()
    made.resize(900, 400)
    made.show()
    made.activateWindow()
    QTest.qWaitForWindowActive(made)
    yield made
    made.close()
    made.deleteLater()


def put(window: QMainWindow, widget: QWidget) -> None:
    window.setCentralWidget(widget)
    settle()


# ----- navigation


def test_pages_are_chosen_by_keyboard(window: QMainWindow) -> None:
    made = Navigation()
    chosen: list[str] = []
    put(window, made)
    made.chosen.connect(chosen.append)
    for name, each in made._buttons.items():
        each.setFocus()
        QTest.keyClick(each, Qt.Key.Key_Space)
        assert chosen[-1] == name
    assert chosen == list(ENTRIES)
    assert_sound(window)


def test_one_page_is_marked_and_counts_are_spoken(window: QMainWindow) -> None:
    made = Navigation()
    put(window, made)
    made.show_page("runs")
    made.show_page("files")
    assert [name for name, each in made._buttons.items() if each.isChecked()] == ["files"]
    made.set_count("runs", 12)
    assert made._buttons["runs"].accessibleName() == "Runs, 12"
    made.set_count("runs", 0)
    assert made._buttons["runs"].accessibleName() == "Runs"
    assert made._buttons["runs"].toolTip() == "Runs  Ctrl+2"


# ----- title row


def test_what_the_title_row_is_asked_it_passes_on(window: QMainWindow) -> None:
    made, asked = TitleRow(), []
    put(window, made)
    made.search_asked.connect(lambda: asked.append("search"))
    made.new_job_asked.connect(lambda: asked.append("job"))
    for each in (made.search, made.new_job):
        each.setFocus()
        QTest.keyClick(each, Qt.Key.Key_Space)
    assert asked == ["search", "job"]
    assert_sound(window)


def test_the_place_where_jobs_run_is_shown_and_its_menu_opens_by_keyboard(window: QMainWindow) -> None:
    made = TitleRow()
    put(window, made)
    assert (made.backend, made.place.text()) == ("local", "This machine")
    made.show_place("azureml:s/g/ml-east", "ml-east", "mdi6.cloud-check-outline", "completed", "signed in")
    assert made.backend == "azureml"
    assert made.place.accessibleName() == "Where jobs run: ml-east, signed in"
    filled: list[QMenu] = []
    made.place.filling.connect(filled.append)
    menu = made.place.menu()
    menu.aboutToShow.connect(menu.close, Qt.ConnectionType.QueuedConnection)
    made.place.setFocus()
    QTest.keyClick(made.place, Qt.Key.Key_Space)
    assert filled == [menu]
    made.show_place("local", "A rather long name of a place, longer than there is room")
    assert made.place.text().endswith("…")
    settle()
    assert_sound(window)


def test_f10_opens_the_menu(window: QMainWindow) -> None:
    made, menu = TitleRow(), QMenu(window)
    opened: list[bool] = []
    menu.addAction("Quit")
    menu.aboutToShow.connect(lambda: opened.append(True))
    menu.aboutToShow.connect(menu.close, Qt.ConnectionType.QueuedConnection)
    put(window, made)
    made.set_menu(menu)
    QTest.keyClick(window, Qt.Key.Key_F10)
    assert opened == [True]


def test_a_narrow_row_shortens_its_words_and_keeps_the_shortcut(window: QMainWindow) -> None:
    made = TitleRow()
    put(window, made)
    made.set_project("digits", "/home/somebody/digits")
    window.resize(window.minimumSizeHint())
    settle()
    assert made.search.text() != made.search.accessibleName()
    assert made.search.text().endswith("…") or not made.search.text()
    window.resize(1600, 400)
    settle()
    assert made.search.text() == "Search or run a command"
    assert made.project is not None
    assert made.project.toolTip() == "/home/somebody/digits"


# ----- status row


def test_each_part_of_the_status_leads_to_what_it_counts(window: QMainWindow) -> None:
    made, asked = StatusRow(), []
    put(window, made)
    for name in ("problems", "runs", "faults", "toolchains"):
        getattr(made, f"{name}_asked").connect(lambda name=name: asked.append(name))
    made.notifications_toggled.connect(lambda: asked.append("bell"))
    made.set_runs("2 running", is_live=True)
    made.set_faults(["This machine", "Azure ML"])
    made.set_toolchain("PyTorch 2.13 toolchain")
    settle()
    for each in made.findChildren(QPushButton):
        each.setFocus()
        QTest.keyClick(each, Qt.Key.Key_Space)
    assert asked == ["problems", "problems", "runs", "faults", "toolchains", "bell"]
    assert_sound(window)


def test_the_status_is_spoken_and_silent_where_there_is_nothing(window: QMainWindow) -> None:
    made = StatusRow()
    put(window, made)
    assert [each.isVisible() for each in (made._runs, made._faults, made._toolchain)] == [False] * 3
    made.set_problems(2, 1)
    assert (made._errors.accessibleName(), made._warnings.accessibleName()) == ("Errors: 2", "Warnings: 1")
    made.set_faults(["This machine", "Azure ML"])
    assert made._faults.accessibleName() == "This machine, Azure ML: no answer"
    made.set_faults([])
    assert not made._faults.isVisible()
    made.set_notifications(on=False)
    assert made._bell.accessibleName() == "Notifications are off"


# ----- actions


def test_an_action_is_added_replaced_and_taken_back(window: QMainWindow) -> None:
    made, done = Actions(window), []
    assert not made.menus["file"].menuAction().isVisible(), "an empty menu is not shown"
    made.add("files.save", "&Save", "Ctrl+S", lambda: done.append("old"), menu="file")
    made.add("files.save", "&Save…", "Ctrl+S", lambda: done.append("new"), menu="file")
    settle()
    QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert done == ["new"], "one shortcut, one action"
    (command,) = made.commands
    assert (command.title, command.shortcut) == ("Save", "Ctrl+S")
    made.remove("files.save")
    settle()
    QTest.keyClick(window, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert (done, made.commands, made.menus["file"].actions()) == (["new"], (), [])


def test_actions_of_different_pages_are_parted_and_quit_stays_last(window: QMainWindow) -> None:
    made = Actions(window)
    made.add("app.quit", "&Quit", "Ctrl+Q", lambda: None, menu="file")
    made.put_last("app.quit")
    for name, text in (("files.open", "&Open"), ("files.save", "&Save"), ("runs.export", "&Export")):
        made.add(name, text, "", lambda: None, menu="file")
    texts = ["-" if each.isSeparator() else each.text() for each in made.menus["file"].actions()]
    words = [each for each in texts if each != "-"]
    assert words == ["&Open", "&Save", "&Export", "&Quit"]
    assert texts.index("-", texts.index("&Save")) < texts.index("&Export")
    assert texts[texts.index("&Quit") - 1] == "-"


# ----- pages


class Broken(QWidget):
    def __init__(self) -> None:
        raise ValueError("a bug")


def pages(window: QMainWindow, bugs: list[BaseException], **factories: Callable[[], QWidget]) -> Pages:
    made = Pages(bugs.append)
    put(window, made)
    made.set_factories(factories)
    return made


def test_a_page_is_made_once_and_only_when_it_is_shown(window: QMainWindow) -> None:
    count: list[int] = []

    def make() -> QWidget:
        count.append(1)
        return QWidget()

    made = pages(window, [], one=make, two=QWidget)
    assert made.made("one") is None
    for name in ("one", "two", "one"):
        made.show_page(name)
        assert made.currentWidget() is made.made(name)
    assert count == [1]
    made.show_page("nowhere")
    assert made.currentWidget() is made.made("one")


def test_a_broken_page_is_reported_once_and_says_so(window: QMainWindow) -> None:
    bugs: list[BaseException] = []
    made = pages(window, bugs, broken=Broken, fine=QWidget)
    for name in ("broken", "fine", "broken"):
        made.show_page(name)
    assert [str(each) for each in bugs] == ["a bug"]
    page = made.currentWidget()
    assert isinstance(page, EmptyState)
    assert page.heading.text() == "This page could not be shown"


def test_the_keyboard_comes_back_to_where_it_was(window: QMainWindow) -> None:
    def form() -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        for each in (QPushButton("first"), QListWidget(), QLineEdit()):
            column.addWidget(each)
        return page

    made = pages(window, [], one=form, two=form)
    made.show_page("one")
    made.focus_page()
    assert isinstance(QApplication.focusWidget(), QListWidget), "a list is what one came for"
    (line,) = made.findChildren(QLineEdit)
    line.setFocus()
    made.focus_page()
    assert QApplication.focusWidget() is line
    made.show_page("two")
    made.focus_page()
    assert QApplication.focusWidget() is not line
    made.show_page("one")
    made.focus_page()
    assert QApplication.focusWidget() is line


def test_a_page_without_controls_leaves_the_keyboard_alone(window: QMainWindow) -> None:
    made = pages(window, [], bare=QWidget)
    made.show_page("bare")
    made.focus_page()
    assert QApplication.focusWidget() is None


# ----- notifications


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """What the desktop was told; there is a tray, whatever this machine has."""
    heard: list[tuple[str, str]] = []
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: True))
    monkeypatch.setattr(QSystemTrayIcon, "supportsMessages", staticmethod(lambda: True))
    monkeypatch.setattr(QSystemTrayIcon, "show", lambda _self: None)
    monkeypatch.setattr(QSystemTrayIcon, "showMessage", lambda _self, title, text, _icon: heard.append((title, text)))
    return heard


def test_who_looks_at_the_window_is_not_told(window: QMainWindow, told: list[tuple[str, str]]) -> None:
    Notifier(window, lambda _handle: None).notify("digits failed", "Rank 1 fell.", "local://r-1")
    assert told == []


def test_who_looks_elsewhere_is_told_and_led_to_the_run(told: list[tuple[str, str]]) -> None:
    hidden = QWidget()
    asked: list[str] = []
    made = Notifier(hidden, asked.append)
    made.notify("digits failed", "Rank 1 fell.", "local://r-1")
    made.notify("digits completed", "", "local://r-2")
    assert told == [("digits failed", "Rank 1 fell."), ("digits completed", "")]
    assert made._tray is not None
    made._tray.messageClicked.emit()
    assert asked == ["local://r-2"], "the run that was told of last"
    made.close()
    hidden.deleteLater()


def test_without_a_tray_the_window_asks_for_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    hidden = QWidget()
    alerted: list[QWidget] = []
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: False))
    monkeypatch.setattr(QApplication, "alert", alerted.append)
    made = Notifier(hidden, lambda _handle: None)
    made.notify("digits failed", "Rank 1 fell.", "local://r-1")
    assert alerted == [hidden]
    assert made._tray is None
    made.close()
    hidden.deleteLater()
