"""TensorBoard event files as metric points: the library that reads them lives in a child process.

The child keeps its place in every file, so that following a run costs in proportion to what is new. A file system
that hangs costs a reading its answer, and nobody else a thread: readers have their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any

from desktop_app.api import MetricPoint, OutsideError

_SCRIPT = Path(__file__).with_name("tensorboard_reader.py")
_MARK = ".tfevents."
_PATIENCE = 60.0  # seconds for an answer; a first reading of large files takes some
_MOST = 2_000_000  # points that are kept of runs that nobody asks for any more


async def read_tensorboard(folders: Sequence[str]) -> list[MetricPoint]:
    """Return all scalars below the folders once. Who asks again and again keeps a `TensorBoardReader`."""
    reader = TensorBoardReader()
    try:
        return await reader.read(folders)
    finally:
        await asyncio.to_thread(reader.close)


class TensorBoardReader:
    """Reads event files, each place in a file once; starts its child when there is something to read."""

    def __init__(self, patience: float = _PATIENCE) -> None:
        self._patience = patience
        self._pool = ThreadPoolExecutor(1, "event files")
        self._mutex = threading.Lock()
        self._child: _Child | None = None
        self._points: dict[str, list[tuple[str, float, int, float]]] = {}

    async def read(self, folders: Sequence[str]) -> list[MetricPoint]:
        """Return every scalar of all event files below the folders, by time.

        Where there are several folders with event files, a metric's name begins with its folder, seen from the one
        that holds all of them. Raises OutsideError where the child fails, or gives no answer within the patience.
        """
        asked = [str(each) for each in folders]
        reading = asyncio.get_running_loop().run_in_executor(self._pool, self._read, asked)
        try:
            return await asyncio.wait_for(reading, 2 * self._patience)  # the child's is the shorter one
        except TimeoutError:
            raise self._no_answer() from None

    def close(self) -> None:
        """End the child; the next reading starts another one."""
        with self._mutex:
            self._drop()

    def _read(self, folders: list[str]) -> list[MetricPoint]:
        files = sorted({each for folder in folders for each in _event_files(folder)})
        if not files:
            return []
        with self._mutex:
            self._make_room(files)
            for path, *point in self._new(files):
                self._points.setdefault(path, []).append((point[0], point[1], point[2], point[3]))
            return _named({each: self._points.get(each, []) for each in files})

    def _new(self, files: list[str]) -> list[list[Any]]:
        """Ask the child; one that ended meanwhile, as it does when it is idle, is started again and reads anew."""
        try:
            return self._ask(files)
        except TimeoutError:
            self._drop()
            raise self._no_answer() from None
        except _ChildEndedError as error:
            assert self._child is not None
            details = self._child.last_words()
            self._drop()
            raise OutsideError("TensorBoard's event files can't be read.", details=details) from error

    def _ask(self, files: list[str]) -> list[list[Any]]:
        if self._child is not None:
            with contextlib.suppress(_ChildEndedError):
                return self._child.ask(files, self._patience)
            self._drop()
        self._child = _Child()
        return self._child.ask(files, self._patience)

    def _make_room(self, files: list[str]) -> None:
        """Forget all points where there are very many of other runs: what is wanted is read anew."""
        others = self._points.keys() - set(files)
        if others and sum(len(self._points[each]) for each in others) > _MOST:
            self._drop()

    def _no_answer(self) -> OutsideError:
        message = f"TensorBoard's event files can't be read: no answer for {self._patience:g} seconds."
        return OutsideError(message, hint="Does the file system that they lie on hang?")

    def _drop(self) -> None:
        if self._child is not None:
            self._child.end()
        self._child = None
        self._points = {}


class _ChildEndedError(Exception):
    """The child gives no answer any more."""


class _Child:
    """The process that reads; it ends with its input, at the latest when this object or this program does."""

    def __init__(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `end`
        self._process = subprocess.Popen(
            [sys.executable, str(_SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            encoding="utf-8",
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # Windows alone knows it
        )
        self.end = weakref.finalize(self, _end, self._process, self._errors)

    def ask(self, files: list[str], patience: float) -> list[list[Any]]:
        """Return the new points of the files, each [file, tag, value, step, time].

        Raises TimeoutError after ending a child that took longer than `patience`, in seconds.
        """
        late = threading.Event()
        watch = threading.Timer(patience, self._end_late, (late,))
        watch.daemon = True
        watch.start()
        try:
            return self._asked(files)
        except _ChildEndedError:
            if late.is_set():
                raise TimeoutError from None
            raise
        finally:
            watch.cancel()

    def _end_late(self, late: threading.Event) -> None:
        late.set()
        self._process.kill()

    def _asked(self, files: list[str]) -> list[list[Any]]:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps({"files": files}) + "\n")
            self._process.stdin.flush()
            return list(self._answers())
        except (OSError, ValueError) as error:
            raise _ChildEndedError from error

    def last_words(self) -> str:
        """Return what the child wrote to its standard error."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")[-10_000:]

    def _answers(self) -> Iterator[list[Any]]:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            if "done" in answer:
                return
            yield from answer["points"]
        raise _ChildEndedError


def _end(process: subprocess.Popen[str], errors: IO[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        with contextlib.suppress(OSError):
            if stream is not None:
                stream.close()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    errors.close()


def _event_files(folder: str) -> Iterator[str]:
    for here, _, names in os.walk(folder):
        paths = (os.path.join(here, each) for each in names if _MARK in each)  # noqa: PTH118 - stays a text
        yield from (each for each in paths if os.path.isfile(each))  # noqa: PTH113


def _named(files: Mapping[str, Iterable[tuple[str, float, int, float]]]) -> list[MetricPoint]:
    homes = {file: os.path.dirname(file) for file in files}  # noqa: PTH120
    root = os.path.commonpath(homes.values())
    points = []
    for file, found in files.items():
        below = os.path.relpath(homes[file], root).replace(os.sep, "/")
        prefix = "" if below == "." else f"{below}/"
        points += [MetricPoint(prefix + tag, value, step, time) for tag, value, step, time in found]
    return sorted(points, key=lambda each: each.time)
