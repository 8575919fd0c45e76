"""Puts a run among the others in one step: made in a hidden folder beside them, there with one rename or not at all."""

from __future__ import annotations

import contextlib
import json
import secrets
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop_app.api import OutsideError, Progress, UserError
from desktop_app.core.words import size_text
from desktop_app.services.files import locked

LOGS_IN = "logs in "
"""What `from_bundle` begins with where a run is nothing but logs from elsewhere."""
_STAGE = ".opening"
_LOCK = ".lock"
_STALE = 24 * 3600.0  # seconds
_STEPS = 200
"""How often progress is told at most, of whatever size."""


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A run that was taken in: its `handle`, its name, its folder, and where it comes from."""

    handle: str
    run: str
    folder: Path
    origin: str


@dataclass(slots=True)
class Taking:
    """How far taking in is, told to `progress` from the thread that does it; `stop` may come from any thread."""

    progress: Progress | None = None
    _total: int = 0
    _done: int = 0
    _told: int = -1
    _what: str = ""
    _stopped: threading.Event = field(default_factory=threading.Event)

    def begin(self, what: str, total: int = 0) -> None:
        """Say what is done now, and of how many bytes, where that is known."""
        self._what, self._total, self._done, self._told = what, total, 0, -1
        if self.progress is not None:
            self.progress(what, None)
        self.went(0)

    def went(self, count: int = 0) -> None:
        """Note so many bytes more. Raises UserError as soon as nobody wants them any longer."""
        if self._stopped.is_set():
            raise UserError("Opening was given up.", hint="Nothing of it is left.")
        self._done += count
        step = self._done * _STEPS // self._total if self._total else -1
        if self.progress is not None and step > self._told:
            self._told = step
            said = f"{self._what}: {size_text(self._done)} of {size_text(self._total)}"
            self.progress(said, min(1.0, self._done / self._total))

    @property
    def is_stopped(self) -> bool:
        """Whether nobody wants it any longer."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Give up: what is half there is deleted."""
        self._stopped.set()


def refuse_without_room(name: str, size: int, folder: Path) -> None:
    """Raise OutsideError where a disk has no room for so many bytes."""
    free = shutil.disk_usage(folder).free
    if size > free:
        raise OutsideError(f"{name} needs {size_text(size)}, and {size_text(free)} are free.", hint="Make room.")


@contextmanager
def staged(runs: Path, name: str) -> Iterator[Path]:
    """Lend a folder in which a run is put together; whatever is left of it afterwards is deleted.

    A lock beside it says that somebody is at it, for as long as that one lives.
    """
    runs.mkdir(0o700, parents=True, exist_ok=True)
    _sweep(runs)
    stage = runs / f".{name}-{secrets.token_hex(4)}{_STAGE}"
    lock = stage.with_name(f"{stage.name}{_LOCK}")
    with locked(lock):
        try:
            stage.mkdir(0o700)
            yield stage
        finally:
            shutil.rmtree(stage, ignore_errors=True)
            with contextlib.suppress(OSError):  # Windows deletes no file that is open: the next sweep does
                lock.unlink()


def write_paper(path: Path, data: dict[str, Any]) -> None:
    """Write a JSON file for its owner alone."""
    path.touch(0o600)
    path.write_text(json.dumps(data, ensure_ascii=False), "utf-8", "surrogateescape")


def _sweep(runs: Path) -> None:
    """Delete what a program left that was killed while it put a run together: nobody holds its lock."""
    for each in runs.glob(f".*{_STAGE}{_LOCK}"):
        with contextlib.suppress(OSError), locked(each, wait=False) as held:
            if held is not None:
                shutil.rmtree(each.with_name(each.name.removesuffix(_LOCK)), ignore_errors=True)
                each.unlink()
    for each in runs.glob(f".*{_STAGE}"):  # of a program from before there were locks
        with contextlib.suppress(OSError):
            lock = each.with_name(f"{each.name}{_LOCK}")
            if not lock.exists() and time.time() - each.stat().st_mtime > _STALE:
                shutil.rmtree(each, ignore_errors=True)
