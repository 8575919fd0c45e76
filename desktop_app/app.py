"""The window's composition root: first paint first, then the services, then one loop until it is closed."""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QEvent, QEventLoop, QObject
from PySide6.QtWidgets import QApplication

from desktop_app import __version__
from desktop_app.places import find_places
from desktop_app.services.settings import Settings
from desktop_app.ui.icons import icon
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.theme import theme_manager

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

Start = Callable[[], Coroutine[Any, Any, None]]
Home = str | os.PathLike[str] | None


def run_window(path: Path | None = None, home: Home = None, safe_mode: bool = False) -> int:
    """Show the window, on a file or folder if one is given, and return once it is closed. Runs go on."""
    app = make_application()
    bugs: list[BaseException] = []
    window = open_window(app, home, bugs.append)
    paint(app, window)
    return _live(app, window, bugs, lambda: _open(window, path, home, safe_mode))


def make_application() -> QApplication:
    """Return the application, named as desktops want to know it."""
    made = QApplication.instance()
    app = made if isinstance(made, QApplication) else QApplication(["rankzero"])
    app.setApplicationName("rankzero")
    app.setApplicationDisplayName("Rank Zero")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("rankzero")
    app.setQuitOnLastWindowClosed(False)
    return app


def open_window(app: QApplication, home: Home, on_bug: Callable[[BaseException], object]) -> MainWindow:
    """Return the window, dressed as the person chose, without any service behind it yet."""
    places = find_places(home)
    settings = Settings(places.settings)
    manager = theme_manager()
    manager.set_mode(str(settings.get("appearance.theme", "system")))
    manager.apply(app, places.cache / "window")
    app.setWindowIcon(icon("mdi6.numeric-0-box", "accent"))
    return MainWindow(places, settings, on_bug)


def paint(app: QApplication, window: MainWindow) -> None:
    """Show the window and return when it has been painted for the first time, or can't be within half a second."""
    painted = _FirstPaint(window)
    window.show()
    from time import monotonic

    until = monotonic() + 0.5
    while not painted.done and monotonic() < until:
        app.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 50)
    window.removeEventFilter(painted)


class _FirstPaint(QObject):
    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.done = False
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for every event of the window."""
        self.done = self.done or event.type() == QEvent.Type.Paint
        return False


def _live(app: QApplication, window: MainWindow, bugs: list[BaseException], start: Start) -> int:
    import asyncio

    import qasync

    from desktop_app.ui.closing import until_closed
    from desktop_app.ui.crash import CrashReporter
    from desktop_app.ui.interrupt import Interrupts

    crashes = CrashReporter(window.places)
    crashes.install()
    window.follow_crashes(crashes)
    for each in bugs:
        crashes.report(each, "starting")
    interrupts = Interrupts(window.close)
    try:
        with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
            crashes.watch_loop(runner.get_loop())
            runner.run(until_closed(window, start))
    finally:
        interrupts.stop()
        crashes.uninstall()
    return 0


async def _open(window: MainWindow, path: Path | None, home: Home, safe_mode: bool) -> None:
    """Put the services together and hand them to the window; slow imports run beside it."""
    import asyncio
    import importlib

    compose = await asyncio.to_thread(importlib.import_module, "desktop_app.compose")
    workbench: Workbench = compose.open_workbench(home, safe_mode)
    await asyncio.to_thread(workbench.plugins.load)
    if path is not None:
        window.open_path(path)
    window.attach(workbench)
    await workbench.monitor.watch()
