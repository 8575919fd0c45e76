"""Metric points and resource samples of runs, read from where the last reading stopped."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Generic, TypeVar

from desktop_app.api import MetricPoint, ResourcePoint

T = TypeVar("T")
MOST_FOLDERS = 5000


class Series(Generic[T]):
    """The lines of one growing file as values; a line that can't be understood is left out."""

    def __init__(self, path: Path, make: Callable[[Mapping[str, Any]], T]) -> None:
        self._path = path
        self._make = make
        self._offset = 0
        self.values: list[T] = []

    def read(self) -> list[T]:
        """Read what came, whole lines only; return all values so far."""
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
            except (ValueError, KeyError, TypeError):
                continue


def metric_point(line: Mapping[str, Any]) -> MetricPoint:
    """Return a line of metrics.jsonl."""
    rank = line.get("rank")
    return MetricPoint(str(line["name"]), float(line["value"]), int(line["step"]), float(line["time"]), rank)


def resource_point(line: Mapping[str, Any]) -> ResourcePoint:
    """Return a line of resources.jsonl."""
    return ResourcePoint(
        int(line["rank"]), float(line["time"]), float(line["cpu"]), int(line["memory"]), line.get("gpu"),
        line.get("gpu_memory"),
    )  # fmt: skip


def event_folders(code: Path) -> tuple[list[str], int]:
    """Return the folders of the working copy that hold TensorBoard event files, and the size of these in all."""
    folders: list[str] = []
    size = 0
    for number, (here, _, files) in enumerate(os.walk(code)):
        if number > MOST_FOLDERS:
            break
        events = [each for each in files if "events.out.tfevents" in each]
        if events:
            folders.append(here)
            size += sum(_size(Path(here, each)) for each in events)
    return folders, size


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
