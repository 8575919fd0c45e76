"""Follows a run to its end: its phases on standard error, the lines of its logs where the verb wants them."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from types import FrameType

from desktop_app.api import JobBackend, OutsideError, RunSnapshot, RunStatus, UserError
from desktop_app.cli import console
from desktop_app.cli.following_trials import TrialTeller, tells
from desktop_app.cli.log_tail import LogTail
from desktop_app.cli.refusals import EndedError
from desktop_app.core.backoff import Backoff
from desktop_app.services.logs.sources import logs_of

INTERVAL = 0.1
PATIENCE = 3.0
"""For so many seconds a run may be out of sight before following it ends."""


class Interrupts:
    """Ctrl+C as a request to cancel, of which a second one ends the program at once; SIGTERM as a request to leave."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.asked = asyncio.Event()
        self.left = asyncio.Event()
        self.any = asyncio.Event()

    @contextlib.contextmanager
    def caught(self) -> Iterator[None]:
        """Take Ctrl+C and SIGTERM as long as this lasts."""
        before = signal.signal(signal.SIGINT, self._pressed)
        try:
            with self.leaving():
                yield
        finally:
            signal.signal(signal.SIGINT, before)

    @contextlib.contextmanager
    def leaving(self) -> Iterator[None]:
        """Take SIGTERM alone."""
        before = signal.signal(signal.SIGTERM, self._told)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, before)

    def _pressed(self, _signal: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self._set(self.asked)

    def _told(self, _signal: int, _frame: FrameType | None) -> None:
        self._set(self.left)

    def _set(self, event: asyncio.Event) -> None:
        self._loop.call_soon_threadsafe(event.set)
        self._loop.call_soon_threadsafe(self.any.set)


class Follower:
    """Shows one run; `write` takes a line of a log, `rank` restricts the logs to that of one rank."""

    def __init__(self, backend: JobBackend, handle: str, write: Callable[[str], None], rank: int | None = None) -> None:
        self._backend = backend
        self._handle = handle
        self._run = handle.rpartition("/")[2]
        self._write = write
        self._rank = rank
        self._tails: dict[int, LogTail] = {}
        self._labels: dict[int, str] = {}
        self._said: set[str] = set()
        self._is_lost = False
        self._seen = time.monotonic()
        self._backoff = Backoff(INTERVAL, 2.0, 5.0)
        self._trials = TrialTeller(backend, write)

    async def follow(self, interrupts: Interrupts) -> RunSnapshot:
        """Return the run's last snapshot once it is over; Ctrl+C cancels it and goes on following."""
        canceling = False
        while True:
            snapshot = await self._look()
            more = await self._show(snapshot) if snapshot else False
            if snapshot and snapshot.is_over and not more:
                self._finish(snapshot)
                return snapshot
            if interrupts.left.is_set():
                raise self._left(snapshot)
            if interrupts.asked.is_set() and not canceling:
                canceling = True
                console.note("Canceling. Ctrl+C once more leaves it to itself.")
                await self._backend.cancel(self._handle)
            if not more:
                await self._pause(interrupts, canceling)

    def _left(self, snapshot: RunSnapshot | None) -> EndedError:
        if snapshot is not None and snapshot.status is RunStatus.NOT_STARTED:
            hint = (
                f"`rankzero outbox send {self._run}` tries again, `rankzero outbox withdraw {self._run}` takes it back."
            )
            return EndedError(f"This program was asked to end; {self._run} waits to be sent.", hint=hint)
        hint = f"`rankzero runs logs {self._run} --follow` shows it again, `rankzero runs cancel {self._run}` ends it."
        return EndedError(f"This program was asked to end; the run {self._run} goes on.", hint=hint)

    async def _look(self) -> RunSnapshot | None:
        try:
            found = (await self._backend.snapshots([self._handle])).get(self._handle)
        except UserError as error:
            self._lose(f"Can't be asked at the moment: {error}")
            await asyncio.sleep(self._backoff.next())
            return None
        self._backoff.reset()
        if found is not None:
            self._seen = time.monotonic()
        elif time.monotonic() - self._seen > PATIENCE:
            hint = f"Was its folder removed? `rankzero runs show {self._run}` says what was last known of it."
            raise OutsideError(f"The run {self._run} can't be found any more.", hint=hint)
        return found

    async def _show(self, snapshot: RunSnapshot) -> bool:
        for phase in snapshot.phases:
            self._say(phase.name.value, phase.name.value)
        if snapshot.status is RunStatus.UNKNOWN:
            self._lose(f"Unknown: {snapshot.reason}")
        else:
            self._find(snapshot)
        if snapshot.status is RunStatus.NOT_STARTED and snapshot.reason:
            self._say(snapshot.reason, f"{snapshot.reason} Ctrl+C takes the job back.")
        if tells(snapshot):
            await self._trials.look(snapshot)
            return False
        await self._find_logs(snapshot)
        many = self._is_merged(snapshot)
        copied = [self._copy(rank, tail.lines(), many) for rank, tail in sorted(self._tails.items())]
        return any(copied)

    def _is_merged(self, snapshot: RunSnapshot) -> bool:
        return self._rank is None and len(snapshot.ranks) + len(snapshot.launcher_logs) > 1

    async def _find_logs(self, snapshot: RunSnapshot) -> None:
        wanted = [each for each in logs_of(snapshot) if self._rank in (None, each.number)]
        if all(each.number in self._tails for each in wanted):
            return
        files = await self._backend.log_files(self._handle)
        for each in wanted:
            if each.number not in self._tails and each.path in files:
                self._tails[each.number] = LogTail(files[each.path])
                self._labels[each.number] = each.label

    def _finish(self, snapshot: RunSnapshot) -> None:
        for rank, tail in sorted(self._tails.items()):
            self._copy(rank, tail.rest(), self._is_merged(snapshot))

    def _copy(self, rank: int, lines: list[str], many: bool) -> bool:
        for line in lines:
            self._write(f"[{self._labels[rank]}] {line}" if many else line)
        return bool(lines)

    async def _pause(self, interrupts: Interrupts, canceling: bool) -> None:
        if canceling:
            await asyncio.sleep(INTERVAL)
            return
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(interrupts.any.wait(), INTERVAL)

    def _lose(self, text: str) -> None:
        """Say that the run can't be seen; once, until it is seen again."""
        self._is_lost = True
        self._say(f"lost {text}", text)

    def _find(self, snapshot: RunSnapshot) -> None:
        if self._is_lost:
            self._is_lost = False
            self._said = {each for each in self._said if not each.startswith("lost ")}
            if not snapshot.is_over:
                console.note(f"The run is seen again: {snapshot.status.value}.")

    def _say(self, key: str, text: str) -> None:
        if key not in self._said:
            self._said.add(key)
            console.note(text)
