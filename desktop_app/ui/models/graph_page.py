"""The graph of an ONNX file as a page: with a way back to where one came from."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.presenters.models.words import short_path
from desktop_app.ui.models.graph.view import GraphView
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, InlineMessage, button, label, tool_button


class GraphPage(QWidget):
    """`back` when one wants to go where one came from; `optimise` when a file from elsewhere is to be measured."""

    back = Signal()
    optimise = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.path: Path | None = None
        self.title, self.place = label(role="title"), ElidedLabel("", "muted")
        self.back_button = tool_button("mdi6.arrow-left", self.tr("Back"), self.back.emit)
        self.optimise_button = button(
            self.tr("&Optimise and quantise…"), "mdi6.speedometer", self.optimise.emit,
            tip=self.tr("Make smaller and faster variants of this file, and compare them with it"),
        )  # fmt: skip
        self.view, self.note = GraphView(), InlineMessage()
        self.notes = QVBoxLayout()
        self.notes.setSpacing(Space.S)
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self.back_button)
        head.addWidget(self.title)
        head.addWidget(self.place, 1)
        head.addWidget(self.optimise_button)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L + Space.XS, Space.L, Space.L + Space.XS, Space.L)
        column.setSpacing(Space.M)
        column.addLayout(head)
        self.notes.addWidget(self.note)
        column.addLayout(self.notes)
        column.addWidget(self.view, 1)

    def open_path(self, path: Path, node: str = "", *, is_foreign: bool = False) -> None:
        """Show a file's graph, at a node where one is named; of a file without a report, more is offered."""
        self.path = path
        self.optimise_button.setVisible(is_foreign)
        self.title.setText(path.name)
        self.place.setText(short_path(path.parent))
        self.note.hide()
        self.view.open_path(path, node)

    def tell_changed(self) -> None:
        """Say that the file is not the one that a report is about any more."""
        said = self.tr(
            "This is the file as it is now. It has changed since it was checked: the report is about another."
        )
        self.note.show_text("warning", said)

    def close_down(self) -> None:
        """Stop what is being read."""
        self.view.close_down()

    def event(self, event: QEvent) -> bool:
        """Called by Qt: Ctrl+F is this page's own, wherever in the window the keyboard is."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_find(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Ctrl+F searches, Esc leads back."""
        if _is_find(event):
            self.view.focus_search()
        elif event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        else:
            super().keyPressEvent(event)


def _is_find(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Find)
