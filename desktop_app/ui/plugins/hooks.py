"""Ties plugins to the window's frame: actions, the badge, what is dropped, and work that goes on unseen."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from desktop_app.api import UserError
from desktop_app.ui.plugins.desk import PluginDesk
from desktop_app.ui.plugins.dropping import PluginDrop

if TYPE_CHECKING:
    from desktop_app.services.plugins.installing.models import Plan
    from desktop_app.services.workbench import Workbench
    from desktop_app.ui.main_window import MainWindow
    from desktop_app.ui.plugins.page import PluginsPage


_WATCH_MS = 4000
"""How often the list of plugins is looked at while the page is seen: verbs and other windows change it, too."""


class PluginHooks(QObject):
    """One window's part of plugins."""

    def __init__(self, window: MainWindow, workbench: Workbench) -> None:
        super().__init__(window)
        self._window, self._workbench = window, workbench
        self.desk = PluginDesk(workbench, self)
        self._drop = PluginDrop(window, self.take)
        self._was_away = False
        self._add_actions()
        self.desk.changed.connect(self._show_badge)
        self.desk.planned.connect(self._come_forward)
        self.desk.failed.connect(self._tell_failure)
        self.desk.done.connect(self._tell_done)
        self._show_badge()
        self._slow = QTimer(self, interval=_WATCH_MS)
        self._slow.timeout.connect(self._watch)
        self._slow.start()
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for what happens to the window: once it is in front again, things may have changed."""
        if watched is self._window and event.type() == QEvent.Type.WindowDeactivate:
            self._was_away = True
        elif watched is self._window and event.type() == QEvent.Type.WindowActivate and self._was_away:
            self.desk.look_outside()
        return super().eventFilter(watched, event)

    def page(self) -> QWidget:
        """Make the Plugins page."""
        from desktop_app.ui.plugins.page import PluginsPage

        return PluginsPage(self._workbench, self._window, self.desk)

    def take(self, path: Path) -> None:
        """Take a wheel, a plugin's folder or a folder of wheels."""
        self._with_page(lambda page: page.take(path))

    def show_plugin(self, plugin_id: str) -> None:
        """Show one plugin."""
        self._with_page(lambda page: page.show_plugin(plugin_id))

    def close(self) -> None:
        """Follow no more."""
        self._drop.stop()
        self._slow.stop()
        self._window.removeEventFilter(self)
        self.desk.close()

    def _add_actions(self) -> None:
        def add(name: str, text: str, call: Callable[[PluginsPage], object], icon: str) -> None:
            self._window.add_action(
                f"plugins.{name}", text, "", lambda: self._with_page(call), icon=f"mdi6.{icon}", menu="plugins"
            )

        add("find", self.tr("&Find plugins…"), lambda page: page.show_finder(), "magnify")
        add("file", self.tr("&Install a plugin from a file…"), lambda page: page.ask_file(), "file-plus-outline")
        add(
            "folder", self.tr("Install a plugin from a f&older…"), lambda page: page.ask_folder(), "folder-plus-outline"
        )
        add("wheelhouse", self.tr("Install plugins from a folder of &wheels…"), lambda page: page.ask_wheelhouse(),
            "folder-zip-outline")  # fmt: skip
        add("look", self.tr("&Look for updates of plugins"), lambda page: page.desk.look_for_updates(),
            "cloud-search-outline")  # fmt: skip
        add("update", self.tr("&Update all plugins…"), lambda page: page.desk.update(), "update")
        add("history", self.tr("&History of plugins"), lambda page: page.show_history(), "history")
        add("undo", self.tr("Undo the last &change of plugins"), lambda page: page.desk.undo(), "undo")
        add("again", self.tr("&Read all plugins anew"), lambda page: page.desk.look_again(), "refresh")

    def _with_page(self, call: Callable[[PluginsPage], object]) -> None:
        self._window.show_page("plugins")
        page = self._window.pages.page("plugins")
        if hasattr(page, "desk"):
            call(cast("PluginsPage", page))

    def _show_badge(self) -> None:
        self._window.navigation.set_count("plugins", self.desk.badge)

    def _watch(self) -> None:
        if self._is_seen():
            self.desk.watch()

    def _is_seen(self) -> bool:
        page = self._window.pages.made("plugins")
        return page is not None and page.isVisible()

    def _come_forward(self, _plan: Plan) -> None:
        """What is to be decided is a plugin's affair, and seen where plugins are."""
        if not self._is_seen():
            self._window.show_page("plugins")

    def _tell_failure(self, error: UserError) -> None:
        if not self._is_seen():
            self._window.say(error)

    def _tell_done(self, text: str, _number: int) -> None:
        if not self._is_seen():
            self._window.message.show_passing(text)
