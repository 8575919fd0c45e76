"""Waiting without polling: sleep until a child ends, a signal or a connection comes, or time is up."""

from __future__ import annotations

import contextlib
import selectors
import signal
import socket
import sys
from types import FrameType


class Wakeups:
    """Signals land in a pipe that `wait` listens to. One per process, in its main thread."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._door: socket.socket | None = None
        self.asked_to_end = False
        # A pair of sockets, not a pipe: Windows can wait for nothing else.
        self._reader, self._writer = socket.socketpair()
        for end in (self._reader, self._writer):
            end.setblocking(False)
        self._selector.register(self._reader, selectors.EVENT_READ)
        signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        if sys.platform != "win32":
            signal.signal(signal.SIGHUP, self._end)
            signal.signal(signal.SIGCHLD, self._note)

    def listen(self, door: socket.socket) -> None:
        """Wake up, once, when somebody knocks at this listening socket."""
        self._door = door
        self._selector.register(door, selectors.EVENT_READ)

    def wait(self, seconds: float) -> bool:
        """Sleep; return whether somebody knocked."""
        knocked = False
        for key, _ in self._selector.select(seconds):
            if key.fileobj is self._door:
                self._selector.unregister(self._door)
                self._door, knocked = None, True
            else:
                with contextlib.suppress(BlockingIOError):
                    self._reader.recv(4096)
        return knocked

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Let the wake-up pipe do its work."""

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_end = True
