"""Reads runs' states, only where they changed, and closes runs whose supervisor is no more."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desktop_app.api import RunSnapshot, RunStatus, UserError
from desktop_app.api._records import from_json
from desktop_app.backends.local.run_folder import folder_of
from desktop_app.core.redact import redact_counted, secret_values, secrets_of_plan
from desktop_app.core.words import in_local_time
from desktop_app.worker.supervisor import holding, processes
from desktop_app.worker.supervisor.closing import close_run, recover
from desktop_app.worker.supervisor.journal import read_object
from desktop_app.worker.supervisor.state import TERMINAL

CERTAIN_FOR = 10.0
"""Seconds between looks whether a pid is still the same process's; whether it exists at all is asked each time."""
_ODD = (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)
"""What a run.json that nobody of ours wrote can lead to."""

Writers = tuple[tuple[int, str], ...]


@dataclass(slots=True)
class Known:
    """What was read of a run: `stamp` tells whether the file changed since, `writers` who should be alive."""

    stamp: tuple[int, int, int]
    snapshot: RunSnapshot
    writers: Writers
    elsewhere: str = ""
    certain_until: float = 0.0


@dataclass(slots=True)
class _Place:
    """One run: closing it may take seconds, in which the others are read all the same."""

    known: Known | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class RunReader:
    """The states of the runs below a folder."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._places: dict[str, _Place] = {}

    def read(self, handles: Iterable[str]) -> dict[str, RunSnapshot]:
        """Return the state of each run that is there."""
        found: dict[str, RunSnapshot] = {}
        for handle in handles:
            snapshot = self._one(handle)
            if snapshot is not None:
                found[handle] = snapshot
        return found

    def forget(self, handle: str) -> None:
        """Drop what is known of a run."""
        self._places.pop(handle, None)

    def _one(self, handle: str) -> RunSnapshot | None:
        place = self._places.setdefault(handle, _Place())
        known = place.known
        # Where another thread is at it, what was known a moment ago will do.
        if not place.lock.acquire(blocking=known is None):
            return None if known is None else known.snapshot
        try:
            return self._look(place, handle)
        except (OSError, UserError):
            self.forget(handle)
            return None
        finally:
            place.lock.release()

    def _look(self, place: _Place, handle: str) -> RunSnapshot:
        known = self._refresh(place, handle)
        if known.snapshot.is_over:
            return known.snapshot
        if known.elsewhere:
            return replace(known.snapshot, status=RunStatus.UNKNOWN, reason=f"The run belongs to {known.elsewhere}.")
        if not _is_supervised(known):
            folder = folder_of(self._runs, handle)
            try:
                _close(folder)
            except _ODD as error:
                return _damaged(folder / "run.json", handle, known, _words(error))
            known = self._refresh(place, handle)
        return known.snapshot

    def _refresh(self, place: _Place, handle: str) -> Known:
        known = place.known
        path = folder_of(self._runs, handle) / "run.json" if known is None else Path(known.snapshot.folder, "run.json")
        status = os.stat(path)  # noqa: PTH116 - called for each run four times a second
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if known is None or known.stamp != stamp:
            known = place.known = _read(path, handle, stamp, known)
        return known


def lives_elsewhere(data: Mapping[str, Any]) -> bool:
    """Whether another computer (or container, which has pids of its own) wrote this run.json."""
    host = data.get("host")
    return bool(host) and host != processes.host()


def writers_of(data: Mapping[str, Any]) -> Writers:
    """Return pid and identity of those who should see to the run. Raises for what is no run.json."""
    names = ("supervisor", "guardian") if "supervisor" in data else ("submitter",)
    return tuple((int(data[each]["pid"]), str(data[each]["started"])) for each in names if each in data)


def _is_supervised(known: Known) -> bool:
    """Return whether somebody still sees to the run."""
    now = time.monotonic()
    if known.certain_until > now:
        return any(processes.exists(pid) for pid, _ in known.writers)
    known.certain_until = now + CERTAIN_FOR
    return any(processes.is_same(pid, started) for pid, started in known.writers)


def _read(path: Path, handle: str, stamp: tuple[int, int, int], before: Known | None) -> Known:
    try:
        data = read_object(path)
        snapshot = from_json(RunSnapshot, data)
        _check(snapshot)
        # The folder may have been moved with its home: what counts is where it was found.
        outputs = str(path.parent / "code" / "outputs")
        snapshot = replace(snapshot, handle=handle, backend="local", folder=str(path.parent), outputs=outputs)
        snapshot = _covered(_in_local_time(snapshot))
        return Known(stamp, snapshot, writers_of(data), str(data["host"]) if lives_elsewhere(data) else "")
    except _ODD as error:
        return Known(stamp, _damaged(path, handle, before, _words(error)), ())


def _in_local_time(run: RunSnapshot) -> RunSnapshot:
    """Return the run with its sentences told as a person's clock has it: run.json knows nothing but UTC."""
    last, fallen = run.ended or datetime.now(UTC), run.first_failure
    if fallen is not None:
        fallen = replace(fallen, drill=in_local_time(fallen.drill, last))
    return replace(run, reason=in_local_time(run.reason, last), first_failure=fallen)


def _covered(run: RunSnapshot) -> RunSnapshot:
    """Return the run without the secrets that may stand in its last words: they are shown, printed and sent on."""
    fallen = run.first_failure
    if run.status is not RunStatus.FAILED:
        return run
    values = secrets_of_plan(read_object(Path(run.folder, "plan.json"))) | {*secret_values(os.environ)}
    longest = sorted(values, key=len, reverse=True)
    if fallen is not None:
        fallen = replace(fallen, text=redact_counted(fallen.text, longest)[0])
    return replace(run, first_failure=fallen, reason=redact_counted(run.reason, longest)[0])


def _check(run: RunSnapshot) -> None:
    """Raise for values that would be a surprise to whoever shows or sorts runs."""
    texts = (run.run, run.display_name, run.experiment, run.reason, run.framework, run.source)
    if not all(isinstance(each, str) for each in texts):
        raise TypeError("a text is none")
    phases = [time for each in run.phases for time in (each.started, each.ended)]
    times = [run.created, run.started, run.ended, *phases]
    times += [time for each in run.ranks for time in (each.started, each.ended)]
    if run.first_failure is not None:
        times.append(run.first_failure.at)
    if any(each is not None and each.tzinfo is None for each in times):
        raise TypeError("a time is of nowhere")
    run.created.timestamp()
    for value, step in run.metrics.values():
        float(value), int(step)
    dict(run.tags)
    for count in (run.nodes, run.processes_per_node, *(each.rank for each in run.ranks)):
        int(count)


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


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
    with holding.held(folder) as mine:
        if not mine:
            return  # its supervisor is only coming, or another program closes it
        data = read_object(folder / "run.json")
        if not data or data.get("status") in TERMINAL or any(processes.is_same(*each) for each in writers_of(data)):
            return
        if "supervisor" in data:
            recover(folder)
        elif time.time() - (folder / "run.json").stat().st_mtime > 1.0:
            close_run(folder, "The program that submitted the run ended before its supervisor started.", 0)
