"""The wire to one plugin's process: bytes, lines, what it says meanwhile, and its end."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass

import psutil

from desktop_app.services.plugins.processes.faults import LostError
from desktop_app.services.plugins.processes.nursery import Born, Cradle

_PIECE = 1 << 18
_KEPT = 20_000  # characters of what a process printed last


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended, in words, and where it was then, if it could say so."""

    how: str = ""
    trace: str = ""


class Connection:
    """Used by one call at a time; ended from any thread."""

    def __init__(self, cradle: Cradle) -> None:
        self._cradle = cradle
        self._born: Born = cradle.start()
        self._born.connection.setblocking(False)
        self._guard = threading.Lock()
        self._users = 0
        self._buffer = bytearray()
        self._said = ""
        self._process: psutil.Process | None = None
        self.is_ended = False
        self.number = 0

    @property
    def pid(self) -> int:
        """The process."""
        return self._born.pid

    @property
    def waiting(self) -> int:
        """How many bytes of a line have come whose end has not."""
        return len(self._buffer)

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._born.connection.fileno()

    @contextlib.contextmanager
    def used(self) -> Iterator[None]:
        """Keep the descriptor open while it may be waited for. Raises LostError where the process was ended."""
        with self._guard:
            if self.is_ended:
                raise LostError("it was ended")
            self._users += 1
        try:
            yield
        finally:
            with self._guard:
                self._users -= 1
                self._close_if_done()

    def write(self, data: memoryview) -> int:
        """Write what can be written now. Raises EOFError where nobody reads."""
        try:
            return self._born.connection.send(data[:_PIECE])
        except BlockingIOError:
            return 0
        except OSError as error:
            raise EOFError from error

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that have come by now. Raises EOFError, after the last one, where the other side hung up."""
        try:
            piece = self._born.connection.recv(_PIECE)
        except BlockingIOError:
            return
        except OSError as error:
            raise EOFError from error
        start = len(self._buffer)
        self._buffer += piece
        while (end := self._buffer.find(b"\n", start)) >= 0:
            line, start = bytes(self._buffer[:end]), 0
            del self._buffer[: end + 1]
            yield line
        if not piece:
            raise EOFError

    def say(self, text: object) -> None:
        """Pass on what the plugin printed."""
        if isinstance(text, str):
            self._said = (self._said + text)[-_KEPT:]
            with contextlib.suppress(OSError, ValueError, AttributeError):  # there may be no standard error
                sys.stderr.write(text)
                sys.stderr.flush()

    def said_last(self) -> str:
        """Return what it printed last, for the details of a fault."""
        return f"It printed:\n{self._said}" if self._said else ""

    def cpu(self) -> float:
        """Return the processor's seconds that the process has had."""
        with contextlib.suppress(psutil.Error):
            times = self._looked_at().cpu_times()
            return float(times.user + times.system)
        return 0.0

    def status(self) -> str:
        """Return whether it runs, sleeps, …"""
        with contextlib.suppress(psutil.Error):
            return str(self._looked_at().status())
        return ""

    def end(self, *, asks: bool = False) -> Ended:
        """End the process with all it started. Raises LostError where it went with the nursery."""
        with self._guard:
            if self.is_ended:
                return Ended()
            self.is_ended = True
        try:
            code = self._cradle.end(self.pid, asks=asks)
            self._born.trace.seek(0)
            trace = self._born.trace.read(_KEPT).decode("utf-8", "replace")
            return Ended(_in_words(code), trace)
        finally:
            with self._guard:
                self._born.trace.close()
                with contextlib.suppress(OSError):
                    self._born.connection.shutdown(socket.SHUT_RDWR)
                self._close_if_done()

    def _looked_at(self) -> psutil.Process:
        if self._process is None:
            self._process = psutil.Process(self.pid)
        return self._process

    def _close_if_done(self) -> None:
        if self.is_ended and not self._users:
            self._born.connection.close()


def _in_words(code: int | None) -> str:
    if code is None:
        return "nobody saw how"
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"signal {-code}, {signal.Signals(-code).name}"
    return f"signal {-code}"
