"""Metric points and resource samples of runs, read from where the last reading stopped."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from desktop_app.api import MetricPoint, ResourcePoint

T = TypeVar("T")
MOST_FOLDERS = 5000
_INT64 = 1 << 63


class Series(Generic[T]):
    """The lines of one growing file as values; a line that can't be understood is left out."""

    def __init__(self, path: Path, make: Callable[[Mapping[str, Any]], T]) -> None:
        self._path = path
        self._make = make
        self._offset = 0
        self._lock = threading.Lock()
        self.values: list[T] = []

    def read(self) -> list[T]:
        """Read what came, whole lines only; return all values so far: the very list, which grows, for looking at."""
        with self._lock:
            return self._read()

    def _read(self) -> list[T]:
        try:
            with self._path.open("rb") as file:
                if file.seek(0, os.SEEK_END) < self._offset:
                    self._offset, self.values = 0, []
                file.seek(self._offset)
                new = file.read()
        except OSError:
            return self.values
        end = new.rfind(b"\n") + 1
        self._offset += end
        self.values += self._parsed(new[:end])
        return self.values

    def _parsed(self, lines: bytes) -> Iterator[T]:
        for line in lines.splitlines():
            try:
                yield self._make(json.loads(line))
            except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
                continue


def metric_point(line: Mapping[str, Any]) -> MetricPoint:
    """Return a line of metrics.jsonl."""
    rank, step = line.get("rank"), int(line["step"])
    if not -_INT64 <= step < _INT64:
        raise OverflowError("the step fits no curve")
    rank = None if rank is None else int(rank)
    return MetricPoint(str(line["name"]), float(line["value"]), step, _time(line), rank)


def resource_point(line: Mapping[str, Any]) -> ResourcePoint:
    """Return a line of resources.jsonl."""
    gpu, gpu_memory = line.get("gpu"), line.get("gpu_memory")
    return ResourcePoint(
        int(line["rank"]), _time(line), float(line["cpu"]), int(line["memory"]),
        None if gpu is None else float(gpu), None if gpu_memory is None else int(gpu_memory),
    )  # fmt: skip


def _time(line: Mapping[str, Any]) -> float:
    """Return when a point was taken. Raises ValueError for a time that no axis has: the file may be anybody's."""
    time = float(line["time"])
    if not math.isfinite(time):
        raise ValueError("no time")
    return time


def event_folders(code: Path) -> tuple[list[str], int]:
    """Return the folders of the working copy that hold TensorBoard event files, and the size of these in all.

    Whoever reads them looks below them too, so a folder that lies in another of them is not named.
    """
    folders: list[str] = []
    size = 0
    for number, (here, _, files) in enumerate(os.walk(code)):
        if number > MOST_FOLDERS:
            break
        events = [each for each in files if ".tfevents." in each]
        if events:
            if not any(here.startswith(each + os.sep) for each in folders):
                folders.append(here)
            size += sum(_size(Path(here, each)) for each in events)
    return folders, size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
