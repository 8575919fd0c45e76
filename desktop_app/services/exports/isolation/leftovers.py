"""What workers and exports of a program that was killed leave: who owned a folder, and the processes of one.

A worker dies with its program. What it started by itself, and took out of its group, may not: such processes carry the
worker's folder in their environment, and are found by it.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from desktop_app.services.exports.isolation.holding import MARK

OWNER = ".owner"
_SAME = 5.0  # seconds by which a process's start may seem to have moved, when the clock was set
_TRIES = 20


def own(folder: Path) -> None:
    """Write into a folder that this process works in it."""
    mine = {"host": socket.gethostname(), "pid": os.getpid(), "started": _start_of(os.getpid())}
    (folder / OWNER).write_text(json.dumps(mine), "utf-8")


def is_left(folder: Path) -> bool:
    """Whether whoever worked in a folder is gone; false where that can't be told from here."""
    try:
        owner = json.loads((folder / OWNER).read_text("utf-8"))
        if owner["host"] != socket.gethostname():
            return False
        started, now = owner["started"], _start_of(int(owner["pid"]))
        return started != now if isinstance(now, str) else abs(now - float(started)) > _SAME
    except psutil.NoSuchProcess:
        return True
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return False


def _start_of(pid: int) -> str | float:
    """Return when a process started; on Linux since the boot, which doesn't move when the clock is set.

    Raises psutil.NoSuchProcess.
    """
    if not sys.platform.startswith("linux"):
        return psutil.Process(pid).create_time()
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        raise psutil.NoSuchProcess(pid) from None
    return f"{Path('/proc/sys/kernel/random/boot_id').read_text('ascii').strip()} {fields[19]}"  # proc(5): starttime


def end_processes(folder: Path) -> None:
    """End every process that carries a worker's folder in its environment. Blocks."""
    for _ in range(_TRIES):
        found = list(_processes(folder))
        for each in found:
            with contextlib.suppress(psutil.Error):
                each.kill()
        if not found:
            return
        psutil.wait_procs(found, timeout=0.5)
        time.sleep(0)


def sweep(root: Path) -> None:
    """End what workers of programs that are gone left, and remove their folders. Blocks."""
    if not root.is_dir():
        return
    for each in sorted(root.iterdir()):
        if is_left(each):
            end_processes(each)
            shutil.rmtree(each, ignore_errors=True)


def _processes(folder: Path) -> Iterator[psutil.Process]:
    marked = f"{MARK}={folder}".encode()
    for pid in psutil.pids():
        if pid != os.getpid() and _is_marked(pid, marked, os.fspath(folder)):
            with contextlib.suppress(psutil.Error):
                yield psutil.Process(pid)


def _is_marked(pid: int, marked: bytes, folder: str) -> bool:
    if sys.platform.startswith("linux"):  # psutil takes forty times as long for it
        try:
            return marked in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except OSError:
            return False
    with contextlib.suppress(psutil.Error, OSError):
        return psutil.Process(pid).environ().get(MARK) == folder
    return False
