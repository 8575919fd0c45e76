"""The run's state, `run.json`: kept in memory, replaced on disk in one step, never half written."""

from __future__ import annotations

import contextlib
import errno
import os
import time
from pathlib import Path
from typing import Any

from desktop_app.worker.supervisor.clock import Clock
from desktop_app.worker.supervisor.journal import read_object, to_bytes

TERMINAL = ("Completed", "Failed", "Canceled")
RESERVE = 256 << 10
"""Bytes kept on the disk from the start, so that the end can be written when it is full."""
RETRY = 1.0
_FULL = (errno.ENOSPC, errno.EDQUOT)


class StateFile:
    """`data` is the RunSnapshot as JSON (api/_records.py) plus who writes it; change it, then `write`."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._reserve = folder / ".reserve"
        self._retry_at: float | None = None
        self.data: dict[str, Any] = read_object(folder / "run.json")
        self.full = False

    @property
    def is_over(self) -> bool:
        """Whether the run reached a state that it does not leave."""
        return self.data.get("status") in TERMINAL

    def hold_reserve(self) -> None:
        """Take the space for the end state, in real blocks."""
        with contextlib.suppress(OSError):
            self._reserve.write_bytes(b"\0" * RESERVE)

    def write(self) -> bool:
        """Write now; where the disk refuses, remember to try again. Returns whether it is written."""
        self.data["updated"] = self._clock.text()
        try:
            replace(self._folder / "run.json", self.data)
        except OSError as error:
            self.full |= error.errno in _FULL
            self._retry_at = time.monotonic() + RETRY
            return False
        self._retry_at = None
        return True

    def take_back(self) -> None:
        """Delete what was written into a folder that somebody deletes."""
        with contextlib.suppress(OSError):
            (self._folder / "run.json").unlink(missing_ok=True)

    def keep_up(self) -> None:
        """Try again what could not be written, now and then."""
        if self._retry_at is not None and time.monotonic() >= self._retry_at:
            self.write()

    def write_end(self, patience: float = 60.0) -> bool:
        """Write the last state, with the reserve's space if need be; keep trying for `patience` seconds."""
        deadline = time.monotonic() + patience
        written = not self.full and self.write()
        while not written and self._folder.is_dir():
            self._reserve.unlink(missing_ok=True)
            if self.full and "disk was full" not in self.data.get("reason", ""):
                self.data["reason"] = f"{self.data.get('reason', '')} {FULL_REASON}".strip()
            written = self.write()
            if written or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        self._reserve.unlink(missing_ok=True)
        if written:
            self._make_durable()
        return written

    def _make_durable(self) -> None:
        """Have the end survive a power cut; the states before it need not."""
        with contextlib.suppress(OSError), (self._folder / "run.json").open("rb") as file:
            os.fsync(file.fileno())

    # Small changes that several writers make.

    def enter(self, phase: str) -> str:
        """Begin a phase, ending the one before; the run's status follows, unless it is being canceled. Return when."""
        now = self._clock.text()
        self._leave(now)
        self.data.setdefault("phases", []).append({"name": phase, "started": now, "ended": None})
        if self.data.get("status") != "CancelRequested":
            self.data["status"] = phase
        return now

    def finish(self, status: str, reason: str, exit_code: int | None) -> None:
        """End the run: no rank and no phase stays open."""
        now = self._clock.text()
        self._leave(now)
        for rank in self.data.get("ranks", []):
            if rank["status"] not in TERMINAL:
                rank["status"] = "Canceled"
                rank["ended"] = now if rank.get("started") else None
        self.data.update(status=status, reason=reason, exit_code=exit_code, ended=now)

    def _leave(self, now: str) -> None:
        for phase in self.data.get("phases", []):
            if phase["ended"] is None:
                phase["ended"] = now


FULL_REASON = "The disk was full: logs and metrics may have gaps."


def replace(path: Path, data: dict[str, Any]) -> None:
    """Replace a JSON file in one step: a reader sees the old or the new one. Raises OSError."""
    draft = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        draft.unlink(missing_ok=True)  # a job may have put a pipe there, on which writing would wait
        draft.write_bytes(to_bytes(data))
        draft.chmod(0o600)
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
