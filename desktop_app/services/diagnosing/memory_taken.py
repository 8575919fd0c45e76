"""How much memory the ranks of a run took: where that was little, SIGKILL is no sign that the memory ran out."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil

from desktop_app.api import DrillKind, Explanation, RunSnapshot
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.diagnosis.silent import MOSTLY_MEMORY
from desktop_app.services.json_objects import object_in

_SIGKILL = "SIGKILL"
_LITTLE = 0.5
"""Of a machine's memory that all ranks took: with less of it, it is unlikely that they filled it."""
_MOST = 16 << 20  # bytes of samples that are read: the last
_GIB = 1 << 30
_OTHERS = (
    "A scheduler, a preemption, or a person with kill -9 most likely ended it: see who.",
    "dmesg | grep -i oom (or journalctl -k) on that machine tells whether the system killed it for memory even so.",
)


def with_memory(known: Diagnosis, run: RunSnapshot) -> Diagnosis:
    """Return a diagnosis that says of a rank killed by SIGKILL that memory is unlikely the reason, where it is.

    Reads the samples of a run of this machine.
    """
    cause = known.cause
    if cause is None or cause.category != "oom-host" or cause.certainty > WEAK or _SIGKILL not in cause.cause:
        return known
    if not _is_of_here(run):
        return known
    taken, there = _taken(run), psutil.virtual_memory().total
    if not 0 < taken < there * _LITTLE:
        return known
    seen = f"Of this machine's {there / _GIB:.1f} GiB all ranks were seen to take {taken / _GIB:.1f} at most"
    said = f"{seen}: memory is unlikely the reason, unless a container or a scheduler allows less."
    told = cause.cause.replace(MOSTLY_MEMORY, "")
    advice, category = (_OTHERS, "killed") if told != cause.cause else (cause.advice, cause.category)
    return _with_cause(known, replace(cause, cause=f"{told} {said}", advice=advice, category=category))


def _is_of_here(run: RunSnapshot) -> bool:
    """Whether a run was on this machine, whose memory is known, and no drill took memory away."""
    if any(each.kind == DrillKind.MEMORY for each in run.drills) or run.backend != "local" or run.from_bundle:
        return False
    return object_in(Path(run.folder, "run.json")).get("host") == socket.gethostname()


def _taken(run: RunSnapshot) -> int:
    """Return the most that all ranks took, each at its highest."""
    highest: dict[int, int] = {}
    for rank, memory in _samples(Path(run.folder, "resources.jsonl")):
        highest[rank] = max(memory, highest.get(rank, 0))
    return sum(highest.values())


def _samples(path: Path) -> Iterator[tuple[int, int]]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _MOST))
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            data = json.loads(line)
            yield int(data["rank"]), int(data["memory"])
        except (ValueError, TypeError, KeyError):
            continue


def _with_cause(known: Diagnosis, cause: Explanation) -> Diagnosis:
    every = tuple(cause if each is known.cause else each for each in known.all)
    return replace(known, all=every, cause=cause)
