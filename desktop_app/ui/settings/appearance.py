"""Settings: light or dark, and notifications."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QButtonGroup, QCheckBox, QHBoxLayout, QRadioButton

from desktop_app.api import UserError
from desktop_app.ui.shell import Shell
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import MODES, Space, theme_manager
from desktop_app.ui.widgets import Card, label

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench


class AppearanceSection(Card):
    """Follow the desktop, light, or dark; takes effect at once."""

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__()
        self._settings = workbench.settings
        self._shell = shell
        words = {"system": self.tr("Follow the &desktop"), "light": self.tr("&Light"), "dark": self.tr("Dar&k")}
        self.choices = {mode: QRadioButton(words[mode]) for mode in MODES}
        self._group = QButtonGroup(self)
        row = QHBoxLayout()
        row.setSpacing(Space.XL)
        for mode, choice in self.choices.items():
            choice.setAccessibleName(words[mode].replace("&", ""))
            self._group.addButton(choice)
            choice.clicked.connect(lambda _checked=False, mode=mode: self._choose(mode))
            row.addWidget(choice)
        row.addStretch()
        self.body.addWidget(label(self.tr("Appearance"), "heading"))
        self.body.addLayout(row)
        theme_manager().changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self.choices[theme_manager().mode].setChecked(True)

    def _choose(self, mode: str) -> None:
        theme_manager().set_mode(mode)
        saving = asyncio.to_thread(self._settings.set, "appearance.theme", mode)
        spawn(saving, "save the appearance", self._shell.say)


class NotificationsSection(Card):
    """Whether a run that ends, or falls silent, while the window is not in front is announced."""

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__()
        self._settings = workbench.settings
        self._shell = shell
        self.box = QCheckBox(self.tr("Tell me when a &run ends while this window is not in front"))
        self.box.setAccessibleName(self.box.text().replace("&", ""))
        self.stalls = QCheckBox(self.tr("… and when one &stalls"))
        self.stalls.setToolTip(self.tr("No log and no metric for five times its longest usual gap, a minute at least"))
        self.stalls.setAccessibleName(self.tr("Tell me when a run stalls"))
        self.body.addWidget(label(self.tr("Notifications"), "heading"))
        self.body.addWidget(self.box)
        self.body.addWidget(self.stalls)
        self.box.clicked.connect(self._choose)
        self.stalls.clicked.connect(self._choose_stalls)
        disconnect = self._settings.changed.connect(lambda _key: self._show())
        self.destroyed.connect(disconnect)
        self._show()

    def _show(self) -> None:
        self.box.setChecked(self._settings.get("notifications.runs", True) is not False)
        self.stalls.setChecked(self._settings.get("notifications.stalls", True) is not False)
        self.stalls.setEnabled(self.box.isChecked())

    def _choose(self, on: bool) -> None:
        self._save("notifications.runs", on=on)

    def _choose_stalls(self, on: bool) -> None:
        self._save("notifications.stalls", on=on)

    def _save(self, key: str, *, on: bool) -> None:
        saving = asyncio.to_thread(self._settings.set, key, on)
        spawn(saving, "save what is announced", self._refused)

    def _refused(self, error: UserError) -> None:
        self._shell.say(error)
        self._show()
