"""The buttons below a wizard's pages, and what stands in the way of going on."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, button, primary_button
from desktop_app.ui.widgets.tips import tip


class Ways(NamedTuple):
    """What the buttons do."""

    cancel: Callable[[], object]
    back: Callable[[], object]
    next: Callable[[], object]
    save: Callable[[], object]
    run: Callable[[], object]
    preview: Callable[[], object]


class Footer(QWidget):
    """A row of buttons; whoever can't be pressed says why."""

    def __init__(self, ways: Ways) -> None:
        super().__init__()
        self._ways = ways
        self.reason = ElidedLabel("", "muted")
        self.cancel_button = button(self.tr("&Cancel"), on_click=ways.cancel)
        self.back_button = button(self.tr("&Back"), on_click=ways.back)
        self.next_button = primary_button(self.tr("&Next"), on_click=ways.next)
        self.save_button = button(self.tr("&Save as…"), "mdi6.content-save-outline", ways.save)
        self.run_button = primary_button(self.tr("&Run here"), "mdi6.play", ways.run)
        self.preview_button = button(self.tr("&Preview YAML"), "mdi6.code-tags", ways.preview)
        self.preview_button.setCheckable(True)
        self._on_a_page = (
            self.preview_button, self.back_button, self.save_button, self.next_button, self.run_button,
        )  # fmt: skip
        self._letters: list[tuple[QPushButton, QShortcut]] = []
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self.preview_button)
        row.addWidget(self.reason, 1)
        for each in (self.cancel_button, self.back_button, self.save_button, self.next_button, self.run_button):
            row.addWidget(each)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """What Tab comes to."""
        return (
            self.preview_button, self.cancel_button, self.back_button, self.save_button, self.next_button,
            self.run_button,
        )  # fmt: skip

    def catch_letters(self, window: QWidget) -> None:
        """Catch a button's letter while it can't be pressed: a field would take it for text."""
        for each in self._on_a_page:
            keys = QKeySequence.mnemonic(each.text())
            caught = QShortcut(keys, window, activated=lambda made=each: self._cannot(made))  # type: ignore[call-overload]
            self._letters.append((each, caught))

    def show_no_page(self) -> None:
        """There is no page yet: nothing but Cancel can be done."""
        for each in self._on_a_page:
            each.hide()
        self.say_what_cancel_does(keeps=False)

    def show_page(self, reason: str, *, is_last: bool, goes_back: bool) -> None:
        """Offer what can be done on a page; for a `reason` one can't go on."""
        self.back_button.setVisible(True)
        self.back_button.setEnabled(goes_back)
        self.preview_button.setVisible(True)
        self.next_button.setVisible(not is_last)
        self.next_button.setEnabled(not reason)
        self.next_button.setToolTip(tip(reason) or self.tr("Next page  Ctrl+PgDown"))
        self.next_button.setDefault(not is_last)
        for each in (self.save_button, self.run_button):
            each.setVisible(is_last)
            each.setEnabled(not reason)
            each.setToolTip(tip(reason))
        self.run_button.setDefault(is_last)
        for button_, letter in self._letters:
            letter.setEnabled(button_.isHidden() or not button_.isEnabled())

    def say_what_cancel_does(self, *, keeps: bool) -> None:
        """Say whether answers are kept."""
        said = self.tr("Close; your answers are kept for the next time") if keeps else self.tr("Close")
        self.cancel_button.setToolTip(f"{said}  Esc")
        self.cancel_button.setAccessibleDescription(said)

    def _cannot(self, made: QPushButton) -> None:
        """Show what stands in the way, where something does."""
        if made.isVisible() and made is not self.back_button:
            self._ways.next()
