"""One maker at a time for each folder; the others wait, and say so."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from desktop_app.api import Progress
from desktop_app.services.files import locked
from desktop_app.services.toolchains.folders import lock_of

_LOOK = 0.2  # seconds between two looks whether another maker is done


@contextlib.asynccontextmanager
async def turn(folder: Path, progress: Progress, what: str = "works on this toolchain") -> AsyncIterator[int]:
    """Hold the lock of a folder among all makers; waiting for another one does not block the loop."""
    path, said = lock_of(folder), False
    while True:
        with locked(path, wait=False) as lock:
            if lock is not None:
                yield lock
                return
        if not said:
            progress(f"Waiting for another process that {what}", None)
            said = True
        await asyncio.sleep(_LOOK)
