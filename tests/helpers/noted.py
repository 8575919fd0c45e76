"""What a window says in passing."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desktop_app.ui.widgets.passing_note import PassingNote


def noted(widget: QWidget) -> str:
    """Return the note over a widget's window; empty where none is shown."""
    note = PassingNote.over(widget)
    return note.text.text() if note.isVisible() else ""
