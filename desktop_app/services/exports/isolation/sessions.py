"""The warm workers of this program: one for each toolchain and folder of code, ended when idle or at the end."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.api import OutsideError, Progress, UserError, Value, WorkerTask
from desktop_app.places import Places
from desktop_app.services.exports.isolation import leftovers
from desktop_app.services.exports.isolation.holding import hold
from desktop_app.services.exports.isolation.limits import MemoryWatch
from desktop_app.services.toolchains import Toolchains
from desktop_app.services.workers import Session

_IDLE = 300.0
"""Seconds that a worker stays warm without work."""


@dataclass
class Warm:
    """A session with the folder it works in, and what holds it."""

    session: Session
    folder: Path
    facts: tuple[tuple[str, str], ...]
    idle: asyncio.TimerHandle | None = None


@dataclass
class Sessions:
    """Starts sessions, keeps them warm, and ends them."""

    places: Places
    toolchains: Toolchains
    _warm: dict[tuple[str, str], Warm] = field(default_factory=dict)
    _ending: set[asyncio.Task[None]] = field(default_factory=set)
    _begun: dict[tuple[str, str], asyncio.Task[Warm]] = field(default_factory=dict)
    _starting: dict[tuple[str, str], asyncio.Lock] = field(default_factory=dict)
    _turns: dict[tuple[str, str], asyncio.Lock] = field(default_factory=dict)

    async def get(self, toolchain: str, code: str, progress: Progress) -> Warm:
        """Return a session of a toolchain for models whose code lies in `code`; the toolchain is made if it is missing.

        Code of one folder never meets another's: they might have modules of the same names.
        """
        key = (toolchain, code)
        async with self._starting.setdefault(key, asyncio.Lock()):
            return await self._got(key, toolchain, progress)

    async def _got(self, key: tuple[str, str], toolchain: str, progress: Progress) -> Warm:
        known = self._warm.get(key)
        if known is not None and known.session.is_alive:
            self._rest(key, known, None)
            return known
        if known is not None:
            await self._drop(key)
        made = await asyncio.to_thread(self.toolchains.get, toolchain)  # a Python of the person's own choice, too
        if made.origin == "made":
            made = await self.toolchains.create(toolchain, progress)
        if made.state != "ready":
            raise OutsideError(f"The toolchain “{toolchain}” is {made.state}. {made.reason}".strip())
        progress(f"Starting Python of the toolchain {made.title}", None)
        if key not in self._begun:
            self._begun[key] = asyncio.create_task(self._begin(key, str(made.python)), name="start a worker")
        return await asyncio.shield(self._begun[key])  # who goes away meanwhile leaves it to the next, or to `close`

    async def _begin(self, key: tuple[str, str], python: str) -> Warm:
        try:
            warm = await self._start(python, key[0])
            self._warm[key] = warm
            self._rest(key, warm, _IDLE)
            return warm
        finally:
            del self._begun[key]

    async def call(self, task: WorkerTask, code: str, progress: Progress) -> Value:
        """Do a task in its toolchain's session for that code, which then stays warm for a while.

        One after the other: a task that is cancelled, or that takes too much, ends its session and no other's task.
        """
        key = (task.toolchain, code)
        async with self._turns.setdefault(key, asyncio.Lock()):
            return await self._called(key, task, progress)

    async def _called(self, key: tuple[str, str], task: WorkerTask, progress: Progress) -> Value:
        warm = await self.get(*key, progress)
        self._rest(key, warm, None)
        watch = MemoryWatch(warm.session.pid, warm.session.stop)
        watching = asyncio.create_task(watch.watch(), name="watch a worker's memory")
        try:
            return await warm.session.call(task, progress)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            warm.session.peak_bytes = max(warm.session.peak_bytes, watch.peak)
            self._rest(key, warm, _IDLE)

    def peak(self, toolchain: str, code: str) -> int:
        """Return the most memory that a session has held, in bytes; 0 where that is not known."""
        warm = self._warm.get((toolchain, code))
        return warm.session.peak_bytes if warm is not None else 0

    def facts(self, toolchain: str, code: str) -> tuple[tuple[str, str], ...]:
        """Return how a session is held, in words."""
        warm = self._warm.get((toolchain, code))
        return warm.facts if warm is not None else ()

    async def end(self, toolchain: str, code: str) -> None:
        """End one session, if there is one, once it has done what it is at."""
        async with self._turns.setdefault((toolchain, code), asyncio.Lock()):
            await self._drop((toolchain, code))

    async def _drop(self, key: tuple[str, str]) -> None:
        warm = self._warm.pop(key, None)
        if warm is not None:
            await self._end(warm)

    async def close(self) -> None:
        """End all sessions."""
        await asyncio.gather(*self._begun.values(), return_exceptions=True)
        found = [*self._warm.values()]
        self._warm.clear()
        await asyncio.gather(*(self._end(each) for each in found), *self._ending)

    async def _start(self, python: str, toolchain: str) -> Warm:
        folder = await asyncio.to_thread(self._folder)
        try:
            held = await asyncio.to_thread(hold, python, folder, toolchain)
            session = await Session.start([*held.argv_prefix, python], folder, held.environment)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
            raise
        return Warm(session, folder, held.facts)

    def _folder(self) -> Path:
        try:
            self.places.workers.mkdir(parents=True, exist_ok=True, mode=0o700)
            leftovers.sweep(self.places.workers)
            folder = Path(tempfile.mkdtemp(prefix="w-", dir=self.places.workers))
            leftovers.own(folder)
            return folder
        except OSError as error:
            message = f"No folder for a worker could be made in {self.places.workers}: {error.strerror or error}."
            raise UserError(message, hint="RANKZERO_CACHE names another place for it.") from error

    def _rest(self, key: tuple[str, str], warm: Warm, seconds: float | None) -> None:
        if warm.idle is not None:
            warm.idle.cancel()
            warm.idle = None
        if seconds is not None and self._warm.get(key) is warm:
            warm.idle = asyncio.get_running_loop().call_later(seconds, self._retire, key)

    def _retire(self, key: tuple[str, str]) -> None:
        warm = self._warm.pop(key, None)
        if warm is not None:
            task = asyncio.create_task(self._end(warm), name="end an idle worker")
            self._ending.add(task)
            task.add_done_callback(self._ending.discard)

    async def _end(self, warm: Warm) -> None:
        if warm.idle is not None:
            warm.idle.cancel()
        with contextlib.suppress(ProcessLookupError):
            await warm.session.end()
        await asyncio.to_thread(_clear, warm.folder)


def _clear(folder: Path) -> None:
    """End what a worker started and took out of its group, and remove its folder."""
    leftovers.end_processes(folder)
    shutil.rmtree(folder, ignore_errors=True)


def packages_of(packages: Mapping[str, str], wanted: tuple[str, ...]) -> dict[str, str]:
    """Return the versions of those packages that are there."""
    return {name: packages[name] for name in wanted if name in packages}
