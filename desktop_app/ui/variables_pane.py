"""The variables of one process, to read and to copy; JSON such as TF_CONFIG with a line for each part."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from desktop_app.services.rank_tables import LONGEST, pretty
from desktop_app.ui.theme import Space, mono_font, theme_manager
from desktop_app.ui.widgets import ElidedLabel, button
from desktop_app.ui.widgets.layouts import drop_contents


class VariablesPane(QWidget):
    """Shows (name, value) pairs. What is copied is what the process gets: a long value in its one line."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._pairs: tuple[tuple[str, str], ...] = ()
        self.buttons: list[QPushButton] = []
        self.heading = ElidedLabel("", "strong")
        self.text = QPlainTextEdit(readOnly=True)
        self.text.setAccessibleName(name)
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(Space.S)
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self.heading, 1)
        head.addLayout(self._buttons)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addLayout(head)
        column.addWidget(self.text, 1)
        theme_manager().changed.connect(self._dress)
        self._dress()

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What Tab comes to."""
        return (*self.buttons, self.text)

    def show_variables(self, heading: str, pairs: Sequence[tuple[str, str]]) -> None:
        """Show another process."""
        self.heading.setText(heading)
        if tuple(pairs) == self._pairs:
            return
        names = _to_copy(self._pairs)
        self._pairs = tuple(pairs)
        self.text.setPlainText("\n".join(f"{name}={pretty(value)}" for name, value in pairs))
        if _to_copy(self._pairs) != names or not self.buttons:
            self._offer()

    def copy(self, name: str = "") -> None:
        """Copy a variable's very value; without a name all of them, a line each."""
        lines = [value if name else f"{key}={value}" for key, value in self._pairs if name in ("", key)]
        QGuiApplication.clipboard().setText("\n".join(lines))

    def _offer(self) -> None:
        drop_contents(self._buttons)
        self.buttons = []
        titles = [(self.tr("Copy {}").format(name), name) for name in _to_copy(self._pairs)]
        for title, name in titles or ([(self.tr("Copy variables"), "")] if self._pairs else []):
            made = button(title, "mdi6.content-copy", partial(self.copy, name))
            made.setAutoDefault(False)
            made.setToolTip(self.tr("The value as Azure ML sets it, in one line") if name else "")
            self._buttons.addWidget(made)
            self.buttons.append(made)
            made.show()

    def _dress(self) -> None:
        self.text.setFont(mono_font())


def _to_copy(pairs: Sequence[tuple[str, str]]) -> list[str]:
    return [name for name, value in pairs if len(value) > LONGEST]
