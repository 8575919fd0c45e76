"""The window's composition root: first paint first, then the services, then one loop until it is closed."""

from __future__ import annotations

import contextlib
import gc
import os
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QApplication

from desktop_app import __version__
from desktop_app.places import Places, find_places
from desktop_app.ui.icons import forget_pictures, icon, keep_pictures, load_pictures
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.theme import theme_manager
from desktop_app.ui.window_state import WindowState

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

PATIENCE = 2.0  # seconds for plugins: one whose import hangs is waited for by who needs it, and not by the window
Start = Callable[[], Coroutine[Any, Any, None]]
Home = str | os.PathLike[str] | None


def run_window(path: Path | None = None, home: Home = None, safe_mode: bool = False) -> int:
    """Show the window, on a file or folder if one is given, and return once it is closed. Runs go on."""
    bugs: list[BaseException] = []
    app, window = first_paint(home, bugs.append)
    return _live(app, window, bugs, lambda: _open(window, path, home, safe_mode))


def first_paint(home: Home, on_bug: Callable[[BaseException], object]) -> tuple[QApplication, MainWindow]:
    """Return the application and its window, painted, with no service behind it yet.

    Python's automatic collection is off from here on; `ui/garbage.py` takes its place.
    """
    gc.disable()  # and on the way, looking for garbage would take a tenth of the time
    app = make_application()
    window = open_window(app, home, on_bug)
    paint(app, window)
    keep_pictures(_pictures(app, window.places))
    return app, window


def make_application() -> QApplication:
    """Return the application, named as desktops want to know it."""
    made = QApplication.instance()
    app = made if isinstance(made, QApplication) else QApplication(["rankzero", "-style", "Fusion"])
    app.setApplicationName("rankzero")
    app.setApplicationDisplayName("Rank Zero")
    app.setApplicationVersion(__version__)
    app.setDesktopFileName("rankzero")
    app.setQuitOnLastWindowClosed(False)
    return app


def open_window(app: QApplication, home: Home, on_bug: Callable[[BaseException], object]) -> MainWindow:
    """Return the window, dressed as the person chose, without any service behind it yet."""
    places = find_places(home)
    state = WindowState(places.window)
    manager = theme_manager()
    manager.set_mode(state.text("theme") or "system")
    manager.dress(app, places.cache / "window")
    load_pictures(_pictures(app, places))
    return MainWindow(places, state, on_bug)


def _pictures(app: QApplication, places: Places) -> Path:
    """Return the file with the icons of the first paint, for this version, theme and resolution."""
    name = f"icons-{__version__}-{theme_manager().theme.name}-{app.devicePixelRatio():g}"
    return places.cache / "window" / name


def paint(app: QApplication, window: MainWindow) -> None:
    """Show the window and return when it has been painted for the first time, or can't be within half a second."""
    window.show()
    until = monotonic() + 0.5
    while not window.was_painted and monotonic() < until:
        app.processEvents()


def _live(app: QApplication, window: MainWindow, bugs: list[BaseException], start: Start) -> int:
    import asyncio

    import qasync

    from desktop_app.ui.closing import until_closed
    from desktop_app.ui.crash import CrashReporter
    from desktop_app.ui.garbage import Garbage
    from desktop_app.ui.interrupt import Interrupts
    from desktop_app.ui.journal import Journal

    theme_manager().follow_desktop()
    app.setWindowIcon(icon("mdi6.numeric-0-box", "accent"))  # drawn in four sizes: not before the first paint
    window.equip()
    crashes = CrashReporter(window.places)
    crashes.install()
    window.follow_crashes(crashes)
    for each in bugs:
        crashes.report(each, "starting")
    journal = Journal(window.places.window_log)
    journal.start(__version__)
    interrupts = Interrupts(lambda name: _end(window, name))
    ending = "ended by a bug, or by a second signal"
    garbage = Garbage()
    garbage.start()
    try:
        with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(app)) as runner:
            crashes.watch_loop(runner.get_loop())
            runner.run(until_closed(window, start, journal.write))
        ending = "closed"
    finally:
        journal.stop(ending)
        interrupts.stop()
        garbage.stop()
        crashes.uninstall()
        forget_pictures()
    return 0


def _end(window: MainWindow, name: str) -> None:
    """Close because of a signal, and say so: whoever looks at the terminal would wonder."""
    with contextlib.suppress(OSError):  # the terminal may be gone: that may be the reason
        print(f"rankzero: asked to end by {name}", file=sys.stderr, flush=True)
    window.close_because(name)


async def _open(window: MainWindow, path: Path | None, home: Home, safe_mode: bool) -> None:
    """Put the services together and hand them to the window; slow imports run beside it."""
    import asyncio
    import importlib

    compose = await asyncio.to_thread(importlib.import_module, "desktop_app.compose")
    workbench: Workbench = compose.open_workbench(home, safe_mode)
    loading = asyncio.create_task(asyncio.to_thread(workbench.plugins.load), name="load plugins")
    try:
        await asyncio.wait((loading,), timeout=PATIENCE)
        await asyncio.to_thread(workbench.later_exports.get)
        await _live_with(workbench, window, path)
    finally:
        await asyncio.to_thread(workbench.plugins.close)
        await loading


async def _live_with(workbench: Workbench, window: MainWindow, path: Path | None) -> None:
    import asyncio

    if path is not None:
        window.open_path(path)
    window.attach(workbench)
    keep_smooth()
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(workbench.monitor.watch(), name="watch runs")
            group.create_task(workbench.stalls.watch(workbench.store), name="watch for stalls")
    finally:
        await workbench.exports.close()
        await workbench.cloud.close()


def keep_smooth() -> None:
    """Keep the loop's stalls below a frame while threads read logs and states (tests/bench/bench_gui_stalls.py).

    Python lets a busy thread go on for 5 ms before another gets its turn, and looks through every object it has
    when it collects garbage: what was made until now stays anyway and is left out.
    """
    sys.setswitchinterval(0.0005)
    gc.collect()
    gc.freeze()
