"""The list of plugins: the head, what there is to say, and a card each."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import UserError
from desktop_app.presenters.plugins.cards import PluginCard
from desktop_app.ui.plugins.card import PluginCardView
from desktop_app.ui.plugins.done_note import DoneNote
from desktop_app.ui.plugins.header import PluginsHeader
from desktop_app.ui.plugins.scrolling import in_margin, page_column
from desktop_app.ui.plugins.strip import PluginStrip
from desktop_app.ui.plugins.working import PluginWork
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import EmptyState, InlineMessage

_Part = Callable[[PluginCardView], QWidget]
_PARTS: tuple[_Part, ...] = (
    lambda view: view.action, lambda view: view.name, lambda view: view.more
)  # fmt: skip
"""What the keyboard's focus can be on in a card."""
_SLICE = 0.002
"""Seconds for cards in one turn of the loop: keys, clicks and painting wait for no more than one card longer."""


class PluginList(QWidget):
    """`asked` carries a plugin's id and what to do with it."""

    asked = Signal(str, object)

    def __init__(self, work: PluginWork, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self.views: dict[str, PluginCardView] = {}
        self._waiting: list[PluginCard] = []
        self._order: list[str] = []
        self.header, self.strip = PluginsHeader(), PluginStrip(work)
        self.message, self.done, self.safe = InlineMessage(), DoneNote(), InlineMessage(can_close=False)
        self.wrong = InlineMessage(can_close=False)
        self._column = QVBoxLayout()
        text = self.tr("Find plugins in the package index, install one from a file, or put its folder into {}.")
        self.empty = EmptyState("mdi6.puzzle-outline", self.tr("No plugins"), text.format(folder))
        self._is_adding = False
        self._build()

    def show_cards(self, cards: Sequence[PluginCard]) -> None:
        """Show these; a card that is as it was stays, and the keyboard's focus stays where it was."""
        focused, before = self._focused(), self._order
        wanted = {each.id: each for each in cards}
        for key in [key for key in self.views if key not in wanted]:
            self._drop(self.views.pop(key))
        self._order = [each.id for each in cards]
        self._waiting = [each for each in cards if each.id not in self.views or self.views[each.id].card != each]
        self._add_some()
        self.empty.setVisible(not cards)
        if focused is not None and focused[0] not in wanted:
            self._move_focus(before.index(focused[0]), focused[1])

    def say_safe_mode(self) -> None:
        """Say that only the program's own plugins take part."""
        text = self.tr("Safe mode: only plugins that ship with Rank Zero take part.")
        hint = self.tr("Start without --safe-mode to have the others back; nothing of them was changed.")
        self.safe.show_text("warning", text, hint)

    def say_wrong(self, wrong: Sequence[UserError]) -> None:
        """Say which lists are damaged, as long as they are."""
        if wrong:
            text = "\n".join(each.message for each in wrong)
            self.wrong.show_text("warning", text, wrong[0].hint)
        else:
            self.wrong.hide()

    def event(self, event: QEvent) -> bool:
        """Called by Qt: Ctrl+F is this page's own while it has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_find(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        if _is_find(event):
            self.header.find_asked.emit()
        else:
            super().keyPressEvent(event)

    def _lead(self, key: Qt.Key) -> None:
        """Give the keyboard to the card before or after the one that has it, or to the first or last."""
        shown = [each for each in self._order if each in self.views]
        if not shown:
            return
        focused = self._focused()
        here, part = (shown.index(focused[0]), focused[1]) if focused is not None else (-1, _PARTS[0])
        wanted = {Qt.Key.Key_Up: here - 1, Qt.Key.Key_Down: here + 1, Qt.Key.Key_Home: 0}.get(key, len(shown))
        view = self.views[shown[max(0, min(len(shown) - 1, wanted))]]
        part(view).setFocus(Qt.FocusReason.TabFocusReason)
        self._scroll_to(view)

    def _scroll_to(self, view: QWidget) -> None:
        for area in self.findChildren(QScrollArea):
            if area.isAncestorOf(view):
                area.ensureWidgetVisible(view)

    def _build(self) -> None:
        self._column.setSpacing(Space.M)
        for key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End):
            # buttons take arrows for themselves: only a shortcut comes before that
            leads = QShortcut(key, self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
            leads.activated.connect(lambda key=key: self._lead(key))
        parts = (self.header, self.safe, self.wrong, self.strip, self.message, self.done)
        page_column(self, *parts).addLayout(in_margin(self.tr("Plugins"), self._column, self.empty), 1)

    def _add_some(self) -> None:
        """Make cards for a moment, those in view first; the others follow in the loop's next turns."""
        until = time.perf_counter() + _SLICE
        while self._waiting:
            self._add(self._waiting.pop(self._most_wanted()))
            if time.perf_counter() > until:
                break
        if self._waiting and not self._is_adding:
            self._is_adding = True
            spawn(self._add_the_others(), "show the other plugins")

    async def _add_the_others(self) -> None:
        try:
            while self._waiting:
                await asyncio.sleep(0)
                if not isValid(self):
                    return
                self._add_some()
        finally:
            self._is_adding = False

    def _most_wanted(self) -> int:
        """Return the place of the card whose former one is in view, else that of the first."""
        seen = (n for n, each in enumerate(self._waiting) if self._is_seen(self.views.get(each.id)))
        return next(seen, 0)

    def _is_seen(self, view: PluginCardView | None) -> bool:
        return view is not None and not view.visibleRegion().isEmpty()

    def _add(self, card: PluginCard) -> None:
        former = self.views.pop(card.id, None)
        view = PluginCardView(card)
        view.asked.connect(self.asked)
        self.views[card.id] = view
        above = [key for key in self._order[: self._order.index(card.id)] if key in self.views]
        self._column.insertWidget(len(above), view)
        view.follow(self.views[above[-1]].more if above else self.header.more)
        if former is not None:
            focused = next((part for part in _PARTS if part(former).hasFocus()), None)
            if focused is not None:
                view.show()  # what is not shown yet can't have the focus
                focused(view).setFocus()
            self._drop(former)

    def _drop(self, view: PluginCardView) -> None:
        self._column.removeWidget(view)
        view.hide()
        view.deleteLater()

    def _focused(self) -> tuple[str, _Part] | None:
        """Return the card that has the focus, and which of its controls."""
        all_parts = ((key, part) for key in self.views for part in _PARTS)
        return next(((key, part) for key, part in all_parts if part(self.views[key]).hasFocus()), None)

    def _move_focus(self, place: int, part: _Part) -> None:
        """Give the keyboard to the card that took the place of one that went."""
        key = next((each for each in self._order[place:] if each in self.views), "")
        if key:
            self.views[key].show()
            part(self.views[key]).setFocus()
        else:
            self.header.find_button.setFocus()


def _is_find(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Find)
