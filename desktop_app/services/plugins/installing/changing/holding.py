"""Work in threads that a cancel leaves no thread of behind, and the registry's lock, awaited without blocking."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from desktop_app.api import Progress
from desktop_app.services.files import locked

P = ParamSpec("P")
T = TypeVar("T")
_LOOK = 0.1  # seconds between two looks whether the other process is done


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Return what a blocking function returns. A cancel waits for its end: nothing may go on behind a lock's back."""
    return await to_the_end(asyncio.to_thread(function, *args, **kwargs))


async def to_the_end(work: Coroutine[Any, Any, T]) -> T:
    """Do `work` to its end, also where this task is cancelled meanwhile; the cancel is raised afterwards."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait((task,))
        if not task.cancelled():
            task.exception()  # it was looked at: the cancel is what counts
        raise


async def settled(task: asyncio.Task[Any]) -> None:
    """Wait for a task's end, also where this one is cancelled meanwhile; what it raised counts as seen."""

    async def wait() -> None:
        await asyncio.wait((task,))
        if not task.cancelled():
            task.exception()

    await to_the_end(wait())


@contextlib.asynccontextmanager
async def lock_held(path: Path, progress: Progress) -> AsyncIterator[int]:
    """Hold the lock among all processes and windows; yields its descriptor, which children hold as well."""
    said = False
    while True:
        with locked(path, wait=False) as lock:
            if lock is not None:
                yield lock
                return
        if not said:
            progress("Waiting for another window that changes plugins", None)
            said = True
        await asyncio.sleep(_LOOK)
