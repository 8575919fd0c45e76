"""The Python of the children, found or made once for all who wait for it, each of whom sees how far that is."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from desktop_app.api import Progress

MakePython = Callable[[Progress], Awaitable[str]]
"""Returns the Python of the toolchain `azureml`, which is made first where it is not there."""


class Interpreter:
    """Asks for the Python anew each time, as it may be removed; but never twice at once."""

    def __init__(self, make: MakePython) -> None:
        self._make = make
        self._listeners: list[Progress] = []
        self._task: asyncio.Task[str] | None = None

    async def path(self, progress: Progress) -> str:
        """Return it; the making is given up when nobody waits for it any more."""
        while self._task is not None and self._task.cancelling():
            await asyncio.wait({self._task})  # it is just being given up
        self._listeners.append(progress)
        task = self._task = self._task or asyncio.create_task(self._made(), name="the Azure ML client's Python")
        try:
            return await asyncio.shield(task)
        finally:
            self._listeners.remove(progress)
            if not self._listeners and not task.done():
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, Exception):
                    await task

    async def _made(self) -> str:
        try:
            return await self._make(self._tell)
        finally:
            self._task = None

    def _tell(self, message: str, part: float | None) -> None:
        for each in list(self._listeners):
            each(message, part)
