"""What keys mean in a log: those of a text that can't be edited, and those that open rows."""

from __future__ import annotations

from enum import Enum, auto

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QKeySequence


class Deed(Enum):
    """What a key asks for."""

    COPY = auto()
    SELECT_ALL = auto()
    SCROLL = auto()  # by so many rows
    ACROSS = auto()  # by so many steps
    START = auto()
    END = auto()
    TOGGLE = auto()  # open the row one is at, or close it
    OPEN = auto()
    CLOSE = auto()
    STEP = auto()  # to the next row that can be opened, or the one before


def deed_of(event: QKeyEvent, page: int) -> tuple[Deed, int] | None:
    """Return what a key asks for, and how far; a `page` has so many rows. None for keys that mean nothing here."""
    if event.matches(QKeySequence.StandardKey.Copy):
        return Deed.COPY, 0
    if event.matches(QKeySequence.StandardKey.SelectAll):
        return Deed.SELECT_ALL, 0
    key = Qt.Key(event.key())
    if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
        return {Qt.Key.Key_Up: (Deed.STEP, -1), Qt.Key.Key_Down: (Deed.STEP, 1)}.get(key)
    return {
        Qt.Key.Key_Left: (Deed.CLOSE, -1), Qt.Key.Key_Right: (Deed.OPEN, 1),
        Qt.Key.Key_Home: (Deed.START, 0), Qt.Key.Key_End: (Deed.END, 0),
        Qt.Key.Key_Up: (Deed.SCROLL, -1), Qt.Key.Key_Down: (Deed.SCROLL, 1),
        Qt.Key.Key_PageUp: (Deed.SCROLL, -page), Qt.Key.Key_PageDown: (Deed.SCROLL, page),
        Qt.Key.Key_Space: (Deed.TOGGLE, page), Qt.Key.Key_Return: (Deed.TOGGLE, 0), Qt.Key.Key_Enter: (Deed.TOGGLE, 0),
    }.get(key)  # fmt: skip
