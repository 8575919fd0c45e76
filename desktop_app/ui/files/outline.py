"""The outline of a file: its keys in a list that is searched by typing, to jump to one."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QCoreApplication
from shiboken6 import isValid

from desktop_app.presenters.outline import OutlineRow, outline
from desktop_app.presenters.palette import Entry
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.palette import Palette

_MARK = "\u2003"  # an em of room for each level


async def open_outline(editor: CodeEditor) -> Palette | None:
    """Show the file's structure over the window; Enter goes to what is chosen. None where the file was closed."""
    document = editor.document()
    while True:
        revision = document.revision()
        rows = await asyncio.to_thread(outline, editor.text())
        if not isValid(editor):
            return None
        if document.revision() == revision:
            break
    entries = [_entry(index, each) for index, each in enumerate(rows)]
    made = Palette(editor.window(), entries, (), lambda entry: _go(editor, rows[int(entry.key)]))
    said = QCoreApplication.translate("Outline", "Go to a key of this file")
    made.field.setPlaceholderText(said)
    made.field.setAccessibleName(said)
    made.list.setAccessibleName(QCoreApplication.translate("Outline", "Outline"))
    made.open_over(editor.window())
    return made


def _entry(index: int, row: OutlineRow) -> Entry:
    picture = "mdi6.label-outline" if row.value else "mdi6.chevron-right"
    return Entry(
        str(index), f"{_MARK * row.depth}{row.title}", "command", str(row.line), row.value or row.above, picture
    )


def _go(editor: CodeEditor, row: OutlineRow) -> None:
    editor.go_to(row.line, row.column)
    editor.setFocus()
