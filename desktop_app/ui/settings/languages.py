"""Settings: the language that plugins' texts are shown in."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QComboBox, QHBoxLayout
from shiboken6 import isValid

from desktop_app.api import UserError
from desktop_app.services.plugins import PluginState
from desktop_app.services.plugins.translating import LANGUAGE, language_of_system, languages_of
from desktop_app.ui.shell import Shell
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, label
from desktop_app.ui.widgets.calm_wheel import calm_wheel

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench


class LanguageSection(Card):
    """The system's language, English, or one that a plugin is translated into; takes effect at once."""

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__()
        self._settings, self._plugins, self._shell = workbench.settings, workbench.plugins, shell
        self._known: tuple[str, ...] = ()
        self._asked = 0
        said = self.tr("Rank Zero itself speaks English for now; plugins that are translated speak yours.")
        title = label(self.tr("Lan&guage of plugins"), "heading")
        self.box = QComboBox()
        self.box.setAccessibleName(self.tr("Language of plugins"))
        self.box.setAccessibleDescription(said)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        calm_wheel(self.box)
        title.setBuddy(self.box)
        row = QHBoxLayout()
        row.setSpacing(Space.M)
        row.addWidget(self.box)
        row.addWidget(label(said, "muted", wraps=True), 1)
        self.body.addWidget(title)
        self.body.addLayout(row)
        self.box.activated.connect(self._choose)
        for signal in (self._settings.changed, self._plugins.changed):
            self.destroyed.connect(signal.connect(self._look))
        self._show()
        self._look()

    def _look(self, key: str = "") -> None:
        """Show the choice at once, and a moment later the languages of the plugins that are there now."""
        self._show()
        if key in ("", LANGUAGE):
            on = (each for each in self._plugins.plugins if each.state is PluginState.OK)
            folders = [each.folder for each in on if each.folder is not None]
            self._asked += 1
            spawn(self._find(folders, self._asked), "look for languages of plugins")

    async def _find(self, folders: list[Path], number: int) -> None:
        found = await asyncio.to_thread(languages_of, folders)
        if isValid(self) and number == self._asked and found != self._known:
            self._known = found
            self._show()

    def _show(self) -> None:
        chosen = self._settings.get(LANGUAGE)
        chosen = chosen if isinstance(chosen, str) else ""
        system = language_of_system() or "en"
        names = ["", *dict.fromkeys(["en", *self._known, *([chosen] if chosen else [])])]
        texts = [self.tr("The system's ({})").format(_name(system)), *map(_name, names[1:])]
        if texts != [self.box.itemText(index) for index in range(self.box.count())]:
            self.box.clear()
            for text, name in zip(texts, names, strict=True):
                self.box.addItem(text, name)
        self.box.setCurrentIndex(names.index(chosen))

    def _choose(self, index: int) -> None:
        saving = asyncio.to_thread(self._settings.set, LANGUAGE, self.box.itemData(index) or None)
        spawn(saving, "save the language", self._refused)

    def _refused(self, error: UserError) -> None:
        self._shell.say(error)
        self._show()


def _name(language: str) -> str:
    """Return a language as its speakers call it, with the country where one is told; its code where Qt has none."""
    if language == "en":
        return "English"  # Qt's would be American
    locale = QLocale(language.replace("-", "_"))
    if locale.language() == QLocale.Language.C:
        return language
    name = locale.nativeLanguageName()
    has_country = "-" in language and name == QLocale(language.partition("-")[0]).nativeLanguageName()
    return f"{name[:1].upper()}{name[1:]}" + (f" ({locale.nativeTerritoryName()})" if has_country else "")
