"""The Settings page: one column of cards; whatever is changed holds at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop_app.ui.settings.appearance import AppearanceSection, NotificationsSection
from desktop_app.ui.settings.languages import LanguageSection
from desktop_app.ui.settings.places import PlacesSection
from desktop_app.ui.settings.toolchains import ToolchainsSection
from desktop_app.ui.shell import Shell
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import label, scrolled

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

_WIDEST = 90  # letters: longer lines are hard to read


class SettingsPage(QWidget):
    """What a person can choose."""

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__()
        self.appearance = AppearanceSection(workbench, shell)
        self.notifications = NotificationsSection(workbench, shell)
        self.languages = LanguageSection(workbench, shell)
        self.toolchains = ToolchainsSection(workbench)
        self.places = PlacesSection(workbench)
        sections = QWidget()
        column = QVBoxLayout(sections)
        column.setContentsMargins(0, 0, Space.M, Space.L)
        column.setSpacing(Space.M)
        for each in (self.appearance, self.notifications, self.languages, self.toolchains, self.places):
            column.addWidget(each)
        column.addStretch()
        sections.setMaximumWidth(max(880, self.fontMetrics().averageCharWidth() * _WIDEST))
        area = scrolled(sections, self.tr("Settings"), has_controls=True)
        area.setAlignment(Qt.AlignmentFlag.AlignLeft)
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Settings"), "title"))
        outer = QVBoxLayout(self)
        outer.setContentsMargins(Space.L + Space.XS, Space.L, Space.S, 0)
        outer.setSpacing(Space.M)
        outer.addLayout(head)
        outer.addWidget(area, 1)
