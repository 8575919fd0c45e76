"""Starts and ends plugins' processes: by a nursery that forks them, or each with a Python of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Protocol

import psutil

from desktop_app.api import _plugins
from desktop_app.api._plugins.importing import library_folder
from desktop_app.processes import group_options
from desktop_app.services.plugins.processes.faults import LostError

_SCRIPT = Path(_plugins.__file__).with_name("process.py")
_START = 30.0  # seconds for the nursery to import the api and fork, which takes a fraction of one
_END = 8.0  # seconds for it to end a process: it gives up on the system after less
_ASKED = 0.3  # seconds for a process to say where it is, before it is ended
_TRIES = 3  # times that a nursery is started


@dataclass(frozen=True, slots=True)
class Born:
    """A process that has started: the socket to it, and what a crash wrote of itself."""

    pid: int
    connection: socket.socket
    trace: IO[bytes]


class Cradle(Protocol):
    """Where plugins' processes come from."""

    def start(self) -> Born:
        """Start a process. Raises LostError or OSError where that can't be."""
        ...

    def end(self, pid: int, *, asks: bool = False) -> int | None:
        """End a process with all it started, return how it ended (negative: a signal), None where nobody knows.

        With `asks` it may write down where it is. Raises LostError where the process went with who started it.
        """
        ...

    def close(self) -> None:
        """End all processes that are left."""
        ...


class Nursery:
    """A process that has imported the api, and forks one for each plugin in a few milliseconds."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = _popen("nursery", theirs)

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked for anything."""
        return self._process.poll() is None

    def start(self) -> Born:
        """See `Cradle`."""
        ours, theirs = socket.socketpair()
        trace = _trace_file()
        with theirs:
            try:
                answer = self._ask({"do": "fork"}, _START, [theirs.fileno(), trace.fileno()])
                return Born(int(answer["pid"]), ours, trace)
            except BaseException:
                ours.close()
                trace.close()
                raise

    def end(self, pid: int, *, asks: bool = False) -> int | None:
        """See `Cradle`."""
        status = self._ask({"do": "end", "pid": pid, "asks": asks}, _END)["status"]
        return None if status is None else os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """End it, and by that all that it started."""
        with self._turn:
            self._channel.close()
            try:
                self._process.wait(_END)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def kill(self) -> None:
        """End it though it answers nothing; what it started goes with it (Linux), or hangs up."""
        self._process.kill()
        self.close()

    def _ask(self, order: dict[str, object], seconds: float, descriptors: Sequence[int] = ()) -> dict[str, Any]:
        with self._turn:
            try:
                self._channel.settimeout(seconds)
                line = json.dumps(order).encode()
                if descriptors:
                    socket.send_fds(self._channel, [line], descriptors)
                else:
                    self._channel.sendall(line)
                answer = self._channel.recv(4096)
                if not answer:
                    raise LostError("the nursery has ended")
            except OSError as error:
                raise LostError(f"the nursery can't be asked: {error}") from error
        found: dict[str, Any] = json.loads(answer)
        if "error" in found:
            raise OSError(*found["error"])
        return found


class Fresh:
    """Starts a Python for each plugin: on systems that can't fork, and where nurseries die."""

    def __init__(self) -> None:
        self._processes: dict[int, subprocess.Popen[bytes]] = {}

    def start(self) -> Born:
        """See `Cradle`."""
        ours, theirs = socket.socketpair()
        with theirs:
            trace = _trace_file()
            try:
                process = _popen("alone", theirs, trace)
            except BaseException:
                ours.close()
                trace.close()
                raise
        self._processes[process.pid] = process
        return Born(process.pid, ours, trace)

    def end(self, pid: int, *, asks: bool = False) -> int | None:
        """See `Cradle`; what left the process's group and its parents is not found here."""
        process = self._processes.pop(pid, None)
        if process is None:
            return None
        _kill_tree(process, asks=asks)
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        return process.wait()

    def close(self) -> None:
        """See `Cradle`."""
        for pid in tuple(self._processes):
            self.end(pid)


class Cradles:
    """A nursery where there can be one, started when it is first needed and ended with its last process."""

    def __init__(self) -> None:
        self._turn = threading.RLock()
        self._nursery: Nursery | None = None
        self._fresh = Fresh()
        self._at_home: dict[int, Cradle] = {}
        self._left = _TRIES if hasattr(os, "fork") and hasattr(socket, "send_fds") else 0

    def start(self) -> Born:
        """See `Cradle`."""
        with self._turn:
            while self._left:
                try:
                    return self._known(self._nursed(), self._nursed().start())
                except LostError:
                    self._drop()
            return self._known(self._fresh, self._fresh.start())

    def end(self, pid: int, *, asks: bool = False) -> int | None:
        """See `Cradle`."""
        with self._turn:
            home = self._at_home.get(pid)
        if home is None:
            return None
        try:
            return home.end(pid, asks=asks)
        except LostError:
            with self._turn:
                if home is self._nursery:
                    self._drop()
            raise
        finally:
            with self._turn:
                self._at_home.pop(pid, None)
                if not self._at_home:
                    self._rest()

    def close(self) -> None:
        """See `Cradle`."""
        with self._turn:
            self._at_home.clear()
            self._fresh.close()
            self._rest()

    def _nursed(self) -> Nursery:
        if self._nursery is None:
            self._nursery = Nursery()
        return self._nursery

    def _known(self, home: Cradle, born: Born) -> Born:
        self._at_home[born.pid] = home
        return born

    def _drop(self) -> None:
        self._left -= 1
        nursery, self._nursery = self._nursery, None
        if nursery is not None:
            nursery.kill()

    def _rest(self) -> None:
        nursery, self._nursery = self._nursery, None
        if nursery is not None:
            nursery.close()


def _popen(kind: str, theirs: socket.socket, *traces: IO[bytes]) -> subprocess.Popen[bytes]:
    """Start the script of plugins' processes; its prints, and those of what it starts, go to standard error."""
    words = [python(sys.platform), "-I", "-S", str(_SCRIPT), kind, str(theirs.fileno()), str(library_folder())]
    descriptors = [theirs.fileno(), *(each.fileno() for each in traces)]
    words += map(str, descriptors[1:])
    process = subprocess.Popen(
        words,
        stdin=subprocess.DEVNULL if kind == "nursery" else subprocess.PIPE,
        stdout=_standard_error(),
        pass_fds=() if sys.platform == "win32" else descriptors,
        **group_options(),
    )
    if sys.platform == "win32" and process.stdin is not None:
        shared = theirs.share(process.pid)
        process.stdin.write(struct.pack("<I", len(shared)) + shared)
        process.stdin.flush()
    return process


def python(platform: str) -> str:
    """Return the Python to start.

    On Windows a virtual environment's only starts another, which the socket and the end would not reach.
    """
    return str(getattr(sys, "_base_executable", "") or sys.executable) if platform == "win32" else sys.executable


def _trace_file() -> IO[bytes]:
    """Return a file for what a crash writes: in memory where that can be, for a disk may be full."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("trace"), "w+b")
    return tempfile.TemporaryFile()


def _standard_error() -> int:
    try:
        os.fstat(2)
    except OSError:
        return subprocess.DEVNULL
    return 2


def _kill_tree(process: subprocess.Popen[bytes], *, asks: bool) -> None:
    below: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        below = psutil.Process(process.pid).children(recursive=True)
    if sys.platform != "win32":
        if asks:  # it writes down where it is, and ends by that
            process.send_signal(signal.SIGABRT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_ASKED)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for each in below:
        with contextlib.suppress(psutil.Error):
            each.kill()
    process.kill()
