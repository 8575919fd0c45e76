"""The logs of a run as local files that grow with those in the cloud: only what is new is fetched, by many at once.

A log is read through a link that expires; then the run's details, which hold the links, are asked for anew. A log that
became shorter is started anew, and its text says so where that happened. One process at a time fetches: others see the
files grow. How often each log is asked for, `log_pace` says.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from desktop_app.api import TERMINAL, OutsideError, Workspace
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.client.resources import record
from desktop_app.backends.azureml.client.wire import CloudFault, Tail
from desktop_app.backends.azureml.files.safe_names import placed_below
from desktop_app.backends.azureml.runs.log_copies import LogCopy
from desktop_app.backends.azureml.runs.log_pace import PACE, LogPace
from desktop_app.backends.azureml.runs.snapshots import status_of
from desktop_app.core.backoff import Backoff
from desktop_app.worker.supervisor import holding

AT_ONCE = 12
"""Logs of one run that are read at the same time."""
_DETAILS_EVERY, _DETAILS_SELDOM = 15.0, 120.0
"""Seconds between two looks for new logs, once all that are expected are there: longer each time that there is none."""
_SELDOMER = 1.5
_LEASE = 20.0
_OTHERS = 2.0
_FOLDERS = ("user_logs/", "logs/", "azureml-logs/")


@dataclass(slots=True)
class RunLogs:
    """Keeps the logs of one run up to date, below `folder`. To be used on the event loop's thread.

    `seen` takes the run's details; `marks_of` says where it is noted when a rank's log grew, so that logs of several
    ranks can be merged by time; `expected` is how many logs there will be, as far as that is known, `reason` why
    it ended.
    """

    asking: Asking
    workspace: Workspace
    run: str
    folder: Path
    seen: Callable[[Mapping[str, Any]], None]
    marks_of: Callable[[str], Path | None] = lambda _name: None
    expected: Callable[[], int] = lambda: 0
    reason: Callable[[], str] = lambda: ""
    clock: Callable[[], float] = time.monotonic
    fault: CloudFault | None = None
    is_whole: bool = False
    _logs: dict[str, LogCopy] = field(default_factory=dict)
    _until: float = float("-inf")
    _details_at: float = float("-inf")
    _details_gap: float = _DETAILS_EVERY
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _renewing: asyncio.Lock = field(default_factory=asyncio.Lock)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _task: asyncio.Task[None] | None = None
    _hold: contextlib.ExitStack | None = None
    _pace: LogPace = field(init=False)

    def __post_init__(self) -> None:
        self._pace = LogPace(self.clock)

    def files(self) -> Mapping[str, Path]:
        """Return the logs that are known, ranks' first, with the files here."""
        names = sorted(self._logs, key=lambda each: (_FOLDERS.index(_folder_of(each)), each))
        return {each: self._logs[each].path for each in names}

    async def catch_up(self) -> None:
        """Fetch all that is new of every log: first of that which the end names. Raises CloudFault and OutsideError."""
        async with self._turn:
            is_over = await self._renew()
            if not await asyncio.to_thread(self._claim, _OTHERS if is_over else 0.0):
                return  # another process fetches them
            try:
                for each in self._in_turn():
                    await self._read(each)
            finally:
                if not self.is_followed:
                    self._release()
            self.is_whole = is_over

    def _in_turn(self) -> tuple[list[LogCopy], list[LogCopy]]:
        """Return the logs that the reason of the run's end names, and the others."""
        reason, logs = self.reason(), self._logs.values()
        return [each for each in logs if each.name in reason], [each for each in logs if each.name not in reason]

    def look(self, *, forever: bool = False) -> None:
        """Go on following for a while, or until the run is over."""
        self._until = max(self._until, float("inf") if forever else self.clock() + _LEASE)

    def follow(self, is_over: Callable[[], bool]) -> None:
        """Keep the files growing until the run is over."""
        if not self.is_followed:
            for each in self._logs.values():
                each.due, each.gap = float("-inf"), 0.0
            self._task = asyncio.create_task(self._follow(is_over), name=f"logs of {self.run}")

    @property
    def is_kept_whole(self) -> bool:
        """Whether somebody reads to the very end, however long that takes."""
        return self._until == float("inf")

    @property
    def is_followed(self) -> bool:
        """Whether the files grow by themselves."""
        return self._task is not None and not self._task.done()

    async def close(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _follow(self, is_over: Callable[[], bool]) -> None:
        backoff = Backoff(PACE, 2.0, 30.0)
        try:
            while not is_over() and self.clock() < self._until:
                try:
                    async with self._turn:
                        await self._look()
                except OutsideError as fault:
                    self.fault = fault if isinstance(fault, CloudFault) else None
                    await asyncio.sleep(max(backoff.next(), getattr(fault, "retry_after", None) or 0.0))
                else:
                    self.fault = None
                    backoff.reset()
                    await asyncio.sleep(PACE / 4)
        finally:
            self._release()

    def _claim(self, patience: float = 0.0) -> bool:
        """Be the one process that fetches this run's logs; False where another one is."""
        if self._hold is None:
            stack = contextlib.ExitStack()
            with contextlib.suppress(OSError):
                self.folder.mkdir(parents=True, exist_ok=True)
            if not stack.enter_context(holding.held(self.folder, patience)):
                stack.close()
                return False
            self._hold = stack
        return True

    def _release(self) -> None:
        if self._hold is not None:
            self._hold.close()
            self._hold = None

    async def _look(self) -> None:
        now = self.clock()
        has_all = self._logs and len(self._logs) >= self.expected()
        if now - self._details_at >= (self._details_gap if has_all else 2 * PACE):
            await self._renew()
        if await asyncio.to_thread(self._claim):
            await self._read(self._pace.chosen([*self._logs.values()]))

    async def _renew(self) -> bool:
        """Ask for the run's details: its logs and fresh links to them. Returns whether the run is over."""
        path = routes.history(self.workspace, f"runs/{quote(self.run)}/details")
        details = record((await self.asking.api(self.workspace, "GET", path)).json)
        is_first, before = self._details_at == float("-inf"), len(self._logs)
        self._details_at = self.clock()
        for name, url in record(details.get("logFiles")).items():
            if _folder_of(name) and isinstance(url, str):
                await self._take(name, url, was_there=is_first)
        is_same = before == len(self._logs)
        self._details_gap = min(_DETAILS_SELDOM, self._details_gap * _SELDOMER) if is_same else _DETAILS_EVERY
        if details:
            self.seen(details)
        return status_of(str(details.get("status"))) in TERMINAL

    async def _take(self, name: str, url: str, *, was_there: bool) -> None:
        if name in self._logs:
            self._logs[name].url = url
        elif (path := placed_below(self.folder, name)) is not None:
            try:
                self._logs[name] = await asyncio.to_thread(LogCopy(name, path, url, was_there=was_there).open)
            except OSError as error:
                raise self._unwritten(error) from error

    async def _read(self, logs: list[LogCopy]) -> None:
        """Read many at once; the first fault counts, after the others had their turn. All of it came at one time."""
        came = time.time()
        done = await asyncio.gather(*(self._read_one(each, came) for each in logs), return_exceptions=True)
        for each in done:
            if isinstance(each, OSError):
                raise self._unwritten(each) from each
            if isinstance(each, BaseException):
                raise each

    def _unwritten(self, error: OSError) -> OutsideError:
        """Return what to say where a copy can't be written: the run itself goes on."""
        message = f"The logs of {self.run} can't be kept: {error.strerror or error}."
        return OutsideError(message, hint=f"Make room, or look at {self.folder}.")

    async def _read_one(self, log: LogCopy, came: float) -> None:
        async with self._slots:
            tail = await self._tail(log)
            if tail is not None and tail.shrunk:
                await asyncio.to_thread(log.begin_anew)
                tail = await self._tail(log)
            if tail is None:
                return
            await asyncio.to_thread(log.show)
            if tail.appended:
                await asyncio.to_thread(log.mark, self.marks_of, came)
            self._pace.asked(log, len(self._logs), grew=tail.appended > 0)

    async def _tail(self, log: LogCopy) -> Tail | None:
        """Fetch what is new; None for a log that went away. An expired link is renewed once, for all logs together."""
        used = log.url
        try:
            return await self._tailed(log)
        except CloudFault as fault:
            if fault.kind == "not-found":
                log.due = self.clock() + _DETAILS_EVERY
                return None
            if fault.status not in (401, 403):
                raise
        async with self._renewing:
            if log.url == used:
                await self._renew()
        return await self._tailed(log)

    async def _tailed(self, log: LogCopy) -> Tail:
        offset = await asyncio.to_thread(log.size)
        return await self.asking.wire.tail(self.workspace, log.url, log.target, offset)


def _folder_of(name: str) -> str:
    return next((each for each in _FOLDERS if name.startswith(each)), "")
