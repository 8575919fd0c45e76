"""Shows a unified difference: what goes and what comes, each by a sign and a colour."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from desktop_app.ui.theme import mono_font, theme_manager

_ROLES = {"+": "completed", "-": "failed", "@": "muted"}


class DifferenceView(QPlainTextEdit):
    """Read only; the keyboard moves through it and copies from it."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setReadOnly(True)
        self.setAccessibleName(name)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self.setFont(mono_font())
        theme_manager().changed.connect(self._mark)

    def show_unified(self, rows: Sequence[str]) -> None:
        """Show the lines of a unified difference."""
        self.setPlainText("\n".join(rows))
        self._mark()

    def _mark(self) -> None:
        theme, made = theme_manager().theme, []
        block = self.document().begin()
        while block.isValid():
            text = block.text()
            role = _ROLES.get(text[:1])
            if text.startswith(("+++ ", "--- ")):
                role = "muted"
            if role is not None:
                mark = QTextEdit.ExtraSelection()
                mark.cursor = QTextCursor(block)
                form = QTextCharFormat()
                form.setProperty(QTextFormat.Property.FullWidthSelection, True)
                if role == "muted":
                    form.setForeground(QColor(theme.color(role)))
                    mark.cursor.select(QTextCursor.SelectionType.LineUnderCursor)
                else:
                    form.setBackground(QColor(theme.tint(role, 0.14)))
                mark.format = form
                made.append(mark)
            block = block.next()
        self.setExtraSelections(made)
