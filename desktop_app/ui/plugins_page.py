"""The Plugins page: a card for each plugin, with what it adds, how it is, and why it is off."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from html import escape
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.presenters.plugins import PluginCard, cards, headline, look_again, switch
from desktop_app.ui.icons import icon
from desktop_app.ui.shell import Shell
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space, icon_size, mono_font, theme_manager
from desktop_app.ui.widgets import Card, EmptyState, IconLabel, button, label, scrolled
from desktop_app.ui.widgets.layouts import drop_contents

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench


class PluginsPage(QWidget):
    """All plugins; switching one on or off takes effect at once."""

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__()
        self._plugins = workbench.plugins
        self._shell = shell
        self._places = workbench.places
        self._cards: dict[str, PluginCardView] = {}
        self._underway = ""
        self._headline = label(role="muted")
        self._list = QWidget()
        self._column = QVBoxLayout(self._list)
        self._build()
        disconnect = self._plugins.changed.connect(self.refresh)
        self.destroyed.connect(disconnect)
        self.refresh()

    def refresh(self) -> None:
        """Show the plugins as they are now; the keyboard's focus stays where it was."""
        focused = next((key for key, view in self._cards.items() if view.action.hasFocus()), "")
        drop_contents(self._column)
        shown = cards(self._plugins.plugins)
        self._cards = {each.id: PluginCardView(each, self._switch) for each in shown}
        for view in self._cards.values():
            self._column.insertWidget(self._column.count() - 1, view)
            view.show()  # what is not shown yet can't have the focus
        if not shown:
            text = self.tr("Put a plugin's folder into {} and start again.").format(self._places.plugins)
            self._column.insertWidget(0, EmptyState("mdi6.puzzle-outline", self.tr("No plugins"), text))
        self._headline.setText(self._underway or headline(self._plugins.plugins))
        if focused in self._cards:
            self._cards[focused].action.setFocus()

    def _build(self) -> None:
        self._column.setContentsMargins(0, 0, 0, Space.L)
        self._column.setSpacing(Space.M)
        self._column.addStretch()
        head = QHBoxLayout()
        head.setSpacing(Space.M)
        head.addWidget(label(self.tr("Plugins"), "title"))
        head.addWidget(self._headline)
        head.addStretch()
        tip = self.tr("Read all plugins anew, also those put into the folder meanwhile")
        head.addWidget(button(self.tr("Look again"), "mdi6.refresh", self._look_again, tip=tip))
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L + Space.XS, Space.L, Space.L + Space.XS, 0)
        column.setSpacing(Space.M)
        column.addLayout(head)
        column.addWidget(scrolled(self._list, self.tr("Plugins"), has_controls=True), 1)

    def _look_again(self) -> None:
        self._change(self.tr("Looking for plugins …"), partial(look_again, self._plugins))

    def _switch(self, card: PluginCard) -> None:
        self._change(f"{card.underway} …", partial(switch, self._plugins, card))

    def _change(self, what: str, change: Callable[[], None]) -> None:
        """Do it in a thread: it saves settings, which may have to wait, and imports plugins, which may take long."""
        self._underway = what
        self._headline.setText(what)
        spawn(self._changed(change), what, self._shell.say)

    async def _changed(self, change: Callable[[], None]) -> None:
        try:
            await asyncio.to_thread(change)
        finally:
            self._underway = ""
            if isValid(self):
                self.refresh()


class PluginCardView(Card):
    """One plugin."""

    def __init__(self, card: PluginCard, switch: Callable[[PluginCard], object]) -> None:
        super().__init__(margin=Space.M)
        self._card = card
        self._picture = QLabel()
        self._details = QPlainTextEdit(card.details, readOnly=True)
        self.action = button(card.button, on_click=lambda: switch(card))
        self._trace_box = QWidget()
        self.reason = QLabel(self, wordWrap=True, textFormat=Qt.TextFormat.RichText)
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction)
        self.reason.linkActivated.connect(lambda _link: self.toggle_details())
        self._trace_box.hide()
        self._build()
        theme_manager().changed.connect(self._redraw)
        self._redraw()

    def _build(self) -> None:
        card = self._card
        self.setAccessibleName(f"{card.name}, {card.word}")
        self.action.setAccessibleName(f"{card.button} {card.name}")
        if not card.button:
            self.action.hide()  # never shown here: it has no parent yet, and would be a window for a moment
        self._align_action()
        state = IconLabel(icon(card.word_icon, card.tone), card.word, "strong")
        state.label.setProperty("strong", True)
        state.label.setProperty("role", {"completed": "success", "failed": "error", "canceled": "warning"}.get(
            card.tone, "muted"))  # fmt: skip
        grid = QGridLayout()
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(Space.XS)
        grid.addWidget(self._picture, 0, 0, Qt.AlignmentFlag.AlignCenter)
        grid.addLayout(self._texts(), 0, 1)
        grid.addWidget(state, 0, 2)
        grid.addWidget(self.action, 0, 3)
        grid.addWidget(self._trace(), 1, 1, 1, 3)
        grid.setColumnMinimumWidth(0, icon_size().width() * 3 // 2 + Space.L)
        grid.setColumnStretch(1, 1)
        self.body.addLayout(grid)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt, among others when the font changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "action"):
            self._align_action()

    def _align_action(self) -> None:
        """Make the buttons of all cards equally wide, so that the states stand in one column."""
        self.action.setMinimumWidth(self.fontMetrics().horizontalAdvance(self.tr("Try again")) + 2 * Space.L)

    def _texts(self) -> QVBoxLayout:
        card = self._card
        first = QHBoxLayout()
        first.setSpacing(Space.S)
        first.addWidget(label(card.name, "strong"))
        first.addWidget(label(card.origin, "muted"))
        first.addStretch()
        column = QVBoxLayout()
        column.setSpacing(3)
        column.addLayout(first)
        if card.summary:
            column.addWidget(label(card.summary, wraps=True))
        if card.contributes:
            column.addWidget(label(card.contributes, "small", wraps=True))
        column.addWidget(self.reason)
        self.reason.setVisible(bool(card.reason))
        self._show_reason()
        return column

    def _show_reason(self) -> None:
        card = self._card
        fold = self.tr("Details") if self._trace_box.isHidden() else self.tr("Hide details")
        link = f' <a href="details">{fold}</a>' if card.details else ""
        self.reason.setText(f"{escape(card.reason)}{link}")
        self.reason.setProperty("role", {"failed": "error", "canceled": "warning"}.get(card.tone, "muted"))
        self.reason.setAccessibleName(f"{card.name}: {card.reason}")

    def _trace(self) -> QWidget:
        self._details.setFont(mono_font())
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._details.setAccessibleName(self.tr("Details of {}").format(self._card.name))
        self._details.setFixedHeight(self._details.fontMetrics().lineSpacing() * 10)
        column = QVBoxLayout(self._trace_box)
        column.setContentsMargins(0, Space.XS, 0, 0)
        column.addWidget(self._details)
        row = QHBoxLayout()
        row.addWidget(button(self.tr("Copy"), "mdi6.content-copy", self._copy))
        row.addStretch()
        column.addLayout(row)
        return self._trace_box

    def toggle_details(self) -> None:
        """Fold the traceback out, or away."""
        shown = self._trace_box.isHidden()
        self._trace_box.setVisible(shown)
        self._show_reason()

    def _copy(self) -> None:
        card = self._card
        QGuiApplication.clipboard().setText(f"{card.name} ({card.id}) {card.origin}\n{card.reason}\n\n{card.details}")

    def _redraw(self) -> None:
        role = "failed" if self._card.tone == "failed" else "accent" if self._card.word == "On" else "muted"
        picture = icon(self._card.icon, role)
        self._picture.setPixmap(picture.pixmap(icon_size() * 1.5, self.devicePixelRatioF()))
