"""What a failed run opens on: which rank fell first, the very line, what it means, who fell when, what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QSize, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout

from desktop_app.api import Fix, Remedy
from desktop_app.presenters.run_failure import FailureView
from desktop_app.ui.icons import icon
from desktop_app.ui.runs.fall_picture import FallPicture
from desktop_app.ui.theme import ICON, Space, mono_font, theme_manager
from desktop_app.ui.widgets import button, label, link_button
from desktop_app.ui.widgets.layouts import drop_contents

_MOST_STEPS = 3
_MOST_LINKS = 2
_ICONS = {
    "error": ("mdi6.alert-circle-outline", "failed"),
    "warning": ("mdi6.timer-off-outline", "canceled"),
    "info": ("mdi6.text-box-check-outline", "accent"),
}


class FailureCard(QFrame):
    """Hidden until there is a failure to show.

    Its buttons: `log_asked`, `rank_asked` (a rank whose log is wanted), `code_asked`, `fix_asked`, `remedy_asked`,
    `step_asked` (a change to run again with), `copy_asked`.
    """

    log_asked = Signal()
    rank_asked = Signal(int)
    code_asked = Signal()
    fix_asked = Signal(object)  # Fix
    remedy_asked = Signal(object)  # Remedy
    step_asked = Signal(object)  # Fix
    copy_asked = Signal(str)

    def __init__(self, open_link: Callable[[str], object] | None = None) -> None:
        super().__init__()
        self.setProperty("role", "message")
        self.setProperty("tone", "error")
        self._open_link = open_link or _browse
        self._picture = QLabel()
        self.heading = label(role="heading", wraps=True, selectable=True)
        self.facts = label(role="muted")
        self.cause = label(role="strong", wraps=True, selectable=True)
        self.text = label(wraps=True, selectable=True)
        self.advice = label(wraps=True, selectable=True)
        self.explanation = label(role="muted", wraps=True, selectable=True)
        self.elsewhere = label(wraps=True, selectable=True)
        self.elsewhere.hide()
        self.falls = FallPicture()
        self.show_log = button(self.tr("Show in lo&g"), "mdi6.text-search", self.log_asked.emit)
        self.open_code = button("", "mdi6.code-braces", self.code_asked.emit)
        self.open_code.hide()
        self.fix = button("", "mdi6.auto-fix", self._ask_fix)
        self.remedy = button("", "mdi6.auto-fix", self._ask_remedy)
        self.copy = button(self.tr("Cop&y"), "mdi6.content-copy", self._ask_copy, tip=self.tr("Copy what is said here"))
        self.steps, self.links = QHBoxLayout(), QHBoxLayout()
        self._view: FailureView | None = None
        self._build()
        self.falls.picked.connect(self.rank_asked)
        theme_manager().changed.connect(self._redraw)
        self._redraw()
        self.hide()

    def show_failure(self, view: FailureView | None) -> None:
        """Show what there is to say, nothing for None."""
        before, self._view = self._view, view
        self.setVisible(view is not None)
        if view is None or view == before:
            return
        self._set_tone(view.tone)
        self.heading.setText(view.heading)
        self.facts.setText(view.facts)
        advice = "\n".join(f"•  {each}" for each in view.advice)
        for part, text in ((self.cause, view.cause), (self.text, view.text), (self.advice, advice)):
            part.setText(text)
            part.setVisible(bool(text))
        self.explanation.setText(view.explanation)
        self.explanation.setVisible(bool(view.explanation))
        self.falls.show_falls(view.falls)
        self.show_log.setVisible(view.rank is not None)
        spoken = (view.heading, view.cause.removesuffix("."), view.text)
        self.setAccessibleName(". ".join(each for each in spoken if each))
        if view.fix is None:
            self.offer_fix(None)
        if view.remedy is None:
            self.offer_remedy(None)
        self._show_links(view.links)

    def say_elsewhere(self, text: str) -> None:
        """Say what to change where the run came from; nothing for an empty text."""
        self.elsewhere.setText(text)
        self.elsewhere.setVisible(bool(text))

    def _set_tone(self, tone: str) -> None:
        if tone != self.property("tone"):
            self.setProperty("tone", tone)
            self.style().unpolish(self)
            self.style().polish(self)
            self._redraw()

    def offer_fix(self, fix: Fix | None) -> None:
        """Offer to change the job file; nothing for None."""
        self.fix.setVisible(fix is not None)
        if fix is not None:
            self._name(self.fix, fix.title, self.tr("Shows what changes in the job file, before anything changes"))

    def offer_remedy(self, remedy: Remedy | None, title: str = "") -> None:
        """Offer to change the environment or the script; nothing for None."""
        self.remedy.setVisible(remedy is not None)
        if remedy is not None:
            self._name(self.remedy, title, self.tr("Shows what changes in the file, before anything changes"))

    def offer_steps(self, steps: Sequence[Fix]) -> None:
        """Offer to run again with what lets the next run tell more."""
        drop_contents(self.steps)
        for each in steps[:_MOST_STEPS]:
            made = button("", "mdi6.restart", partial(self.step_asked.emit, each))
            tip = self.tr("Plans the same job with this set, for you to review; the job file stays as it is")
            self._name(made, each.title, tip)
            self.steps.addWidget(made)

    def offer_code(self, name: str) -> None:
        """Offer to open `train.py:41`; nothing for an empty name."""
        self.open_code.setText(self.tr("&Open {}").format(name))
        self.open_code.setAccessibleName(self.tr("Open {}").format(name))
        self.open_code.setVisible(bool(name))

    def _show_links(self, links: Sequence[str]) -> None:
        drop_contents(self.links)
        for each in [one for one in links if one.startswith("https://")][:_MOST_LINKS]:
            made = link_button(_short(each), partial(self._open_link, each))
            made.setAccessibleName(self.tr("Read more at {}").format(_short(each)))
            made.setToolTip(each)
            self.links.addWidget(made)

    @staticmethod
    def _name(made: QPushButton, title: str, tip: str) -> None:
        made.setText(title.replace("&", "&&") + "…")
        made.setAccessibleName(title)
        made.setToolTip(tip)

    def _ask_fix(self) -> None:
        if self._view is not None and self._view.fix is not None:
            self.fix_asked.emit(self._view.fix)

    def _ask_remedy(self) -> None:
        if self._view is not None and self._view.remedy is not None:
            self.remedy_asked.emit(self._view.remedy)

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
        for each in (buttons, self.steps, self.links):
            each.setSpacing(Space.S)
        for made in (self.show_log, self.open_code, self.fix, self.remedy, self.copy):
            buttons.addWidget(made)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        column.setSpacing(Space.XS + 2)
        column.addLayout(top)
        for part in (self.cause, self.text, self.advice, self.elsewhere, self.falls, self.explanation):
            column.addWidget(part)
        column.addLayout(_from_the_left(self.links))
        column.addLayout(buttons)
        column.addLayout(_from_the_left(self.steps))

    def _redraw(self) -> None:
        self.text.setFont(mono_font())
        picture = icon(*_ICONS[str(self.property("tone"))])
        self._picture.setPixmap(picture.pixmap(QSize(ICON, ICON), self.devicePixelRatioF()))


def _from_the_left(row: QHBoxLayout) -> QHBoxLayout:
    whole = QHBoxLayout()
    whole.addLayout(row)
    whole.addStretch()
    return whole


def _short(address: str) -> str:
    """Return an address as it is read: without its scheme, and not longer than a line."""
    plain = address.removeprefix("https://").removesuffix("/")
    return plain if len(plain) <= 60 else plain[:59] + "…"


def _browse(address: str) -> None:
    QDesktopServices.openUrl(QUrl(address))
