"""Ties a log's feed, which works in a thread, to a widget, which may be gone when the feed has something to say."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from contextlib import AbstractContextManager

from PySide6.QtCore import QObject, Signal

from desktop_app.presenters.log_merge import LogPage
from desktop_app.services.logs.feed import Change, LogFeed, Update
from desktop_app.services.logs.merge import LogSource

PIECE = 1000
"""Lines that are taken in at once: what that takes is less than a frame."""


class LogReader(QObject):
    """`arrived` carries the feed's updates on the window's thread. `close` before letting go of it.

    `asked` holds what is under way. What an earlier feed said last may still be on its way when another is opened: it
    is dropped.
    """

    arrived = Signal(object)
    _delivered = Signal(int, object)

    def __init__(self) -> None:
        super().__init__()
        self.feed: LogFeed | None = None
        self.asked: set[Change] = set()
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

    def ask_around(self, page: LogPage, top: int, rows: int, *, by: int, following: bool) -> None:
        """Ask for more lines beyond an edge that is near, of `rows` rows that are seen from `top` on.

        `by` is by how many rows the person goes on. Where as much is held as may be, lines are asked for only there:
        what came on one side would push out on the other what is asked for there next.
        """
        if self.feed is None or page.first is None or page.last is None:
            return
        near, left, tight = page.near(rows), len(page.rows) - top - rows, page.is_tight(PIECE)
        back, forth = not tight or by < 0, (not tight or by > 0) and not following
        if left < near and forth and not page.at_end and Change.AFTER not in self.asked:
            self.asked.add(Change.AFTER)
            self.feed.more_after(page.last, PIECE)
        if top < near and back and not page.at_start and Change.BEFORE not in self.asked:
            self.asked.add(Change.BEFORE)
            self.feed.more_before(page.first, PIECE)

    def ahead(self) -> AbstractContextManager[None]:
        """Let the window go first as long as this lasts: the thread that reads waits."""
        return contextlib.nullcontext() if self.feed is None else self.feed.breath.ahead()

    def close(self) -> None:
        """End the thread that reads."""
        if self.feed is not None:
            self.feed.close()
            self.feed = None

    def _pass_on(self, number: int, update: Update) -> None:
        if number == self._opened and self.feed is not None:
            self.arrived.emit(update)
