"""A surface that floats over the window beside a place in a text, without taking the keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QTextCursor
from PySide6.QtWidgets import QFrame

from desktop_app.ui.theme import Space

if TYPE_CHECKING:
    from desktop_app.ui.files.code_editor import CodeEditor


class Overlay(QFrame):
    """A child of the editor's window, so that it needs no window of its own and moves and closes with it."""

    def __init__(self, editor: CodeEditor) -> None:
        super().__init__(editor)
        self.editor = editor
        self.setProperty("role", "popup")
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hide()

    def show_beside(self, rect: QRect) -> None:
        """Show it below a rectangle of the editor's viewport, or above it where there is more room."""
        window = self.editor.window()
        if self.parent() is not window:
            self.setParent(window)
        self.adjustSize()
        corner = self.editor.viewport().mapTo(window, rect.bottomLeft()) + QPoint(0, Space.XS)
        top = self.editor.viewport().mapTo(window, rect.topLeft()).y() - Space.XS
        if corner.y() + self.height() > window.height() and top > window.height() - corner.y():
            corner.setY(max(0, top - self.height()))
        corner.setX(max(Space.XS, min(corner.x(), window.width() - self.width() - Space.S)))
        self.move(corner)
        self.raise_()
        self.show()

    def rect_at(self, line: int, column: int) -> QRect:
        """Return the rectangle of the viewport at a line and column, in units of the document, from 0."""
        cursor = QTextCursor(self.editor.document().findBlockByNumber(line))
        cursor.setPosition(min(cursor.position() + column, cursor.position() + cursor.block().length() - 1))
        return self.editor.cursorRect(cursor)

    def announce(self, text: str) -> None:
        """Tell a screen reader, as the keyboard stays in the text."""
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self.editor, text))
