"""The line that starts a process, to read and to copy."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop_app.ui.theme import Space, mono_font, theme_manager
from desktop_app.ui.widgets import ElidedLabel, button


class CommandLine(QWidget):
    """One line that gives way, whole in its tool tip; what is copied is whole as well."""

    def __init__(self) -> None:
        super().__init__()
        self._command = ""
        self.line = ElidedLabel("")
        self.copy_button = button(self.tr("Copy command"), "mdi6.content-copy", self.copy)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self.line, 1)
        row.addWidget(self.copy_button)
        theme_manager().changed.connect(self._dress)
        self._dress()

    def show_command(self, shown: str, command: str) -> None:
        """Show a line; `command` is what is copied."""
        self._command = command
        self.line.setText(shown)
        self.line.setAccessibleName(shown)
        self.show()

    def copy(self) -> None:
        """Copy the command."""
        QGuiApplication.clipboard().setText(self._command)

    def _dress(self) -> None:
        self.line.setFont(mono_font())
