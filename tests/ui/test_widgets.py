"""The common controls: what a person sees, hears from a screen reader, and does with the keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QStandardItem, QStandardItemModel
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QListView, QStyleOptionViewItem, QVBoxLayout, QWidget

from desktop_app.api import RunStatus, UserError
from desktop_app.ui.theme import theme_manager
from desktop_app.ui.widgets import (
    ElidedLabel,
    EmptyState,
    IconLabel,
    InlineMessage,
    StateLabel,
    button,
    label,
    link_button,
    tool_button,
)
from desktop_app.ui.widgets.layouts import drop_contents, empty
from desktop_app.ui.widgets.noted_items import NOTE, NotedItems
from desktop_app.ui.widgets.passing_note import PassingNote
from tests.helpers.waiting import wait_until
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle


@pytest.fixture
def stage() -> Iterator[QWidget]:
    """A window that is in front, with a column to put things into."""
    made = QWidget()
    QVBoxLayout(made)
    made.resize(500, 300)
    made.show()
    made.activateWindow()
    QTest.qWaitForWindowActive(made)
    yield made
    made.close()
    made.deleteLater()


def put(stage: QWidget, widget: QWidget) -> None:
    layout = stage.layout()
    assert layout is not None
    layout.addWidget(widget)
    settle()


# ----- messages


def shown_message(stage: QWidget) -> InlineMessage:
    made = InlineMessage()
    put(stage, made)
    made.show_error(UserError("The disk is full.", hint="Free some space.", details="a\nb"))
    settle()
    return made


@pytest.mark.parametrize("can_close", [True, False])
def test_making_a_message_takes_the_window_nothing(stage: QWidget, can_close: bool) -> None:
    lost: list[object] = []
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    app.focusWindowChanged.connect(lost.append)
    put(stage, InlineMessage(can_close=can_close))
    app.focusWindowChanged.disconnect(lost.append)
    assert lost == [], "a part of it was a window for a moment"
    assert stage.isActiveWindow()


def test_a_message_is_hidden_until_there_is_something_to_say(stage: QWidget) -> None:
    made = InlineMessage()
    put(stage, made)
    assert not made.isVisible()
    made.show_text("info", "Saved.")
    assert made.isVisible()
    assert made.accessibleName() == "Note: Saved."
    assert [each.isVisible() for each in (made.hint, made.fold, made.copy, made.details)] == [False] * 4


def test_an_errors_details_fold_out_and_are_copied(stage: QWidget) -> None:
    made = shown_message(stage)
    assert made.accessibleName() == "Error: The disk is full. Free some space."
    made.fold.setFocus()
    for shown, word in ((True, "Hide details"), (False, "Details")):
        QTest.keyClick(made.fold, Qt.Key.Key_Space)
        assert made.details.isVisible() is shown
        assert made.fold.text() == word
    QTest.keyClick(made.copy, Qt.Key.Key_Space)
    assert QApplication.clipboard().text() == "The disk is full.\nFree some space.\na\nb"
    assert_sound(stage)


def test_details_of_the_message_before_are_folded_away(stage: QWidget) -> None:
    made = shown_message(stage)
    made.fold.click()
    made.show_error(UserError("Another.", details="c"))
    assert not made.details.isVisible()
    assert made.fold.text() == "Details"
    assert made.details.toPlainText() == "c"


def test_escape_dismisses_what_may_be_dismissed(stage: QWidget) -> None:
    made, gone = shown_message(stage), []
    made.dismissed.connect(lambda: gone.append(True))
    QTest.keyClick(made.copy, Qt.Key.Key_Escape)
    assert gone == [True]
    assert not made.isVisible()


def test_a_message_that_stays_is_not_dismissed(stage: QWidget) -> None:
    made = InlineMessage(can_close=False)
    put(stage, made)
    made.show_text("warning", "The kernel is old.")
    settle()
    assert not made.close_button.isVisible()
    QTest.keyClick(made, Qt.Key.Key_Escape)
    assert made.isVisible()


def test_ways_out_are_offered_and_taken_back(stage: QWidget) -> None:
    made, done = shown_message(stage), []
    made.add_button(button("Mend it", on_click=lambda: done.append(1)))
    settle()
    assert [each.text() for each in made.findChildren(type(made.copy))] == ["Details", "Copy details", "Mend it"]
    made.findChildren(type(made.copy))[-1].click()
    made.clear_buttons()
    settle()
    assert done == [1]
    assert [each.text() for each in made.findChildren(type(made.copy))] == ["Details", "Copy details"]


# ----- empty states, labels, buttons


def test_an_empty_state_leads_on_by_keyboard(stage: QWidget) -> None:
    action, done = QAction("&Run the sample", stage), []
    action.triggered.connect(lambda: done.append("sample"))
    made = EmptyState("mdi6.play", "No runs yet", "Runs appear here.", action)
    made.add_action(button("New job…", on_click=lambda: done.append("job")))
    put(stage, made)
    for each in made.findChildren(type(button(""))):
        each.setFocus()
        QTest.keyClick(each, Qt.Key.Key_Space)
    assert done == ["sample", "job"]
    assert_sound(stage)


def test_a_long_name_gives_way_and_is_whole_in_its_tool_tip(stage: QWidget) -> None:
    text = "/home/somebody/a/very/long/way/to/the/folder/of/a/project"
    made = ElidedLabel(text, mode=Qt.TextElideMode.ElideMiddle)
    put(stage, made)
    stage.resize(150, 100)
    settle()
    assert "…" in made._shown()
    assert made.toolTip() == text
    stage.resize(900, 100)
    settle()
    assert (made._shown(), made.toolTip()) == (text, "")


def test_a_tool_tip_follows_its_text_and_keeps_what_else_it_says(stage: QWidget) -> None:
    made = ElidedLabel("short")
    put(stage, made)
    stage.resize(150, 100)
    settle()
    made.setText("a project with a name that is much too long for this row")
    assert made.toolTip() == made.text()
    made.setToolTip("/home/somebody/project")
    assert made.toolTip() == f"{made.text()}\n/home/somebody/project"
    made.setText("short")
    stage.resize(160, 100)
    settle()
    assert made.toolTip() == "/home/somebody/project"


def test_a_state_is_a_word_a_colour_and_a_name(stage: QWidget) -> None:
    made = StateLabel(RunStatus.RUNNING, "00:41")
    put(stage, made)
    assert made.accessibleName() == "Running · 00:41"
    running = made.label.styleSheet()
    made.set_state(RunStatus.CANCEL_REQUESTED)
    assert made.accessibleName() == "Canceling"
    assert made.label.styleSheet() != running
    theme_manager().set_mode("dark")
    assert theme_manager().theme.state_color(RunStatus.CANCEL_REQUESTED) in made.label.styleSheet()


def test_a_state_that_nobody_knows_is_shown_as_it_is(stage: QWidget) -> None:
    made = StateLabel("Hibernating")
    put(stage, made)
    assert made.label.text() == "Hibernating"


def test_what_is_written_by_others_is_no_markup(stage: QWidget) -> None:
    with_icon = IconLabel(text="<b>x</b>")
    for made in (label("<b>x</b>"), ElidedLabel("<b>x</b>"), with_icon):
        put(stage, made)
    assert {each.textFormat() for each in stage.findChildren(QLabel) if each.text()} == {Qt.TextFormat.PlainText}


@pytest.mark.parametrize(
    ("make", "name", "tip"),
    [
        (lambda: button("&Run", shortcut="Ctrl+R"), "Run", "Run  Ctrl+R"),
        (lambda: button("Look again", tip="Read all anew"), "Look again", "Read all anew"),
        (lambda: tool_button("mdi6.close", "Dismiss"), "Dismiss", "Dismiss"),
        (lambda: link_button("Details"), "Details", ""),
    ],
)
def test_buttons_say_what_they_do(stage: QWidget, make: Callable[[], QWidget], name: str, tip: str) -> None:
    made = make()
    put(stage, made)
    assert made.accessibleName() == name
    assert made.toolTip() == tip
    assert_sound(stage)


# ----- layouts, lists


def test_emptying_a_layout_reaches_what_lies_deeper_and_keeps_gaps(stage: QWidget) -> None:
    outer, inner = QVBoxLayout(), QHBoxLayout()
    first, second = QLabel("1"), QLabel("2")
    outer.addWidget(first)
    inner.addWidget(second)
    outer.addLayout(inner)
    outer.addStretch()
    assert set(empty(outer)) == {first, second}
    assert outer.count() == 1, "the stretch stays"
    for each in (first, second):
        each.deleteLater()


def test_what_is_dropped_is_gone(stage: QWidget) -> None:
    layout = stage.layout()
    assert isinstance(layout, QVBoxLayout)
    for word in "ab":
        put(stage, QLabel(word))
    drop_contents(layout)
    settle()
    assert layout.count() == 0
    assert stage.findChildren(QLabel) == []


def test_a_note_behind_an_item_gets_room(stage: QWidget) -> None:
    model, view = QStandardItemModel(), QListView()
    for note in ("", "4 × V100, 24 cores"):
        item = QStandardItem("NC24s_v3")
        item.setData(note, NOTE)
        model.appendRow(item)
    view.setModel(model)
    view.setAccessibleName("Sizes")
    view.setItemDelegate(NotedItems(view))
    put(stage, view)
    option = QStyleOptionViewItem()
    plain, noted = (view.itemDelegate().sizeHint(option, model.index(row, 0)).width() for row in range(2))
    assert noted > plain + option.fontMetrics.horizontalAdvance("4 × V100")
    before = view.grab().toImage()
    model.item(1).setData("", NOTE)
    assert view.grab().toImage() != before, "the note is painted"


def test_a_note_that_something_was_done_moves_nothing_and_goes_by_itself(stage: QWidget) -> None:
    made, below = InlineMessage(), QLabel("below")
    for each in (made, below):
        put(stage, each)
    made.show_error(UserError("It can't be saved."))
    settle()
    made.show_passing("The id was copied.")
    settle()
    note, place = PassingNote.over(below), below.geometry()
    assert made.isHidden(), "what was wrong is over"
    assert (note.isVisible(), note.text.text(), note.window()) == (True, "The id was copied.", stage.window())
    note.timer.setInterval(0)
    made.show_passing("It was saved.")
    assert PassingNote.over(made) is note, "one for each window"
    wait_until(lambda: is_gone(note), what="the note to go")
    assert below.geometry() == place


def is_gone(note: QWidget) -> bool:
    settle()
    return note.isHidden()


def test_a_note_stays_within_its_window(stage: QWidget) -> None:
    note = PassingNote.over(stage)
    for size in ((900, 600), (300, 200)):
        stage.window().resize(*size)
        note.tell("a long note " * 8)
        settle()
        assert stage.window().rect().contains(note.geometry())
        assert note.height() >= note.text.heightForWidth(note.text.width())


def test_an_empty_state_gives_up_its_picture_first() -> None:
    made = EmptyState("mdi6.chart-line", "No metrics", "A script that logs shows its curves here.")
    made.resize(500, 400)
    made.show()
    settle()
    whole = made.minimumSizeHint().height()
    for height, seen in ((400, True), (whole - 1, False), (whole - 2, False), (whole, True)):
        made.setMinimumHeight(1)
        made.resize(500, height)
        settle()
        assert made._picture.isVisible() == seen, height
    made.deleteLater()
