"""Ties the window's frame to the services: counts, notices, the toolchain in the status bar, how pages are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QWidget

from desktop_app.presenters.settings import toolchain_summary
from desktop_app.presenters.shell import RunCounts, RunWatch, fault_message, stall_notice
from desktop_app.ui.clouds.hooks import CloudHooks
from desktop_app.ui.frame.notifier import Notifier
from desktop_app.ui.models.hooks import ModelHooks
from desktop_app.ui.plugins.hooks import PluginHooks
from desktop_app.ui.runs.bundles import BundleHooks
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import MODES, theme_manager

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench
    from desktop_app.ui.main_window import MainWindow


class Session:
    """One window at work on one workbench."""

    def __init__(self, window: MainWindow, workbench: Workbench) -> None:
        self.window = window
        self.workbench = workbench
        self._watch = RunWatch()
        self._counts: RunCounts | None = None
        self._notifier = Notifier(window, window.show_run)
        self._undo: list[Callable[[], None]] = [
            workbench.store.changed.connect(self.show_runs),
            workbench.settings.changed.connect(self._setting_changed),
            workbench.plugins.changed.connect(self.show_toolchains),
            workbench.monitor.faulted.connect(lambda _name: self.show_faults()),
            workbench.stalls.stalled.connect(self._say_stalled),
        ]
        self.clouds = CloudHooks(window, workbench)
        self.models = ModelHooks(window, workbench)
        self.plugins = PluginHooks(window, workbench)
        self.bundles = BundleHooks(window, workbench, self.models.take)
        for notice in workbench.settings.notices:
            window.say(notice)
        window.status_row.set_notifications(on=self.notifications_on)
        window.status_row.set_safe_mode(on=workbench.plugins.safe_mode)
        self.show_theme()
        window.status_row.faults_asked.connect(self.say_faults)
        self._undo += [self._ask_no_more, self.clouds.close, self.models.close, self.plugins.close, self.bundles.close]
        self.show_runs()
        self.show_faults()
        self.show_toolchains()

    def factories(self) -> Mapping[str, Callable[[], QWidget]]:
        """Return how each page is made; a page's module is imported when the page is first shown."""
        return {
            "files": self._files, "runs": self._runs, "models": self.models.page, "cloud": self.clouds.page,
            "plugins": self.plugins.page, "settings": self._settings,
        }  # fmt: skip

    def notify(self, title: str, text: str, handle: str = "") -> None:
        """Show a notification, unless they are switched off."""
        if self.notifications_on:
            self._notifier.notify(title, text, handle)

    def _say_stalled(self, handle: str) -> None:
        """Tell of a run that fell silent, once for each time; switched off with all others, or by itself."""
        run = self.workbench.store.get(handle)
        if run is not None and self.workbench.settings.get("notifications.stalls", True) is not False:
            notice = stall_notice(run, self.workbench.stalls)
            self.notify(notice.title, notice.text, notice.handle)

    @property
    def notifications_on(self) -> bool:
        """Whether a run that ends is announced."""
        return self.workbench.settings.get("notifications.runs", True) is not False

    def show_theme(self) -> None:
        """Look as the settings say; the window's state keeps a copy, which the next start paints by."""
        mode = str(self.workbench.settings.get("appearance.theme", "system"))
        if theme_manager().mode != mode:
            theme_manager().set_mode(mode)
        self.window.state.set("theme", mode)
        for each in MODES:
            self.window.actions_by_name[f"view.theme.{each}"].setChecked(each == mode)

    def show_runs(self, changed: Iterable[str] | None = None) -> None:
        """Show how many runs there are, and tell of those that have ended; all were looked at once before."""
        notices = self._watch.look(self.workbench.store.runs, changed)
        counts = self._watch.counts
        if counts != self._counts:  # live runs change several times a second, these rarely
            self._counts = counts
            self.window.navigation.set_count("runs", counts.live)
            self.window.status_row.set_runs(counts.text, is_live=counts.running > 0)
        for notice in notices:
            self.notify(notice.title, notice.text, notice.handle)

    def show_faults(self) -> None:
        """Show in the status bar which backends can't be asked."""
        backends = self.workbench.backends
        self.window.status_row.set_faults([backends[each].title for each in self.workbench.monitor.faults])

    def say_faults(self) -> None:
        """Say why a backend can't be asked, with the traceback to copy where that is a bug."""
        for name, fault in self.workbench.monitor.faults.items():
            self.window.say(fault_message(self.workbench.backends[name].title, fault))

    def _ask_no_more(self) -> None:
        self.window.status_row.faults_asked.disconnect(self.say_faults)

    def show_toolchains(self) -> None:
        """Show in the status bar which toolchain there is."""
        spawn(self._show_toolchains(), "toolchains in the status bar")

    def close(self) -> None:
        """Listen to the services no longer."""
        self._notifier.close()
        for each in self._undo:
            each()
        self._undo.clear()

    async def _show_toolchains(self) -> None:
        import asyncio

        found = await asyncio.to_thread(self.workbench.toolchains.list)
        self.window.status_row.set_toolchain(toolchain_summary(found))

    def _setting_changed(self, key: str) -> None:
        if key == "notifications.runs":
            self.window.status_row.set_notifications(on=self.notifications_on)
        if key == "appearance.theme":
            self.show_theme()

    def _files(self) -> QWidget:
        from desktop_app.ui.files.page import FilesPage

        page = FilesPage(self.workbench, self.window)
        self.clouds.tell_files(page)
        return page

    def _runs(self) -> QWidget:
        from desktop_app.ui.runs.page import RunsPage

        return RunsPage(self.workbench, self.window)

    def _settings(self) -> QWidget:
        from desktop_app.ui.settings_page import SettingsPage

        return SettingsPage(self.workbench, self.window)
