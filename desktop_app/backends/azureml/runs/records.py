"""The runs that were sent from here, or that belong to one: a folder each, with what is last known in `run.json`."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import re
import shutil
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from desktop_app.api import OutsideError, RunSnapshot
from desktop_app.api._records import to_json
from desktop_app.backends.azureml.jobs.outbox import RUN, snapshot_of
from desktop_app.worker.supervisor.journal import read_object
from desktop_app.worker.supervisor.state import replace

_PRIVATE = 0o700
_TICK = 1.0
_HEAD = 1024
_HANDLE = re.compile(rb'{"handle": "([!-~]+?)"')


class Records:
    """Folders below `folder`. May be used from any thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mutex = threading.Lock()
        self._stamp: tuple[int, int] | None = None
        self._names: frozenset[str] = frozenset()
        self._handles: dict[str, str] = {}

    def folder_of(self, run: str) -> Path:
        """Return where a run's files lie."""
        return self.folder / run

    def handles(self) -> Sequence[str]:
        """Return the handles of all runs with a folder; the disk is read anew only where something came or went."""
        with self._mutex:
            self._look()
            return sorted(self._handles.values())

    def read(self, run: str) -> RunSnapshot | None:
        """Return what was last known of a run; its folder is where it is now, if the home was moved."""
        folder = self.folder_of(run)
        found = snapshot_of(folder)
        return None if found is None else placed(found, folder)

    def children_of(self, sweep: RunSnapshot) -> Sequence[str]:
        """Return the handles of the trials of a sweep, whose names begin as its own does; of other runs none."""
        if sweep.sweep is None:
            return ()
        mine = [each for each in self.handles() if each.startswith(f"{sweep.handle}_")]
        found = [each for each in map(self.read, (each.rpartition("/")[2] for each in mine)) if each is not None]
        return [each.handle for each in found if each.trial is not None and each.trial.sweep == sweep.run]

    def write(self, snapshots: Iterable[RunSnapshot]) -> None:
        """Keep what is known of runs, making their folders. Raises OutsideError."""
        for each in snapshots:
            folder = self.folder_of(each.run)
            try:
                folder.mkdir(_PRIVATE, parents=True, exist_ok=True)
                replace(folder / RUN, to_json(each))
            except OSError as error:
                message = f"What is known of {each.run} can't be saved: {error.strerror or error}."
                raise OutsideError(message, hint=f"Its folder is {folder}.") from error

    def remove(self, run: str) -> None:
        """Remove a run's folder, in one step for whoever looks. Raises OutsideError."""
        away = self.folder / f".{run}.gone"
        try:
            shutil.rmtree(away, ignore_errors=True)
            self.folder_of(run).rename(away)
        except FileNotFoundError:
            return
        except OSError as error:
            raise OutsideError(f"The folder of {run} can't be removed: {error.strerror or error}.") from error
        shutil.rmtree(away, ignore_errors=True)

    def _look(self) -> None:
        try:
            state = self.folder.stat()
            stamp = (state.st_mtime_ns, state.st_ino)
        except OSError:
            self._stamp, self._names, self._handles = None, frozenset(), {}
            return
        if stamp == self._stamp:
            return
        names = frozenset(each.name for each in self._entries() if not each.name.startswith("."))
        self._handles = {name: handle for name, handle in self._handles.items() if name in names}
        for name in names - self._names:
            handle = _handle_in(f"{self.folder}/{name}/{RUN}")
            if handle.endswith(f"/{name}"):
                self._handles[name] = handle
        # One without run.json is perhaps only being written; a clock's tick may hide a change right after this look.
        whole = len(self._handles) == len(names) and time.time() - state.st_mtime > _TICK
        self._stamp, self._names = (stamp if whole else None), frozenset(self._handles)

    def _entries(self) -> list[os.DirEntry[str]]:
        with contextlib.suppress(OSError):
            return list(os.scandir(self.folder))
        return []


def _handle_in(path: str) -> str:
    """Return the handle in a run's file, which stands at its beginning: there may be thousands of them to look into."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            found = _HANDLE.match(file.read(_HEAD))
    except OSError:
        return ""
    return found[1].decode() if found else str(read_object(Path(path)).get("handle") or "")


def placed(snapshot: RunSnapshot, folder: Path) -> RunSnapshot:
    """Return a snapshot whose files lie in `folder`."""

    return dataclasses.replace(snapshot, folder=str(folder), outputs=str(folder / "outputs"))
