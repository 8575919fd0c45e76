"""Ties a log's feed, which works in a thread, to a widget, which may be gone when the feed has something to say."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from desktop_app.services.logs.feed import LogFeed, Update
from desktop_app.services.logs.merge import LogSource


class LogReader(QObject):
    """`arrived` carries the feed's updates on the window's thread. `close` before letting go of it."""

    arrived = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.feed: LogFeed | None = None

    def open(self, sources: Sequence[LogSource]) -> LogFeed:
        """Read other logs from now on."""
        self.close()
        self.feed = LogFeed(sources, self._deliver)
        return self.feed

    def close(self) -> None:
        """End the thread that reads."""
        if self.feed is not None:
            self.feed.close()
            self.feed = None

    def _deliver(self, update: Update) -> None:
        with contextlib.suppress(RuntimeError):  # Qt has taken the reader away meanwhile
            self.arrived.emit(update)
