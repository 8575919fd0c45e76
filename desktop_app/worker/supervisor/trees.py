"""A rank's process tree: whom it holds, and stopping, continuing, ending all of it."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable

from desktop_app.worker.supervisor import processes

PASSES = 20
"""A process that forks while its tree is looked at leaves a child for the next look; so often is looked at most."""


def members(leader: int) -> set[int]:
    """Return the pids of a rank's processes: its descendants, and the orphans of its group that we adopted."""
    roots = [leader, *(pid for pid in processes.children(os.getpid()) if pid != leader and _group(pid) == leader)]
    below = processes.families(roots)
    return {*roots, *(pid for each in below.values() for pid in each)}


def stop(leader: int) -> None:
    """Have the whole tree stand still (SIGSTOP). Windows: by psutil, NOT tried."""
    _each(leader, _suspend)


def go_on(leader: int) -> None:
    """Have it go on (SIGCONT)."""
    _each(leader, _resume)


def kill(leader: int) -> None:
    """End all of it as at one moment: it stands still first, or a parent would see its children die and go on."""
    stop(leader)
    for pid in members(leader):
        processes.send(pid, processes.KILL)
    processes.send_group(leader, processes.KILL)


def terminate(leader: int) -> None:
    """Ask its group to end (SIGTERM), as a run that is canceled does."""
    processes.send_group(leader, signal.SIGTERM)


def _each(leader: int, act: Callable[[int], None]) -> None:
    met: set[int] = set()
    for _pass in range(PASSES):
        new = members(leader) - met
        if not new:
            return
        for pid in new:
            act(pid)
        met |= new


def _group(pid: int) -> int:
    if sys.platform == "win32":
        return 0
    try:
        return os.getpgid(pid)
    except OSError:
        return 0


def _suspend(pid: int) -> None:
    if sys.platform != "win32":
        processes.send(pid, signal.SIGSTOP)
        return
    import psutil

    with contextlib.suppress(psutil.Error):
        psutil.Process(pid).suspend()


def _resume(pid: int) -> None:
    if sys.platform != "win32":
        processes.send(pid, signal.SIGCONT)
        return
    import psutil

    with contextlib.suppress(psutil.Error):
        psutil.Process(pid).resume()
