"""Waiting without polling: sleep until a child ends, a signal or a connection comes, or time is up."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
from types import FrameType


class Wakeups:
    """Signals land in a pipe that `wait` listens to. One per process, in its main thread."""

    def __init__(self) -> None:
        self._reader, writer = os.pipe()
        for end in (self._reader, writer):
            os.set_blocking(end, False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._reader, selectors.EVENT_READ)
        self._door: socket.socket | None = None
        self.asked_to_end = False
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, self._note)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._end)

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
                    os.read(self._reader, 4096)
        return knocked

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Let the wake-up pipe do its work."""

    def _end(self, number: int, frame: FrameType | None) -> None:
        self.asked_to_end = True
