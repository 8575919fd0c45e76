"""Reads runs' states, only where they changed, and closes runs whose supervisor is no more."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desktop_app.api import RunSnapshot, RunStatus, UserError
from desktop_app.backends.local.run_folder import folder_of
from desktop_app.core.records import from_json
from desktop_app.worker.supervisor import processes
from desktop_app.worker.supervisor.closing import close_run, recover
from desktop_app.worker.supervisor.journal import read_object

CERTAIN_FOR = 10.0
"""Seconds between looks whether a pid is still the same process's; whether it exists at all is asked each time."""


@dataclass(slots=True)
class Known:
    """What was read of a run: `stamp` tells whether the file changed since, `writers` who should be alive."""

    stamp: tuple[int, int, int]
    snapshot: RunSnapshot
    writers: tuple[tuple[int, str], ...]
    host: str = ""
    certain_until: float = 0.0


class RunReader:
    """The states of the runs below a folder."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._known: dict[str, Known] = {}
        self._lock = threading.Lock()

    def read(self, handles: Iterable[str]) -> dict[str, RunSnapshot]:
        """Return the state of each run that is there."""
        found: dict[str, RunSnapshot] = {}
        with self._lock:
            for handle in handles:
                snapshot = self._one(handle)
                if snapshot is not None:
                    found[handle] = snapshot
        return found

    def forget(self, handle: str) -> None:
        """Drop what is known of a run."""
        self._known.pop(handle, None)

    def _one(self, handle: str) -> RunSnapshot | None:
        try:
            known = self._refresh(handle)
        except (OSError, UserError):
            self.forget(handle)
            return None
        if known.snapshot.is_over:
            return known.snapshot
        if known.host and known.host != processes.host():
            return replace(known.snapshot, status=RunStatus.UNKNOWN, reason=f"The run belongs to {known.host}.")
        if not self._is_supervised(known):
            folder = folder_of(self._runs, handle)
            _close(folder)
            known = self._refresh(handle)
        return known.snapshot

    def _refresh(self, handle: str) -> Known:
        known = self._known.get(handle)
        path = folder_of(self._runs, handle) / "run.json" if known is None else Path(known.snapshot.folder, "run.json")
        status = os.stat(path)  # noqa: PTH116 - called for each run four times a second
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if known is None or known.stamp != stamp:
            known = self._known[handle] = _read(path, handle, stamp, known)
        return known

    def _is_supervised(self, known: Known) -> bool:
        """Return whether somebody still sees to the run."""
        now = time.monotonic()
        if known.certain_until > now:
            return any(processes.exists(pid) for pid, _ in known.writers)
        known.certain_until = now + CERTAIN_FOR
        return any(processes.is_same(pid, started) for pid, started in known.writers)


def _read(path: Path, handle: str, stamp: tuple[int, int, int], before: Known | None) -> Known:
    data = read_object(path)
    try:
        snapshot = from_json(RunSnapshot, data)
    except (TypeError, ValueError, KeyError) as error:
        return Known(stamp, _damaged(path, handle, before, str(error)), ())
    # The folder may have been moved with its home: what counts is where it was found.
    snapshot = replace(snapshot, handle=handle, folder=str(path.parent), outputs=str(path.parent / "code" / "outputs"))
    return Known(stamp, snapshot, _writers(data), str(data.get("host", "")))


def _writers(data: dict[str, Any]) -> tuple[tuple[int, str], ...]:
    names = ("supervisor", "guardian") if "supervisor" in data else ("submitter",)
    return tuple((int(data[each]["pid"]), str(data[each]["started"])) for each in names if each in data)


def _damaged(path: Path, handle: str, before: Known | None, why: str) -> RunSnapshot:
    reason = f"run.json in {path.parent} can't be read ({why})."
    if before is not None:
        return replace(before.snapshot, status=RunStatus.UNKNOWN, reason=reason)
    made = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    name = path.parent.name
    return RunSnapshot(
        handle, name, "local", RunStatus.UNKNOWN, name, "", made, reason=reason, folder=str(path.parent)
    )  # fmt: skip


def _close(folder: Path) -> None:
    """End what is left of a run that nobody sees to any more. A damaged run.json is left as it is."""
    data = read_object(folder / "run.json")
    if not data:
        return
    if "supervisor" in data:
        recover(folder)
    elif time.time() - (folder / "run.json").stat().st_mtime > 1.0:
        close_run(folder, "The program that submitted the run ended before its supervisor started.", 0)
