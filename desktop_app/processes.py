"""Child processes that never outlive their task: one that leads a group ends with all of it, another one alone."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from typing import TypedDict

import psutil

_GRACE = 3.0  # seconds between asking and ending
_LAST = 1.0  # seconds for streams to close after the group's end
_LOOK = 0.01  # seconds between two looks whether a child has ended


class GroupOptions(TypedDict, total=False):
    """The options of `create_subprocess_exec` that make a group."""

    start_new_session: bool
    creationflags: int


def group_options() -> GroupOptions:
    """Return how to start a child that leads a group of its own, without a window."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


async def end_group(process: asyncio.subprocess.Process) -> None:
    """End a child with all its descendants and wait for it; shielded, so that a second cancel loses nobody."""
    await asyncio.shield(_end(process))


def kill_group(process: asyncio.subprocess.Process) -> None:
    """End a child with all its descendants at once; who started it waits for it."""
    _signal(process, hard=True)


async def end_child(process: asyncio.subprocess.Process) -> None:
    """End a child that leads no group, at once, and wait for it; shielded, so that a second cancel loses nobody."""
    _kill(process)
    await asyncio.shield(process.wait())


async def exited(process: asyncio.subprocess.Process) -> int:
    """Return a child's exit code when it has ended, though its children may still hold its streams open."""
    # WORKAROUND: `Process.wait` waits for the streams as well, https://github.com/python/cpython/issues/119710
    while process.returncode is None:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(_LOOK)
    return process.returncode


async def _end(process: asyncio.subprocess.Process) -> None:
    _signal(process, hard=False)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(exited(process), _GRACE)
    _signal(process, hard=True)
    await exited(process)
    with contextlib.suppress(TimeoutError):  # who left the group may hold the child's streams open for ever
        await asyncio.wait_for(process.wait(), _LAST)


if sys.platform == "win32":

    def _kill(process: asyncio.subprocess.Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()

    def _signal(process: asyncio.subprocess.Process, *, hard: bool) -> None:
        if not hard:
            return  # Windows knows no polite end for a process without a window
        with contextlib.suppress(psutil.Error):
            parent = psutil.Process(process.pid)
            for each in (*parent.children(recursive=True), parent):
                with contextlib.suppress(psutil.Error):
                    each.kill()

else:

    def _kill(process: asyncio.subprocess.Process) -> None:
        # WORKAROUND: the process's own `kill` asks first whether it has ended, and so may reap it before asyncio does;
        # its exit code is lost then, https://github.com/python/cpython/issues/87744 (mended in 3.13)
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGKILL)

    def _signal(process: asyncio.subprocess.Process, *, hard: bool) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL if hard else signal.SIGTERM)
