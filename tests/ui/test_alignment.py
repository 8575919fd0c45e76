"""Texts stand below each other where they should: headers and cells, fields, the icon of a message, tabs."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QTabBar, QTableView, QVBoxLayout, QWidget

from desktop_app.api import Choice, Field, FieldKind, Value
from desktop_app.ui.row_model import RowModel
from desktop_app.ui.widgets import InlineMessage, dress_table
from desktop_app.ui.wizard.choices import ChoiceEditor
from desktop_app.ui.wizard.fields import FieldEditor, TextEditor, WholeNumberEditor
from tests.ui.conftest import settle


def ink(image: QImage, area: QRect) -> int:
    """Return how far from the left of an area the first dark pixel lies."""
    for x in range(area.left(), area.right()):
        if any(QColor(image.pixel(x, y)).lightness() < 140 for y in range(area.top(), area.bottom())):
            return x - area.left()
    raise AssertionError("nothing is written there")


def test_a_header_stands_above_its_cells() -> None:
    view = QTableView()
    model = RowModel(("Hxx", "Hyy"), parent=view)
    dress_table(view, "A table")
    view.setModel(model)
    model.show(2, lambda _row, _column: "Hxx")
    view.resize(400, 200)
    view.show()
    settle()
    image, header = view.grab().toImage(), view.horizontalHeader()
    for column in (0, 1):
        top = header.mapTo(view, QPoint(header.sectionViewportPosition(column), 2))
        cell = view.visualRect(model.index(1, column))
        cell.moveTo(view.viewport().mapTo(view, cell.topLeft()))
        assert ink(image, QRect(top, QSize(header.sectionSize(column) - 4, header.height() - 6))) == ink(image, cell)
    view.deleteLater()


def test_the_text_of_every_field_begins_at_one_line() -> None:
    choice = (Choice("1", "11"),)
    fields: list[FieldEditor] = [
        TextEditor(Field("a", "A", FieldKind.TEXT)),
        WholeNumberEditor(Field("b", "B", FieldKind.INTEGER, default=11)),
        ChoiceEditor(Field("c", "C", FieldKind.CHOICE, choices=choice)),
        ChoiceEditor(Field("d", "D", FieldKind.CHOICE, choices=choice, editable=True)),
    ]
    stage = QWidget()
    column = QVBoxLayout(stage)
    values: tuple[Value, ...] = ("11", 11, "1", "1")
    for each, value in zip(fields, values, strict=True):
        each.show_value(value)
        column.addWidget(each)
    stage.resize(400, 250)
    stage.show()
    settle()
    image = stage.grab().toImage()
    inside = [
        QRect(each.controls[0].mapTo(stage, QPoint(4, 4)), each.controls[0].size() - QSize(8, 8)) for each in fields
    ]
    assert len({ink(image, each) for each in inside}) == 1
    stage.deleteLater()


@pytest.mark.parametrize("can_close", [True, False])
def test_the_icon_of_a_message_stands_beside_its_first_line(can_close: bool) -> None:
    made = InlineMessage(can_close=can_close)
    made.resize(500, 40)
    for hint in ("", "Do something about it."):
        made.show_text("error", "Something is wrong.", hint)
        made.resize(500, made.sizeHint().height())
        settle()
        picture = made._picture
        shown = picture.pixmap().deviceIndependentSize().height()
        bottom = picture.geometry().bottom() + 1 - picture.contentsMargins().bottom()
        middle = made.heading.geometry().top() + made.heading.fontMetrics().height() / 2
        assert abs((bottom - shown / 2) - middle) <= 1.5
        if can_close:
            assert abs(made.close_button.geometry().center().y() + 0.5 - middle) <= 2
    made.deleteLater()


def test_tabs_stay_where_they_are_whichever_is_chosen() -> None:
    bar = QTabBar()
    for each in ("Logs", "Metrics", "Resources"):
        bar.addTab(each)
    bar.show()
    places = []
    for index in range(3):
        bar.setCurrentIndex(index)
        settle()
        places.append([bar.tabRect(each).left() for each in range(3)])
    assert places[0] == places[1] == places[2]
    bar.deleteLater()
