"""Asks for a name in place, above the tree: for a new file, a new folder, another name."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QVBoxLayout

from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import button, label, primary_button


class NameBar(QFrame):
    """Hidden until `ask`; Enter takes the name, Esc doesn't."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.heading = label(role="strong", wraps=True)
        self.name = QLineEdit()
        self.problem = label(role="error", wraps=True)
        self.take = primary_button("", on_click=self._take)
        self._check: Callable[[str], str] = lambda _name: ""
        self._use: Callable[[str], object] = lambda _name: None
        self._build()
        self.hide()

    def ask(
        self, heading: str, verb: str, present: str, check: Callable[[str], str], use: Callable[[str], object]
    ) -> None:
        """Ask for a name; `check` says what is wrong with one, `use` is called with the one that was taken."""
        self._check, self._use = check, use
        self.heading.setText(heading)
        self.take.setText(verb)
        self.take.setAccessibleName(verb.replace("&", ""))
        self.name.setAccessibleName(heading)
        self.name.setText(present)
        self.problem.hide()
        self.show()
        self.name.setFocus()
        stem = present.rpartition(".")[0] or present
        self.name.setSelection(0, len(stem))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc lets everything be as it was."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        else:
            super().keyPressEvent(event)

    def close_bar(self) -> None:
        """Hide the bar and give the focus back."""
        self.hide()
        proxy = self.focusProxy()
        if proxy is not None:
            proxy.setFocus()

    def _build(self) -> None:
        self.name.returnPressed.connect(self._take)
        self.name.textChanged.connect(lambda text: self._show_problem(self._check(text) if text else ""))
        buttons = QHBoxLayout()
        buttons.addStretch()
        buttons.addWidget(button(self.tr("Cancel"), on_click=self.close_bar))
        buttons.addWidget(self.take)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        column.setSpacing(Space.S)
        for each in (self.heading, self.name, self.problem):
            column.addWidget(each)
        column.addLayout(buttons)

    def _take(self) -> None:
        name = self.name.text()
        problem = self._check(name)
        self._show_problem(problem)
        if not problem:
            self.close_bar()
            self._use(name)

    def _show_problem(self, problem: str) -> None:
        self.problem.setText(problem)
        self.problem.setVisible(bool(problem))
        self.name.setProperty("invalid", bool(problem))
        self.name.style().unpolish(self.name)
        self.name.style().polish(self.name)
        self.name.setAccessibleDescription(problem)
