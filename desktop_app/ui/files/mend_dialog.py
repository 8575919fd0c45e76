"""Shows what mending all problems of a kind would change, before anything changes."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.presenters.mending import MendPlan
from desktop_app.ui.files.difference_view import DifferenceView
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import button, label, primary_button

_MOST_LINES = 5_000


class MendDialog(QDialog):
    """`accepted`: it is to be done."""

    def __init__(self, plan: MendPlan, parent: QWidget, title: str = "") -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._title = title
        self.setWindowTitle(title or self.tr("Fix all of this kind"))
        self.view = DifferenceView(self.tr("What changes"))
        self._build(plan)
        screen = parent.screen().availableSize()
        self.resize(min(900, screen.width() - 80), min(600, screen.height() - 80))

    def _build(self, plan: MendPlan) -> None:
        problems = self.tr("1 problem") if plan.fixes == 1 else self.tr("{} problems").format(plan.fixes)
        files = self.tr("1 file") if len(plan.files) == 1 else self.tr("{} files").format(len(plan.files))
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.L, Space.L, Space.L)
        column.setSpacing(Space.S)
        heading = self._title or self.tr("Fix {} in {} ({})").format(problems, files, plan.code)
        column.addWidget(label(heading, "heading", wraps=bool(self._title)))
        texts = sum(1 for each in plan.files if each.is_open)
        one = self.tr("The text changes in its editor and is not saved yet; Ctrl+Z takes it back.")
        many = self.tr("Files that are open are changed in their editors; the others are saved. Both can be undone.")
        hint = one if self._title else many
        column.addWidget(
            label(hint if texts else self.tr("The files are saved; that can be undone."), "muted", wraps=True)
        )
        if plan.left:
            left = "\n".join(plan.left[:5]) + ("\n…" if len(plan.left) > 5 else "")
            column.addWidget(label(self.tr("Not mended: {}").format(left), "muted", wraps=True))
        column.addWidget(self.view, 1)
        rows = plan.diff.splitlines()
        more = [self.tr("… {} more lines").format(len(rows) - _MOST_LINES)] if len(rows) > _MOST_LINES else []
        self.view.show_unified([*rows[:_MOST_LINES], *more])
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(button(self.tr("&Cancel"), on_click=self.reject))
        words = self.tr("&Change the file") if self._title else self.tr("&Fix {}").format(problems)
        go = primary_button(words, "mdi6.auto-fix", self.accept)
        go.setDefault(True)
        buttons.addWidget(go)
        column.addLayout(buttons)
        go.setFocus()
