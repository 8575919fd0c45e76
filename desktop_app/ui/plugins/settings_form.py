"""A plugin's own settings on its page: its form, which saves what may be saved at once, and the way back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import UserError, Value
from desktop_app.presenters.plugins.own_settings import HELP, OwnSettings
from desktop_app.services.plugins import PluginHost, PluginState
from desktop_app.services.plugins.plugin_settings import (
    PREFIX,
    choose_settings,
    reset_settings,
    restore_settings,
    settings_of,
)
from desktop_app.services.settings import Settings
from desktop_app.ui.models.parts import Section
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import InlineMessage, button, label
from desktop_app.ui.wizard.form import FormView


class PluginSettingsForm(QWidget):
    """Hidden for a plugin that has no settings. `saved` carries the plugin's id each time that something was."""

    saved = Signal(str)

    def __init__(self, host: PluginHost, settings: Settings) -> None:
        super().__init__()
        self._host, self._settings = host, settings
        self.id = ""
        self._own: OwnSettings | None = None
        self._is_saving = False
        self.form = FormView(Path.home())
        self.note, self.message = label("", "small", wraps=True), InlineMessage()
        self.reset_button = button(self.tr("Back to the &defaults"), "mdi6.restore", self.reset)
        self._build()
        self.form.answered.connect(self._take)
        self.destroyed.connect(settings.changed.connect(self._look))
        self.hide()

    def show_plugin(self, plugin_id: str) -> None:
        """Show a plugin's settings; its form comes a moment later, for its process may have to start."""
        if plugin_id != self.id:
            self.hide()
            self.form.forget()
            self._own = None
            self.message.dismiss()
        self.id = plugin_id
        info = next((each for each in self._host.plugins if each.id == plugin_id), None)
        if info is None or info.state is not PluginState.OK:
            self.hide()
            return
        spawn(self._ask(plugin_id), f"ask {plugin_id} for its settings", lambda _error: self.hide())

    def reset(self) -> None:
        """Take every default again; it can be undone."""
        if self._own is not None:
            self._own.forget()
            spawn(self._reset(self.id, self._own), "take the defaults", self._refuse)

    async def _ask(self, plugin_id: str) -> None:
        await asyncio.to_thread(self._settings.reload)  # a verb, or another window, may have set something
        form = await asyncio.to_thread(self._host.settings_form, plugin_id)
        if not isValid(self) or plugin_id != self.id:
            return
        now = settings_of(form, self._settings, plugin_id)
        if self._own is None:
            self._own = OwnSettings(now)
        if form != self._own.form:
            self.form.forget()  # another language, or another version of the plugin
        self._own.take(now)
        self._show()
        self.setVisible(bool(form.fields))

    def _take(self, name: str, value: Value) -> None:
        if self._own is None:
            return
        self._own.answer(name, value)
        self._show()
        if self._own.waiting and not self._is_saving:
            self._is_saving = True
            task = spawn(self._save(self.id, self._own), "save a plugin's settings", self._refuse)
            task.add_done_callback(partial(self._end_saving, self.id, self._own))

    async def _save(self, plugin_id: str, own: OwnSettings) -> None:
        """Save what waits until nothing does; what is typed meanwhile goes along with the next."""
        while own.waiting:
            changes = dict(own.waiting)
            try:
                await asyncio.to_thread(choose_settings, own.form, self._settings, plugin_id, changes)
            except UserError:
                own.forget()
                raise
            own.take_saved(changes)
        if isValid(self):
            self._tell_saved(plugin_id)

    def _end_saving(self, plugin_id: str, own: OwnSettings, task: asyncio.Task[None]) -> None:
        self._is_saving = False
        if task.cancelled() and own.waiting:  # the window closes
            with contextlib.suppress(UserError):
                choose_settings(own.form, self._settings, plugin_id, own.waiting)

    async def _reset(self, plugin_id: str, own: OwnSettings) -> None:
        before = await asyncio.to_thread(reset_settings, own.form, self._settings, plugin_id)
        if not isValid(self):
            return
        if plugin_id == self.id:
            self.message.clear_buttons()
            self.message.show_text("info", self.tr("All defaults hold again."))
            self.message.add_button(button(self.tr("&Undo"), "mdi6.undo", lambda: self._restore(plugin_id, before)))
        self._tell_saved(plugin_id)

    def _restore(self, plugin_id: str, before: Mapping[str, Value]) -> None:
        self.message.dismiss()
        restoring = asyncio.to_thread(restore_settings, self._settings, plugin_id, before)
        spawn(restoring, "take back the settings", self._refuse)

    def _tell_saved(self, plugin_id: str) -> None:
        self._look(f"{PREFIX}{plugin_id}")
        self.saved.emit(plugin_id)

    def _look(self, key: str) -> None:
        """Show what is saved now, by whomever."""
        if self._own is not None and key == f"{PREFIX}{self.id}":
            self._own.take(settings_of(self._own.form, self._settings, self.id))
            self._show()

    def _refuse(self, error: UserError) -> None:
        if isValid(self):
            self._look(f"{PREFIX}{self.id}")
            self.message.show_error(error)

    def _show(self) -> None:
        if self._own is None:
            return
        self.form.update_form(self._own.form, self._own.value, self._own.notes)
        self.reset_button.setEnabled(self._own.can_reset)
        self.note.setText(self._own.said)
        self.note.setVisible(bool(self._own.said))

    def _build(self) -> None:
        foot = QHBoxLayout()
        foot.setSpacing(Space.M)
        foot.addWidget(label(HELP, "small", wraps=True), 1)
        foot.addWidget(self.reset_button)
        section = Section(self.tr("Settings"), self.message, self.form, self.note)
        section.body.addLayout(foot)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(section)
