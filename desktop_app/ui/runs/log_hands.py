"""What the mouse does in a log: selects characters, words and lines, opens rows, and scrolls where it drags beyond."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QMouseEvent

from desktop_app.ui.runs.log_rows import Cursor
from desktop_app.ui.runs.log_selection import Dragging, Selection

if TYPE_CHECKING:
    from desktop_app.ui.runs.log_view import LogView


class Hands:
    """Acts on a view, as its events tell."""

    def __init__(self, view: LogView, selection: Selection, cursor: Cursor, scroll: Callable[[int], object]) -> None:
        self._view, self._selection, self._cursor = view, selection, cursor
        self.dragging = Dragging(view, scroll, self.extend_to)

    def press(self, event: QMouseEvent) -> None:
        """Open a row; or begin a selection, with Shift extend it; in the columns take whole lines."""
        at = event.position().toPoint()
        place, index = self._view.place_at(at), self._view.row_at(at)
        if event.button() != Qt.MouseButton.LeftButton:
            return
        if place is None or index is None:
            self._selection.clear()
            return
        self._cursor.put(self._view.page.rows[index])
        if self._view.is_fold(at):
            self._view.toggle(index)
            return
        further = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._selection.press(place, further=further, whole=self._view.is_in_columns(at))
        self._view.viewport().update()

    def move(self, event: QMouseEvent) -> None:
        """Show what a click would do here; move the selection's end, and scroll beyond the edges."""
        at = event.position().toPoint()
        self._view.viewport().setCursor(self._pointer(at))
        if event.buttons() & Qt.MouseButton.LeftButton:
            self.extend_to(at)
            self.dragging.move(at, self._view.viewport().height())

    def release(self) -> None:
        """The button was released."""
        self.dragging.stop()

    def take_word(self, event: QMouseEvent) -> None:
        """Take a word, or in the columns the line."""
        at = event.position().toPoint()
        place, index = self._view.place_at(at), self._view.row_at(at)
        if place is not None and index is not None and not self._view.is_fold(at):
            self._selection.take_word(self._view.page.rows[index], place[1])
            self._view.viewport().update()

    def extend_to(self, at: QPoint) -> None:
        """Move the selection's end."""
        place = self._view.place_at(at)
        if place is not None:
            self._selection.extend(place)
            self._view.viewport().update()

    def _pointer(self, at: QPoint) -> Qt.CursorShape:
        if self._view.is_fold(at):
            return Qt.CursorShape.PointingHandCursor
        return Qt.CursorShape.ArrowCursor if self._view.is_in_columns(at) else Qt.CursorShape.IBeamCursor
