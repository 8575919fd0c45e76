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

    def __init__(self, plan: MendPlan, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Fix all of this kind"))
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
        column.addWidget(label(self.tr("Fix {} in {} ({})").format(problems, files, plan.code), "heading"))
        texts = sum(1 for each in plan.files if each.is_open)
        hint = self.tr("Files that are open are changed in their editors; the others are saved. Both can be undone.")
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
        go = primary_button(self.tr("&Fix {}").format(problems), "mdi6.auto-fix", self.accept)
        go.setDefault(True)
        buttons.addWidget(go)
        column.addLayout(buttons)
        go.setFocus()
