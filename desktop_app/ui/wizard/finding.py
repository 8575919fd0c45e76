"""Which wizards there are to choose from: those known at once, and what plugins say when they are asked now."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QStackedWidget
from shiboken6 import isValid

from desktop_app.api import JobWizard
from desktop_app.presenters.wizard import WizardCard, has_draft
from desktop_app.services.drafts import Drafts
from desktop_app.services.plugins import PluginInfo
from desktop_app.services.wizards import Known, Wizards
from desktop_app.ui.tasks import spawn
from desktop_app.ui.wizard.chooser import Chooser


class FoundWizards(QObject):
    """The wizards by their keys. `came`: they were asked for in a thread, and `others` says whether anything is new."""

    came = Signal(bool)

    def __init__(self, wizards: Wizards, parent: QObject) -> None:
        super().__init__(parent)
        self._wizards = wizards
        self.by_key = _by_key(wizards.known)
        self.is_looking = wizards.take_long

    def look(self) -> None:
        """Ask the plugins that have processes of their own, in a thread."""
        if self.is_looking:
            spawn(self._look(), "look for wizards")

    def chooser(self, drafts: Drafts, folder: Path) -> Chooser:
        """Return a card for each."""
        cards = [
            WizardCard(key, wizard.title, wizard.summary, wizard.icon, info.name, wizard.tags, info.summary)
            for key, (info, wizard) in self.by_key.items()
        ]
        return Chooser(cards, [each for each in self.by_key if has_draft(drafts, folder, each)])

    async def _look(self) -> None:
        known = await asyncio.to_thread(self._wizards.look)
        if isValid(self):
            before, self.by_key, self.is_looking = self.by_key, _by_key(known), False
            self.came.emit(_words(before) != _words(self.by_key))


def replace_chooser(stack: QStackedWidget, old: Chooser, new: Chooser) -> None:
    """Put other cards in the place of some; what was typed to find one stays, and so does the keyboard."""
    is_shown, typed, types = stack.currentWidget() is old, old.search.text(), old.search.hasFocus()
    key = next((each.card.key for each in old.buttons if each.hasFocus()), "")
    stack.addWidget(new)
    new.search.setText(typed)
    if is_shown:
        stack.setCurrentWidget(new)
        same = next((each for each in new.shown if each.card.key == key), None)
        if types:
            new.search.setFocus()
        elif same is not None:
            same.setFocus()
        else:
            new.focus_first()
    stack.removeWidget(old)
    old.hide()
    old.deleteLater()


def _by_key(known: Known) -> dict[str, tuple[PluginInfo, JobWizard]]:
    return {f"{info.id}/{each.name}": (info, each) for info, each in known}


def _words(wizards: dict[str, tuple[PluginInfo, JobWizard]]) -> list[tuple[str, ...]]:
    """Return what the cards say."""
    return [
        (key, info.name, info.summary, each.title, each.summary, each.icon, *each.tags)
        for key, (info, each) in wizards.items()
    ]
