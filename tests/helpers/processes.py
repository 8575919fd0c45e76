"""Which processes a test left behind."""

from __future__ import annotations

import contextlib
import os
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import psutil


def processes_of(home: Path) -> list[psutil.Process]:
    """Return the live processes that carry the state folder `home` in their arguments, folder or environment."""
    mark = str(home)
    return [each for each in psutil.process_iter() if each.pid != os.getpid() and _carries(each, mark)]


def children() -> set[int]:
    """Return the pids of this process's children, zombies included; empty where the system does not tell cheaply."""
    found: set[int] = set()
    for each in Path("/proc/self/task").glob("*/children"):
        with contextlib.suppress(OSError):
            found.update(map(int, each.read_text().split()))
    return found


def end_resource_tracker() -> None:
    """End the helper process that multiprocessing starts with its first child and keeps for good."""
    tracker: Any = resource_tracker._resource_tracker
    tracker._stop()


def describe(processes: list[psutil.Process]) -> str:
    """Return one line per process, for a failing test's message."""
    return "\n".join(_line(each) for each in processes)


def _carries(process: psutil.Process, mark: str) -> bool:
    try:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        words = [*process.cmdline(), process.cwd(), process.environ().get("RANKZERO_HOME", "")]
    except psutil.Error:
        return False
    return any(mark in each for each in words)


def _line(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {process.status()} {process.cmdline()}"
    except psutil.Error:
        return f"{process.pid} gone"
