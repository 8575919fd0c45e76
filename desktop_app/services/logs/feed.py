"""A run's logs, read in a thread of their own: answers requests for windows, and says what is new as it comes.

The thread looks at the files' sizes 25 times a second (a thousand logs: less often) and, while following, reads
only the new bytes. Where a flood comes faster than a person can read, the last lines take the place of all between:
those that are held already, and the ends of the logs that grew.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum, auto

from desktop_app.services.logs.breath import Breath, Over
from desktop_app.services.logs.merge import MANY, Key, LogLine, LogSource, MergedLog, Tail, Window

POLL = 0.04
FLOOD = 256 << 10
"""Bytes between two looks from which on the new lines are not read one by one."""
_SINCE = 4
"""How many times more new lines than a window has are kept before they are put together with it."""


NOTHING = Window()


class Change(Enum):
    """What an update is to what is shown."""

    REPLACE = auto()  # `window` takes the place of all
    BEFORE = auto()  # `window` comes before what is shown
    AFTER = auto()  # `window` comes after it
    GROWN = auto()  # `lines` are new or longer; only while following
    SIZE = auto()  # there is more, unread


@dataclass(frozen=True, slots=True)
class Update:
    """An answer, or news. `ticket` is the one of the request that led to it."""

    ticket: int
    change: Change
    window: Window = NOTHING
    lines: tuple[LogLine, ...] = ()
    total: int = 0
    focus: Key | None = None


@dataclass(frozen=True, slots=True)
class _Request:
    ticket: int
    change: Change
    read: Callable[[MergedLog], Window]
    follow: bool = False
    focus: Key | None = None


class LogFeed:
    """Reads `sources`; `deliver` is called in the feed's thread. Close it when done."""

    def __init__(self, sources: Sequence[LogSource], deliver: Callable[[Update], None], poll: float = POLL) -> None:
        self.breath = Breath()
        self._sources, self._log = tuple(sources), MergedLog(())
        self._deliver = deliver
        self._poll = max(poll, len(sources) * 2e-4)
        self._requests: deque[_Request] = deque()
        self._wake = threading.Condition()
        self._closed = False
        self._paused = False
        self._ticket = 0
        self._following = False
        self._sizes: dict[int, int] = {}
        self._tails: dict[int, Tail] = {}
        self._end, self._since = NOTHING, list[LogLine]()  # while following: the last window, and what came since
        self._shown = 0  # the ticket of the last window that replaced all
        self._lines = 400
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run_all, name="log-feed", daemon=True)
        self._thread.start()

    def show_end(self, count: int, *, follow: bool) -> int:
        """Ask for the last `count` lines, and with `follow` for all that come after them."""
        self._lines = count
        return self._ask(Change.REPLACE, lambda log: log.end(count), follow=follow)

    def show_around(self, key: Key, before: int, after: int) -> int:
        """Ask for the lines around a line."""
        return self._ask(Change.REPLACE, lambda log: log.around(key, before, after), focus=key)

    def show_offset(self, rank: int, offset: int, before: int, after: int) -> int:
        """Ask for the lines around a byte of one rank's log."""
        ticket = self._next()

        def read(log: MergedLog) -> Window:
            line = log.line_of(rank, offset)
            return log.around(line.key, before, after) if line else log.end(before)

        return self._post(_Request(ticket, Change.REPLACE, read, focus=(-1.0, rank, offset)))

    def show_at(self, place: int, before: int, after: int) -> int:
        """Ask for the lines around a byte of all logs in their merged order."""
        return self._ask(Change.REPLACE, lambda log: log.at(place, before, after))

    def more_before(self, key: Key, count: int) -> int:
        """Ask for the lines before the first one that is shown."""
        return self._ask(Change.BEFORE, lambda log: log.before(key, count))

    def more_after(self, key: Key, count: int) -> int:
        """Ask for the lines from the last one that is shown on."""
        return self._ask(Change.AFTER, lambda log: log.after(key, count))

    def unfollow(self) -> None:
        """Say that there is more, but read it no longer."""
        self._following = False

    def pause(self, paused: bool) -> None:
        """Look at nothing while nobody looks."""
        with self._wake:
            self._paused = paused
            self._wake.notify()

    def close(self) -> None:
        """End the thread, in the midst of what it reads; nothing is delivered after this returns."""
        with self._wake:
            self._closed = True
            self.breath.end()
            self._wake.notify()
        self._over.wait()
        if len(self._sources) <= MANY:  # to let go of more takes longer than a frame, and nobody has to wait for it
            self._thread.join()

    def _ask(
        self, change: Change, read: Callable[[MergedLog], Window], *, follow: bool = False, focus: Key | None = None
    ) -> int:
        return self._post(_Request(self._next(), change, read, follow, focus))

    def _next(self) -> int:
        self._ticket += 1
        return self._ticket

    def _post(self, request: _Request) -> int:
        with self._wake:
            if request.change is Change.REPLACE:  # what was asked for before is no longer of interest
                self._requests.clear()
            self._requests.append(request)
            self._wake.notify()
        return request.ticket

    def _run_all(self) -> None:
        with suppress(Over):
            self._log = MergedLog(self._sources, breathe=self.breath)
        try:
            self._run()
        finally:
            self._over.set()
        self._log.let_go()

    def _run(self) -> None:
        while True:
            with self._wake:
                if not self._requests and not self._closed:
                    self._wake.wait(None if self._paused else self._poll)
                if self._closed:
                    return
                request = self._requests.popleft() if self._requests else None
                paused = self._paused
            with suppress(Over):
                if request is not None:
                    self._answer(request)
                elif not paused:
                    self._look()

    def _answer(self, request: _Request) -> None:
        if request.change is Change.REPLACE:
            self._following = request.follow
            self._shown = request.ticket
            self._sizes = self._log.sizes()
        if request.follow:
            self._replace(request.ticket)
            return
        window = request.read(self._log)
        self._send(Update(request.ticket, request.change, window, total=window.total, focus=request.focus))

    def _replace(self, ticket: int) -> None:
        """Show the end, and know exactly what of each log has been shown."""
        sizes = self._log.sizes()
        window = self._log.end_at(sizes, self._lines)
        self._tails = self._log.tails(sizes)
        self._show_end(ticket, window, sizes)

    def _skip_to_end(self, ranks: Sequence[int], sizes: dict[int, int]) -> None:
        """Show the end after a flood: of logs that did not grow it is known."""
        self._gather()
        begins = {rank: self._tails[rank].offset for rank in ranks}
        window, tails = self._log.end_after(self._end, begins, sizes, self._lines)
        self._tails |= tails
        self._show_end(self._shown, window, sizes)

    def _show_end(self, ticket: int, window: Window, sizes: dict[int, int]) -> None:
        self._sizes, self._end, self._since = sizes, window, []
        self._send(Update(ticket, Change.REPLACE, window, total=window.total))

    def _gather(self) -> None:
        """Let the last window be what it is with what came since."""
        if not self._since:
            return
        before, at_start = self._end.lines, self._end.at_start
        found = {(each.rank, each.offset): each for each in (*before, *self._since)}
        lines = sorted(found.values(), key=lambda each: each.key)
        if not at_start:
            lines = [each for each in lines if each.key >= before[0].key]
        at_start = at_start and len(lines) <= self._lines
        self._end, self._since = Window(tuple(lines[-self._lines :]), at_start=at_start), []

    def _look(self) -> None:
        if not self._shown:
            return  # nothing was asked for yet that could have more
        sizes = self._log.sizes()
        if sizes == self._sizes:
            return
        grown = {rank: more for rank, size in sizes.items() if (more := size - self._sizes.get(rank, 0))}
        if not self._following:
            self._sizes = sizes
            self._send(Update(self._shown, Change.SIZE, total=sum(sizes.values())))
        elif min(grown.values()) < 0:
            self._replace(self._shown)
        elif sum(grown.values()) > FLOOD or self._held() > FLOOD:
            self._skip_to_end(list(grown), sizes)
        else:
            self._grow(list(grown), sizes)

    def _held(self) -> int:
        return sum(len(each.held) for each in self._tails.values())

    def _grow(self, ranks: Sequence[int], sizes: dict[int, int]) -> None:
        lines: list[LogLine] = []
        for rank in ranks:
            tail = self._tails[rank]
            data = self._log.read(rank, tail.end, sizes[rank] - tail.end)
            sizes[rank] = tail.end + len(data)
            more, self._tails[rank] = self._log.appended(rank, tail, data, time.time())
            lines += more
        self._sizes = sizes
        self._since += lines
        if len(self._since) > _SINCE * self._lines:
            self._gather()
        if lines:
            lines.sort(key=lambda each: each.key)
            self._send(Update(self._shown, Change.GROWN, lines=tuple(lines), total=sum(sizes.values())))

    def _send(self, update: Update) -> None:
        with self._wake:
            if self._closed:
                return
        self._deliver(update)
