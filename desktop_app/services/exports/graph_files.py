"""Opens ONNX files for the graph view: read in a thread, understood on the loop in pieces shorter than a frame.

The thread does little but wait for the disk, which frees the interpreter; what computes stays on the loop, where no
other thread takes the interpreter away from whoever paints. Nothing of a file is run, and no native code reads it.
"""

from __future__ import annotations

import asyncio
import os
import stat
import threading
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import BinaryIO, TypeVar

from desktop_app.api import OutsideError, UserError
from desktop_app.core.onnx_graph.outline import Outline, outlining
from desktop_app.core.onnx_graph.reading import read_header, reading
from desktop_app.core.onnx_graph.skeleton import skeleton
from desktop_app.core.onnx_graph.steps import Steps
from desktop_app.core.onnx_graph.values import Header, Model

T = TypeVar("T")
PIECE = 0.004
"""Seconds that the loop is kept at a time."""


@dataclass(frozen=True, slots=True, eq=False)
class GraphFile:
    """A model that was opened."""

    path: Path
    size: int
    """Bytes of the file itself."""
    model: Model
    outline: Outline


async def in_pieces(steps: Steps[T], piece: float = PIECE) -> T:
    """Do the work on the loop, which goes on in between."""
    while True:
        until = perf_counter() + piece
        while perf_counter() < until:
            try:
                next(steps)
            except StopIteration as ended:
                result: T = ended.value
                return result
        await asyncio.sleep(0)


async def open_graph(path: Path) -> GraphFile:
    """Open a model; raises a `UserError` that says why it can't be."""
    size, thin = await _thin(path)
    model = await in_pieces(reading(thin))
    return GraphFile(path, size, model, await in_pieces(outlining(model)))


async def open_header(path: Path) -> tuple[int, Header]:
    """Return how many bytes a file has, and what the model in it says of itself, without its nodes."""
    size, thin = await _thin(path)
    return size, read_header(thin)


def header_of(path: Path) -> tuple[int, Header]:
    """Return the same where there is no loop."""
    size, thin = _read(path, threading.Event())
    return size, read_header(thin)


async def _thin(path: Path) -> tuple[int, bytes]:
    given_up = threading.Event()
    try:
        return await asyncio.to_thread(_read, path, given_up)
    finally:
        given_up.set()  # the thread of a task that is cancelled ends with its next read


def _read(path: Path, given_up: threading.Event) -> tuple[int, bytes]:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UserError(f"{path.name} is no file that could be opened.", hint="Choose an ONNX file.")
        with path.open("rb", buffering=0) as file:
            source = _File(file, os.fstat(file.fileno()).st_size, given_up)
            return source.size, skeleton(source)
    except FileNotFoundError as error:
        raise UserError(f"There is no file {path}.", hint="It may have been moved or deleted.") from error
    except OSError as error:
        raise OutsideError(f"{path.name} can't be read: {error.strerror or error}.") from error


class _File:
    """A file as a source; reading it ends when nobody waits any more."""

    def __init__(self, file: BinaryIO, size: int, given_up: threading.Event) -> None:
        self._file, self._given_up = file, given_up
        self.size = size

    def read(self, at: int, count: int) -> bytes:
        """Return `count` bytes from `at`, or fewer at the end."""
        if self._given_up.is_set():
            raise UserError("Nobody waits for this file any more.")
        self._file.seek(at)
        return self._file.read(count)
