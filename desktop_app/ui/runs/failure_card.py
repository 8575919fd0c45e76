"""What a failed run opens on: which rank fell first, the very line, what it means, where to look."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from desktop_app.api import Fix
from desktop_app.presenters.run_failure import FailureView
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import ICON, Space, mono_font, theme_manager
from desktop_app.ui.widgets import button, label


class FailureCard(QFrame):
    """Hidden until there is a failure to show. Its buttons: `log_asked`, `code_asked`, `fix_asked`, `copy_asked`."""

    log_asked = Signal()
    code_asked = Signal()
    fix_asked = Signal(object)  # Fix
    copy_asked = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "message")
        self.setProperty("tone", "error")
        self._picture = QLabel()
        self.heading = label(role="heading", wraps=True, selectable=True)
        self.facts = label(role="muted")
        self.cause = label(role="strong", wraps=True, selectable=True)
        self.text = label(wraps=True, selectable=True)
        self.advice = label(wraps=True, selectable=True)
        self.explanation = label(role="muted", wraps=True, selectable=True)
        self.show_log = button(self.tr("Show in lo&g"), "mdi6.text-search", self.log_asked.emit)
        self.open_code = button("", "mdi6.code-braces", self.code_asked.emit)
        self.open_code.hide()
        self.fix = button("", "mdi6.auto-fix", self._ask_fix)
        self.copy = button(self.tr("Cop&y"), "mdi6.content-copy", self._ask_copy, tip=self.tr("Copy what is said here"))
        self._view: FailureView | None = None
        self._build()
        theme_manager().changed.connect(self._redraw)
        self._redraw()
        self.hide()

    def show_failure(self, view: FailureView | None) -> None:
        """Show what there is to say, nothing for None."""
        self._view = view
        self.setVisible(view is not None)
        if view is None:
            return
        self.heading.setText(view.heading)
        self.facts.setText(view.facts)
        advice = "\n".join(f"•  {each}" for each in view.advice)
        for part, text in ((self.cause, view.cause), (self.text, view.text), (self.advice, advice)):
            part.setText(text)
            part.setVisible(bool(text))
        self.explanation.setText(view.explanation)
        self.show_log.setVisible(view.rank is not None)
        spoken = (view.heading, view.cause.removesuffix("."), view.text)
        self.setAccessibleName(". ".join(each for each in spoken if each))
        if view.fix is None:
            self.offer_fix(None)

    def offer_fix(self, fix: Fix | None) -> None:
        """Offer to change the job file; nothing for None."""
        self.fix.setVisible(fix is not None)
        if fix is not None:
            self.fix.setText(fix.title.replace("&", "&&") + "…")
            self.fix.setAccessibleName(fix.title)
            self.fix.setToolTip(self.tr("Shows what changes in the job file, before anything changes"))

    def offer_code(self, name: str) -> None:
        """Offer to open `train.py:41`; nothing for an empty name."""
        self.open_code.setText(self.tr("&Open {}").format(name))
        self.open_code.setAccessibleName(self.tr("Open {}").format(name))
        self.open_code.setVisible(bool(name))

    def _ask_fix(self) -> None:
        if self._view is not None and self._view.fix is not None:
            self.fix_asked.emit(self._view.fix)

    def _ask_copy(self) -> None:
        if self._view is not None:
            self.copy_asked.emit(self._view.spoken)

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(Space.S)
        top.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignVCenter)
        top.addWidget(self.heading, 1)
        top.addWidget(self.facts)
        buttons = QHBoxLayout()
        buttons.setSpacing(Space.S)
        buttons.addWidget(self.show_log)
        buttons.addWidget(self.open_code)
        buttons.addWidget(self.fix)
        buttons.addWidget(self.copy)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        column.setSpacing(Space.XS + 2)
        column.addLayout(top)
        for each in (self.cause, self.text, self.advice, self.explanation):
            column.addWidget(each)
        column.addLayout(buttons)

    def _redraw(self) -> None:
        self.text.setFont(mono_font())
        self._picture.setPixmap(
            icon("mdi6.alert-circle-outline", "failed").pixmap(QSize(ICON, ICON), self.devicePixelRatioF())
        )
