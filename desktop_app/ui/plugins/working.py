"""One thing that is done to plugins: its task, how far it is, and a Cancel that works. Lives as long as the window."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from desktop_app.api import Progress, UserError
from desktop_app.ui.tasks import spawn

T = TypeVar("T")


class PluginWork(QObject):
    """One thing at a time. `began`, `told` when there is something new to show, `ended` however it ended."""

    began = Signal()
    told = Signal()
    ended = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._task: asyncio.Task[Any] | None = None
        self.what, self.message = "", ""
        self.part: float | None = None

    @property
    def is_busy(self) -> bool:
        """Whether something goes on."""
        return self._task is not None

    def start(
        self,
        what: str,
        work: Callable[[Progress], Awaitable[T]],
        done: Callable[[T], object],
        failed: Callable[[UserError], object],
    ) -> bool:
        """Begin; False where something goes on already. `done` gets the result, on the loop's thread."""
        if self._task is not None:
            return False
        self.what, self.message, self.part = what, "", None
        self._task = spawn(self._run(work, done), what, failed)
        self._task.add_done_callback(lambda _task: self._end())  # also of one that never came to its first step
        self.began.emit()
        return True

    def cancel(self) -> None:
        """Give up; everything stays as it was."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self, work: Callable[[Progress], Awaitable[T]], done: Callable[[T], object]) -> None:
        loop = asyncio.get_running_loop()

        def tell(message: str, part: float | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(self._tell, message, part)

        result = await work(tell)
        self._task = None  # `done` may begin the next thing
        if isValid(self):
            self.ended.emit()
            done(result)

    def _tell(self, message: str, part: float | None) -> None:
        if isValid(self) and self._task is not None:
            self.message, self.part = message, part
            self.told.emit()

    def _end(self) -> None:
        if isValid(self) and self._task is not None and self._task.done():
            self._task = None
            self.ended.emit()
