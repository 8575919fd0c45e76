"""Has the logs of the run that is shown brought here, where they lie elsewhere."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from desktop_app.api import JobBackend, Looks, RunSnapshot, UserError
from desktop_app.ui.tasks import spawn

EVERY = 5.0


class Looking:
    """Tells a backend, every few seconds, which run somebody looks at.

    `on_whole` is called once all of a run that is over is here, or as much as can be had: nobody else tells of it, as
    no state changes.
    """

    def __init__(
        self,
        backend_of: Callable[[str], JobBackend],
        on_error: Callable[[UserError], object],
        on_whole: Callable[[], object] = lambda: None,
    ) -> None:
        self._backend_of = backend_of
        self._on_error, self._on_whole = on_error, on_whole
        self._task: asyncio.Task[None] | None = None
        self._last = ("", False)
        self._due = 0.0

    def at(self, run: RunSnapshot) -> None:
        """Look at a run; quick, and to be called as often as one likes. Once is enough for one that is over."""
        now, looked = time.monotonic(), (run.handle, run.is_over)
        if run.handle != self._last[0]:
            self.stop()
        is_new = looked != self._last
        if (self.is_busy and run.handle == self._last[0]) or (not is_new and (run.is_over or now < self._due)):
            return
        self._last, self._due = looked, now + EVERY
        backend = self._backend_of(run.handle)
        if isinstance(backend, Looks):
            self._task = spawn(self._look(backend, run), f"look at {run.run}", self._on_error)

    @property
    def is_busy(self) -> bool:
        """Whether a backend is at it, as while it fetches the logs of a run that is over."""
        return self._task is not None and not self._task.done()

    async def _look(self, backend: Looks, run: RunSnapshot) -> None:
        try:
            await backend.look(run.handle)
        except UserError:
            self._tell(run)
            raise
        self._tell(run)

    def _tell(self, run: RunSnapshot) -> None:
        if run.is_over:
            self._on_whole()

    def stop(self) -> None:
        """End what goes on."""
        if self._task is not None:
            self._task.cancel()
