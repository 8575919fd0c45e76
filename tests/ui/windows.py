"""The whole window for tests: over small services, and closed in good order."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from PySide6.QtWidgets import QWidget

from desktop_app.places import Places
from desktop_app.services.workbench import Workbench
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.tasks import cancel_all
from desktop_app.ui.window_state import WindowState
from tests.ui.conftest import settle


class StandIn(QWidget):
    """Stands where Files or Runs would be, and writes down what it is asked."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.asked: list[tuple[object, ...]] = []
        self.lets_close = True

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name in ("open_folder", "open_file", "new_job", "run_file", "show_problems", "show_run"):
            return lambda *arguments: self.asked.append((name, *arguments))
        raise AttributeError(name)

    async def may_close(self) -> bool:
        self.asked.append(("may_close",))
        return self.lets_close


class Windows:
    """Makes windows, and closes them."""

    def __init__(self, places: Places) -> None:
        self.places = places
        self.bugs: list[BaseException] = []
        self.opened: list[MainWindow] = []

    async def open(self, bench: Workbench | None = None) -> MainWindow:
        """Return a window that is shown; with services behind it if `bench` is given, and stand-ins for big pages."""
        window = MainWindow(self.places, WindowState(self.places.window), self.bugs.append)
        self.opened.append(window)
        window.show()
        window.equip()
        if bench is not None:
            self.attach(window, bench)
        await until(lambda: window.was_painted)
        return window

    def attach(self, window: MainWindow, bench: Workbench) -> None:
        """Hand the services over."""
        plain = window.pages.set_factories

        def with_stand_ins(factories: dict[str, Callable[[], QWidget]]) -> None:
            plain({**factories, "files": lambda: StandIn("files"), "runs": lambda: StandIn("runs")})

        window.pages.set_factories = with_stand_ins  # type: ignore[method-assign, assignment]
        window.attach(bench)

    async def close(self) -> None:
        """Close what is open."""
        await cancel_all()
        for window in self.opened:
            window.finish()
            window.deleteLater()
        self.opened.clear()
        settle()


def stand_in(window: MainWindow, name: str) -> StandIn:
    """Return the page that stands in, made now where it is not yet."""
    return cast("StandIn", window.pages.page(name))


async def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Let the loop run until the condition holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition is about widgets, which set no event
            await asyncio.sleep(0.01)
