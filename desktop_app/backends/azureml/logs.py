"""The logs of a run as local files that grow with those in the cloud: only what is new is fetched, by many at once.

A log is read through a link that expires; then the run's details, which hold the links, are asked for anew. A log that
became shorter is started anew, and its text says so where that happened.
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
from desktop_app.backends.azureml import routes
from desktop_app.backends.azureml.asking import Asking
from desktop_app.backends.azureml.safe_names import placed_below
from desktop_app.backends.azureml.snapshots import status_of
from desktop_app.backends.azureml.wire import CloudFault, Tail
from desktop_app.core.backoff import Backoff
from desktop_app.worker.supervisor.arrivals import Arrivals

AT_ONCE = 12
"""Logs of one run that are read at the same time."""
PACE = 1.0
"""Seconds between two looks at a log that somebody reads."""
_QUIET = 1.8
_DETAILS_EVERY = 15.0
_LEASE = 20.0
_FOLDERS = ("user_logs/", "logs/", "azureml-logs/")
_RESTARTED = b"\n--- This log began anew in the cloud; what follows is its new text. ---\n"
_CHUNK = 1 << 20


@dataclass(slots=True)
class _Log:
    """One log: its link, its `path` here and the file that is fetched into, which differs once the log began anew."""

    name: str
    path: Path
    url: str
    offset: int = 0
    due: float = float("-inf")
    again: Path | None = None
    shown: int = 0
    arrivals: Arrivals | None = None


@dataclass(slots=True)
class RunLogs:
    """Keeps the logs of one run up to date, below `folder`. To be used on the event loop's thread.

    `seen` takes the run's details; `marks_of` says where it is noted when a rank's log grew, so that logs of several
    ranks can be merged by time.
    """

    asking: Asking
    workspace: Workspace
    run: str
    folder: Path
    seen: Callable[[Mapping[str, Any]], None]
    marks_of: Callable[[str], Path | None] = lambda _name: None
    clock: Callable[[], float] = time.monotonic
    fault: CloudFault | None = None
    is_whole: bool = False
    _until: float = float("-inf")
    refused: list[str] = field(default_factory=list)
    _logs: dict[str, _Log] = field(default_factory=dict)
    _details_at: float = float("-inf")
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _slots: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _task: asyncio.Task[None] | None = None

    def files(self) -> Mapping[str, Path]:
        """Return the logs that are known, ranks' first, with the files here."""
        names = sorted(self._logs, key=lambda each: (_FOLDERS.index(_folder_of(each)), each))
        return {each: self._logs[each].path for each in names}

    async def catch_up(self) -> None:
        """Fetch all that is new of every log. Raises CloudFault and OutsideError."""
        async with self._turn:
            is_over = await self._renew()
            await self._read(list(self._logs.values()))
            self.is_whole = is_over

    def look(self, *, forever: bool = False) -> None:
        """Go on following for a while, or until the run is over."""
        self._until = max(self._until, float("inf") if forever else self.clock() + _LEASE)

    def follow(self, is_over: Callable[[], bool]) -> None:
        """Keep the files growing until the run is over."""
        if self._task is None or self._task.done():
            for each in self._logs.values():
                each.due = float("-inf")
            self._task = asyncio.create_task(self._follow(is_over), name=f"logs of {self.run}")

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

    async def _look(self) -> None:
        now = self.clock()
        if now - self._details_at >= (_DETAILS_EVERY if self._logs else 2 * PACE):
            await self._renew()
        await self._read([each for each in self._logs.values() if each.due <= now])

    async def _renew(self) -> bool:
        """Ask for the run's details: its logs and fresh links to them. Returns whether the run is over."""
        path = routes.history(self.workspace, f"runs/{quote(self.run)}/details")
        details: Any = (await self.asking.api(self.workspace, "GET", path)).json
        self._details_at = self.clock()
        found: Any = details.get("logFiles") if isinstance(details, dict) else None
        for name, url in (found if isinstance(found, dict) else {}).items():
            if _folder_of(name) and isinstance(url, str):
                await self._take(name, url)
        if not isinstance(details, dict):
            return False
        self.seen(details)
        return status_of(str(details.get("status"))) in TERMINAL

    async def _take(self, name: str, url: str) -> None:
        if name in self._logs:
            self._logs[name].url = url
            return
        path = placed_below(self.folder, name)
        if path is None:
            self.refused += [] if name in self.refused else [name]
            return
        self._logs[name] = await asyncio.to_thread(_opened, _Log(name, path, url))

    async def _read(self, logs: list[_Log]) -> None:
        """Read many at once; the first fault counts, after the others had their turn."""
        done = await asyncio.gather(*(self._read_one(each) for each in logs), return_exceptions=True)
        for each in done:
            if isinstance(each, BaseException):
                raise each

    async def _read_one(self, log: _Log) -> None:
        async with self._slots:
            tail = await self._tail(log)
            if tail is None:
                return
            if tail.shrunk:
                await asyncio.to_thread(_begin_anew, log)
                tail = await self._tail(log) or tail
            else:
                log.offset = tail.offset
            if log.again is not None:
                await asyncio.to_thread(_show, log)
            if tail.appended:
                await asyncio.to_thread(self._mark, log)
            log.due = self.clock() + (PACE if tail.appended else _QUIET)

    def _mark(self, log: _Log) -> None:
        if log.arrivals is None:
            marks = self.marks_of(log.name)
            if marks is None:
                return
            with contextlib.suppress(OSError):
                marks.parent.mkdir(parents=True, exist_ok=True)
            log.arrivals = Arrivals(log.path, marks)
        log.arrivals.look(time.time())

    async def _tail(self, log: _Log) -> Tail | None:
        """Fetch what is new; None for a log that went away. An expired link is renewed once."""
        try:
            return await self._tailed(log)
        except CloudFault as fault:
            if fault.kind == "not-found" or fault.status == 404:
                log.due = self.clock() + _DETAILS_EVERY
                return None
            if fault.status not in (401, 403):
                raise
        await self._renew()
        return await self._tailed(log)

    async def _tailed(self, log: _Log) -> Tail:
        tail = await self.asking.wire.tail(self.workspace, log.url, log.again or log.path, log.offset)
        if not tail.shrunk:
            log.offset = tail.offset
        return tail


def _folder_of(name: str) -> str:
    return next((each for each in _FOLDERS if name.startswith(each)), "")


def _opened(log: _Log) -> _Log:
    """Find out how far a log was read before, perhaps by another process."""
    log.path.parent.mkdir(parents=True, exist_ok=True)
    log.path.touch()
    again = sorted(_restarts(log.path).glob("*.part"), key=lambda each: int(each.stem))
    if not again:
        log.offset = log.path.stat().st_size
        return log
    log.again, log.shown = again[-1], int(again[-1].stem)
    log.offset = log.again.stat().st_size
    return log


def _restarts(path: Path) -> Path:
    return path.parent / ".anew" / path.name


def _begin_anew(log: _Log) -> None:
    """Say in the text that the log began anew; what comes is fetched beside and shown after that."""
    with log.path.open("ab") as file:
        file.write(_RESTARTED)
        size = file.tell()
    log.again, log.shown, log.offset = _restarts(log.path) / f"{size}.part", size, 0
    log.again.parent.mkdir(parents=True, exist_ok=True)
    log.again.write_bytes(b"")


def _show(log: _Log) -> None:
    """Add to the log here what was fetched beside it and is not in it yet."""
    assert log.again is not None
    with log.again.open("rb") as source, log.path.open("ab") as file:
        source.seek(max(0, file.tell() - log.shown))
        while chunk := source.read(_CHUNK):
            file.write(chunk)
