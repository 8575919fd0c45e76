"""Reads TensorBoard event files; started by path as a child of the program, which never imports this.

Each line of standard input is a JSON object {"files": [...]}, paths of event files. The answer is a line
{"points": [[file, tag, value, step, time], ...]} for each file that has new scalars, then {"done": true}.
A file is read on from where it was left. Without a request for a while the child ends.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO

IDLE = 60.0  # seconds


class EventFile:
    """One growing event file; one that can't be understood gives nothing more."""

    def __init__(self, path: str) -> None:
        from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader

        self._path = path
        self._loader: Any = LegacyEventFileLoader(path)
        self._scalars: set[str] = set()

    def new_points(self) -> list[list[object]]:
        """Return the scalars that came since the last time."""
        points: list[list[object]] = []
        try:
            for event in self._loader.Load() if self._loader else ():
                points += self._points_of(event)
        except Exception as error:  # noqa: BLE001 - protobuf, numpy and the loader each have errors of their own
            sys.stderr.write(f"{self._path}: {type(error).__name__}: {error}\n")
            self._loader = None
        return points

    def _points_of(self, event: Any) -> Iterator[list[object]]:
        for value in event.summary.value:
            number = self._number(value)
            if number is not None:
                yield [self._path, value.tag, number, event.step, event.wall_time]

    def _number(self, value: Any) -> float | None:
        """Return a scalar's value: PyTorch writes `simple_value`, TensorFlow 2 a tensor that its first event names."""
        kind = value.WhichOneof("value")
        if kind == "simple_value":
            return float(value.simple_value)
        if value.metadata.plugin_data.plugin_name == "scalars":
            self._scalars.add(value.tag)
        if kind != "tensor" or value.tag not in self._scalars:
            return None
        from tensorboard.util.tensor_util import make_ndarray

        return float(make_ndarray(value.tensor).item())


class Files:
    """All event files that were asked for."""

    def __init__(self) -> None:
        self._files: dict[str, EventFile] = {}

    def new_points(self, paths: list[str]) -> Iterator[list[list[object]]]:
        """Yield the new points of each file."""
        for path in paths:
            if path not in self._files:
                self._files[path] = EventFile(path)
            points = self._files[path].new_points()
            if points:
                yield points


def serve(requests: TextIO, answers: TextIO) -> None:
    """Answer until the input ends or nobody asks any more."""
    files = Files()
    while True:
        watch = threading.Timer(IDLE, os._exit, (0,))
        watch.daemon = True
        watch.start()
        line = requests.readline()
        watch.cancel()
        if not line:
            return
        for points in files.new_points(json.loads(line)["files"]):
            answers.write(json.dumps({"points": points}) + "\n")
        answers.write('{"done": true}\n')
        answers.flush()


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what libraries print must not get among the answers
    del sys.path[0]  # this file's own folder
    serve(sys.stdin, out)
