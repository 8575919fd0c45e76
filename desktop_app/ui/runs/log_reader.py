"""Ties a log's feed, which works in a thread, to a widget, which may be gone when the feed has something to say."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from desktop_app.services.logs.feed import LogFeed, Update
from desktop_app.services.logs.merge import LogSource


class LogReader(QObject):
    """`arrived` carries the feed's updates on the window's thread. `close` before letting go of it.

    What an earlier feed said last may still be on its way when another is opened: it is dropped.
    """

    arrived = Signal(object)
    _delivered = Signal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self.feed: LogFeed | None = None
        self._opened = 0
        self._delivered.connect(self._pass_on)

    def open(self, sources: Sequence[LogSource]) -> LogFeed:
        """Read other logs from now on."""
        self.close()
        self._opened += 1
        number = self._opened

        def deliver(update: Update) -> None:
            with contextlib.suppress(RuntimeError):  # Qt has taken the reader away meanwhile
                self._delivered.emit(number, update)

        self.feed = LogFeed(sources, deliver)
        return self.feed

    def close(self) -> None:
        """End the thread that reads."""
        if self.feed is not None:
            self.feed.close()
            self.feed = None

    def _pass_on(self, number: int, update: Update) -> None:
        if number == self._opened and self.feed is not None:
            self.arrived.emit(update)
