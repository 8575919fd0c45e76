"""Tab, Shift+Tab, Enter, Backspace and comments, as the file itself indents."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent, QTextBlock, QTextCursor

if TYPE_CHECKING:
    from PySide6.QtWidgets import QPlainTextEdit

_FIRST_INDENT = re.compile(r"^(\t+| +)\S", re.MULTILINE)
_KEY_OF_ITEM = re.compile(r"""\s*((?:-\s+)+)[^\s#"'\[{&*!|>%@`-][^#]*?:(?:\s|$)""")
_OPENERS = (":", "[", "{", "(", "- |", "|", ">", ">-", "|-")


def default_for(file_name: str) -> str:
    """Return what a level of indenting is where the file has none yet."""
    return "    " if file_name.lower().endswith(".py") else "  "


def detect(text: str, default: str) -> str:
    """Return what a level of indenting is in `text`: a tab, or as many spaces as its first level has."""
    found = _FIRST_INDENT.search(text[:100_000])
    if not found:
        return default
    return "\t" if found.group(1).startswith("\t") else " " * min(8, len(found.group(1)))


def handle(editor: QPlainTextEdit, event: QKeyEvent, indent: str) -> bool:
    """Do what a key means for indenting; returns whether it meant anything."""
    plain = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    if event.key() == Qt.Key.Key_Tab and plain:
        _indent(editor.textCursor(), indent)
        return True
    if event.key() == Qt.Key.Key_Backtab:
        _outdent(editor.textCursor(), indent)
        return True
    if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() in (
        Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier,
    ):  # fmt: skip
        _new_line(editor, indent)
        return True
    return event.key() == Qt.Key.Key_Backspace and not event.modifiers() and _step_back(editor.textCursor(), indent)


def toggle_comment(cursor: QTextCursor, mark: str) -> None:
    """Comment every line of the selection out, or in again where all of them are."""
    lines = [each for each in _lines(cursor) if each.text().strip()]
    if not lines:
        return
    has_all = all(each.text().lstrip().startswith(mark) for each in lines)
    column = min(len(each.text()) - len(each.text().lstrip()) for each in lines)
    cursor.beginEditBlock()
    for block in lines:
        if has_all:
            start = block.text().index(mark)
            _remove(block, start, len(mark) + block.text()[start + len(mark) :].startswith(" "))
        else:
            _insert(block, column, f"{mark} ")
    cursor.endEditBlock()


def _indent(cursor: QTextCursor, indent: str) -> None:
    if not cursor.hasSelection():
        width = len(indent)
        fill = indent if indent == "\t" else " " * (width - cursor.positionInBlock() % width)
        cursor.insertText(fill)
        return
    cursor.beginEditBlock()
    for block in _lines(cursor):
        if block.text():
            _insert(block, 0, indent)
    cursor.endEditBlock()


def _step_back(cursor: QTextCursor, indent: str) -> bool:
    """Take back a level of indenting before the line's first word; returns whether the cursor was there."""
    column = cursor.positionInBlock()
    before = cursor.block().text()[:column]
    if cursor.hasSelection() or len(before) < 2 or before.strip(" ") or indent == "\t":
        return False
    width = len(indent)
    _remove(cursor.block(), column - ((column - 1) % width + 1), (column - 1) % width + 1)
    return True


def _outdent(cursor: QTextCursor, indent: str) -> None:
    cursor.beginEditBlock()
    for block in _lines(cursor):
        text = block.text()
        lead = len(text) - len(text.lstrip())
        _remove(block, 0, 1 if text.startswith("\t") else min(len(indent), lead))
    cursor.endEditBlock()


def _new_line(editor: QPlainTextEdit, indent: str) -> None:
    cursor = editor.textCursor()
    before = cursor.block().text()[: cursor.positionInBlock()]
    lead = before[: len(before) - len(before.lstrip())]
    code = before.split(" #")[0].rstrip()
    dashes = _KEY_OF_ITEM.match(before)
    if dashes:  # further keys of a list's item stand below its first
        lead += " " * len(dashes[1])
    cursor.insertText("\n" + lead + (indent if code.endswith(_OPENERS) else ""))
    editor.setTextCursor(cursor)
    editor.ensureCursorVisible()


def _lines(cursor: QTextCursor) -> list[QTextBlock]:
    """Return the lines that a selection touches; one whose start it merely reaches is not meant."""
    document = cursor.document()
    block, last = document.findBlock(cursor.selectionStart()), document.findBlock(cursor.selectionEnd())
    if last.position() == cursor.selectionEnd() and block != last:
        last = last.previous()
    found = [block]
    while block != last:
        block = block.next()
        found.append(block)
    return found


def _insert(block: QTextBlock, column: int, text: str) -> None:
    cursor = QTextCursor(block)
    cursor.setPosition(block.position() + column)
    cursor.insertText(text)


def _remove(block: QTextBlock, column: int, count: int) -> None:
    cursor = QTextCursor(block)
    cursor.setPosition(block.position() + column)
    cursor.setPosition(block.position() + column + count, QTextCursor.MoveMode.KeepAnchor)
    cursor.removeSelectedText()
