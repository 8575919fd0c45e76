"""One plugin: how it is and what to do about it, what it adds, where it comes from, its settings and its changes."""

from __future__ import annotations

import asyncio
from functools import partial

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QGuiApplication, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.presenters.plugins import page as told
from desktop_app.presenters.plugins.cards import PluginCard, card
from desktop_app.presenters.plugins.history import lines
from desktop_app.presenters.plugins.ways import Do, Way
from desktop_app.services.plugins import PluginInfo
from desktop_app.services.plugins.installing.models import PluginFacts
from desktop_app.services.settings import Settings
from desktop_app.ui.icons import icon
from desktop_app.ui.models.parts import FactLines, Section
from desktop_app.ui.plugins.card import ROLES, menu_of
from desktop_app.ui.plugins.desk import PluginDesk
from desktop_app.ui.plugins.done_note import DoneNote
from desktop_app.ui.plugins.history_page import HistoryPanel
from desktop_app.ui.plugins.scrolling import in_margin, page_column
from desktop_app.ui.plugins.settings_form import PluginSettingsForm
from desktop_app.ui.plugins.strip import PluginStrip
from desktop_app.ui.runs.words import date_and_time
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space, icon_size, theme_manager
from desktop_app.ui.widgets import (
    ElidedLabel,
    IconLabel,
    InlineMessage,
    button,
    label,
    link_button,
    tool_button,
)
from desktop_app.ui.widgets.layouts import drop_contents

_BUTTONS = 2
"""Ways that are buttons of their own; the others are in the menu."""


class PluginPage(QWidget):
    """`back` when the list is to be seen again; `asked` carries the plugin's id and what to do with it."""

    back = Signal()
    asked = Signal(str, object)

    def __init__(self, desk: PluginDesk, settings: Settings) -> None:
        super().__init__()
        self._desk = desk
        self.id = ""
        self.card: PluginCard | None = None
        self._facts: PluginFacts | None = None
        self._changed: tuple[str, ...] = ()
        self._shown: object = None
        self.message, self.strip = InlineMessage(), PluginStrip(desk.work)
        self.problem = InlineMessage(can_close=False)
        self.done = DoneNote()
        self.title, self.origin = label("", "title", wraps=True), ElidedLabel("", "muted")
        self.back_button = button(self.tr("&Back"), "mdi6.arrow-left", self.back.emit,
                                  tip=self.tr("Back to the list  Esc"))  # fmt: skip
        self._picture = QLabel()
        self.state = IconLabel(role="strong")
        self.buttons = QHBoxLayout()
        self.settings = PluginSettingsForm(desk.host, settings)
        self._above, self._below = QVBoxLayout(), QVBoxLayout()
        self._build()
        desk.changed.connect(self.refresh)
        theme_manager().changed.connect(self._redraw)

    def show_plugin(self, plugin_id: str) -> None:
        """Show a plugin."""
        self.id, self._facts, self._changed, self._shown = plugin_id, None, (), None
        self.message.dismiss()
        self.done.hide()
        self.refresh()

    def refresh(self) -> None:
        """Show the plugin as it is now; back to the list where it is gone."""
        if not self.id:
            return
        info = self._desk.info(self.id)
        if info is None:
            self.id = ""
            if self.isVisible():
                self.back.emit()
            return
        made = card(info, self._desk.installed.get(self.id), self._desk.updates.get(self.id))
        self._show_head(made)
        self._show_body(info)
        if self.isVisible():
            self.settings.show_plugin(self.id)
            spawn(self._learn(self.id), f"look at {self.id}", self.message.show_error)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: what takes time is looked at where somebody sees it."""
        super().showEvent(event)
        self.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc leads back to the list, Del removes."""
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        elif event.key() == Qt.Key.Key_Delete and self.card and any(each.do is Do.REMOVE for each in self.card.ways):
            self.asked.emit(self.id, Do.REMOVE)
        else:
            super().keyPressEvent(event)

    async def _learn(self, plugin_id: str) -> None:
        """Read what the registry knows, and look for files that changed."""
        facts = await asyncio.to_thread(self._desk.manager.facts, plugin_id)
        changed = facts.changed
        if plugin_id in self._desk.installed:
            changed = await self._desk.manager.verify(plugin_id)
        if isValid(self) and self.id == plugin_id and (facts, changed) != (self._facts, self._changed):
            self._facts, self._changed = facts, changed
            info = self._desk.info(plugin_id)
            if info is not None:
                self._show_body(info)

    def _show_head(self, made: PluginCard) -> None:
        if made == self.card:
            return
        self.card = made
        self.setAccessibleName(f"{made.name}, {made.word}")
        self.title.setText(made.name)
        self.origin.setText(made.origin)
        self.state.set_icon(icon(made.word_icon, made.tone))
        self.state.set_text(made.word)
        self.state.label.setProperty("strong", True)
        self.state.label.setProperty("role", ROLES.get(made.tone, "muted"))
        self.state.label.style().unpolish(self.state.label)
        self.state.label.style().polish(self.state.label)
        self._show_problem(made)
        self._show_buttons(made)
        self._redraw()

    def _show_problem(self, made: PluginCard) -> None:
        tone = {"failed": "error", "canceled": "warning"}.get(made.tone, "info")
        if made.reason:
            self.problem.show_text(tone, made.reason, "", made.details)
        elif made.details:  # it works: of its translations one can't be used
            self.problem.show_text("info", made.details)
        else:
            self.problem.hide()

    def _show_buttons(self, made: PluginCard) -> None:
        had = any(each.hasFocus() for each in self.findChildren(QWidget) if each.parent() is self)
        drop_contents(self.buttons)
        ways = [each for each in made.ways if each.do is not Do.OPEN]
        before: QWidget = self.back_button
        for index, each in enumerate(ways[:_BUTTONS]):
            made_button = button(each.word, each.icon, partial(self._ask, each.do))
            self.buttons.addWidget(made_button)
            QWidget.setTabOrder(before, made_button)
            before = made_button
            if had and not index:
                made_button.setFocus()
        if len(ways) > _BUTTONS:
            more = tool_button("mdi6.dots-horizontal", self.tr("More for {}").format(made.name))
            more.clicked.connect(lambda _checked=False: self._open_menu(more, tuple(ways[_BUTTONS:])))
            self.buttons.addWidget(more)
            QWidget.setTabOrder(before, more)

    def _ask(self, do: Do) -> None:
        self.asked.emit(self.id, do)

    def _open_menu(self, anchor: QWidget, ways: tuple[Way, ...]) -> None:
        menu = menu_of(self, ways, self._ask)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(anchor.mapToGlobal(anchor.rect().bottomLeft()))

    def _show_body(self, info: PluginInfo) -> None:
        changes = lines(self._desk.history, self.id)
        shown = (info, self._facts, self._changed, tuple(changes))
        if shown == self._shown:
            return
        self._shown = shown
        about = told.about(info, self._facts, date_and_time)
        drop_contents(self._above)
        drop_contents(self._below)
        if info.summary:
            self._above.addWidget(label(info.summary, wraps=True, selectable=True))
        if self._changed:
            self._above.addWidget(self._changed_files())
        if about.adds:
            self._above.addWidget(Section(self.tr("What it adds"), FactLines(about.adds)))
        self._below.addWidget(self._about(info, about))
        if changes:
            panel = HistoryPanel()
            panel.undo_asked.connect(self._desk.undo)
            panel.show_lines(changes)
            self._below.addWidget(label(self.tr("Its changes"), "heading"))
            self._below.addWidget(panel)

    def _about(self, info: PluginInfo, about: told.PluginAbout) -> QWidget:
        section = Section(self.tr("About it"), FactLines(about.facts))
        address = told.homepage(info)
        if address:
            row = QHBoxLayout()
            link = link_button(address, lambda: QDesktopServices.openUrl(QUrl(address)))
            link.setToolTip(self.tr("Open in the browser"))
            row.addWidget(link)
            row.addStretch()
            section.body.addLayout(row)
        if about.trust:
            section.body.addWidget(label(about.trust, "small", wraps=True, selectable=True))
        return section

    def _changed_files(self) -> QWidget:
        section = Section(self.tr("Files that changed since it was installed"))
        said = self.tr("Somebody or something edited them. Reinstalling puts back what was installed.")
        section.body.addWidget(label(said, "warning", wraps=True))
        section.body.addWidget(label("\n".join(self._changed), "plain", wraps=True, selectable=True))
        row = QHBoxLayout()
        copy = button(self.tr("Copy the list"), "mdi6.content-copy",
                      lambda: QGuiApplication.clipboard().setText("\n".join(self._changed)))  # fmt: skip
        row.addWidget(copy)
        row.addStretch()
        section.body.addLayout(row)
        return section

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self.back_button)
        head.addWidget(self._picture)
        head.addWidget(self.title)
        head.addWidget(self.origin, 1)
        head.addWidget(self.state)
        self.buttons.setSpacing(Space.S)
        head.addLayout(self.buttons)
        for each in (self._above, self._below):
            each.setSpacing(Space.M)
        above = (head, self.strip, self.message, self.done, self.problem)
        scrolling = in_margin(self.tr("The plugin"), self._above, self.settings, self._below)
        page_column(self, *above).addLayout(scrolling, 1)

    def _redraw(self) -> None:
        if self.card is not None:
            picture = icon(self.card.icon, "failed" if self.card.tone == "failed" else "accent")
            self._picture.setPixmap(picture.pixmap(icon_size() * 1.5, self.devicePixelRatioF()))
