"""The run monitor: asks the backends how the runs are, and keeps store and archive up to date.

A backend that can't be asked leaves its runs Unknown, with the reason and the time of its last good answer, and
is asked less and less often. Waiting goes by the loop's monotonic clock: a clock that jumps disturbs nothing.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from desktop_app.api import JobBackend, RunSnapshot, RunStatus, UserError
from desktop_app.core.backoff import Backoff
from desktop_app.core.observable import Signal
from desktop_app.core.run_states import merge, unknown
from desktop_app.services.archive import RunArchive
from desktop_app.services.run_store import RunStore

GONE = "The run's files are gone; this is what was last known of it."
_TURN = 0.002  # seconds for which the loop's thread is held at most
_FIRST = 200  # runs that are shown before the archive is read to its end
_SLICE = 200  # runs that the store takes in at once; from the archive more, as a table paints itself after each
_RECALLED = 1000
_ARCHIVE_EVERY = 10.0  # seconds between two records of a run whose state stays the same


@dataclass(frozen=True, slots=True)
class BackendFault:
    """Why a backend can't be asked, and since when; `details` is a traceback where it is a bug."""

    reason: str
    last_good: datetime | None
    details: str = ""


@dataclass(slots=True)
class _Watched:
    """What the monitor knows of one backend."""

    backend: JobBackend
    backoff: Backoff
    last_good: datetime | None = None
    fault: BackendFault | None = None
    fault_told: str = ""
    known: set[str] = field(default_factory=set)
    live: set[str] = field(default_factory=set)
    missed: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    merged: dict[str, tuple[RunSnapshot, RunSnapshot]] = field(default_factory=dict)  # answers, and what came of them


class RunMonitor:
    """Refreshes the store from the backends and the archive; lives on the event loop's thread."""

    def __init__(
        self,
        backends: Mapping[str, JobBackend],
        archive: RunArchive,
        store: RunStore,
        *,
        patience: float = 30.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.faulted: Signal[[str]] = Signal()
        """Carries a backend's name when it can't be asked any more, for another reason than before, or can again."""
        self._watched = {name: _Watched(each, Backoff(1.0, 2.0, 60.0)) for name, each in backends.items()}
        self._archive = archive
        self._store = store
        self._patience = patience
        self._now = now
        self._recorded: dict[str, tuple[RunStatus, float]] = {}
        self._remembering: asyncio.Lock = asyncio.Lock()
        self._remembered = False
        self._note(frozenset(store.runs))
        store.changed.connect(self._note)

    @property
    def faults(self) -> Mapping[str, BackendFault]:
        """The backends that can't be asked at present, by name."""
        return {name: each.fault for name, each in self._watched.items() if each.fault}

    async def refresh(self, *names: str) -> None:
        """Ask every backend, or those that are named, once, all at the same time, whatever their back-off."""
        await self._remember()
        chosen = [each for name, each in self._watched.items() if not names or name in names]
        await asyncio.gather(*(self._ask(each) for each in chosen))

    async def watch(self, interval: float = 0.25) -> None:
        """Keep asking, each backend at its own pace, until cancelled."""
        await self._remember()
        async with asyncio.TaskGroup() as group:
            for name, each in self._watched.items():
                group.create_task(self._keep_asking(each, interval), name=f"monitor {name}")

    async def _keep_asking(self, watched: _Watched, interval: float) -> None:
        while True:
            await self._ask(watched)
            await asyncio.sleep(max(interval, watched.backoff.next()) if watched.fault else interval)

    async def _remember(self) -> None:
        """Take the archive's runs into the store, once."""
        async with self._remembering:
            if self._remembered:
                return
            await self._recall(await asyncio.to_thread(self._archive.newest, _FIRST))
            await self._recall(await asyncio.to_thread(self._archive.all))
            self._remembered = True

    async def _recall(self, archived: list[RunSnapshot]) -> None:
        self._recorded.update({each.handle: (each.status, -_ARCHIVE_EVERY) for each in archived})
        for watched in self._watched.values():
            watched.missed.update(run.handle for run in archived)
        await self._tell([each for each in archived if each.handle not in self._store.runs], _RECALLED)

    async def _tell(self, snapshots: Sequence[RunSnapshot], at_once: int = _SLICE) -> frozenset[str]:
        """Update the store in turns: what follows it, a table say, holds the event loop's thread as well."""
        before = frozenset(self._store.runs)
        told = self._store.update(snapshots[:at_once])
        for start in range(at_once, len(snapshots), at_once):
            await asyncio.sleep(0)
            removed = before - self._store.runs.keys()  # by the person, in between
            turn = snapshots[start : start + at_once]
            told |= self._store.update(each for each in turn if each.handle not in removed)
        return told

    async def _ask(self, watched: _Watched) -> None:
        async with watched.turn:
            before = set(watched.known)
            try:
                async with asyncio.timeout(self._patience):
                    found = set(await watched.backend.discover())
                    answers = await watched.backend.snapshots(self._worth_asking(watched, found))
            except Exception as error:  # noqa: BLE001 - a backend may come from a plugin; its bug is a fault like others
                changed = self._blame(watched, error)
            else:
                removed = before - watched.known  # by the person, while the backend was answering
                fresh = {handle: each for handle, each in answers.items() if handle not in removed}
                changed = await self._take(watched, found, fresh)
            if watched.fault_told != (reason := watched.fault.reason if watched.fault else ""):
                watched.fault_told = reason
                self.faulted.emit(watched.backend.name)
            await self._archive_changes(await self._tell(changed))

    def _note(self, handles: frozenset[str]) -> None:
        """Keep in mind which runs are whose and which go on: thousands are looked through several times a second."""
        for handle in handles:
            run = self._store.get(handle)
            for each in self._watched.values():
                each.known.discard(handle)
                each.live.discard(handle)
            if run and (watched := self._watched.get(run.backend)):
                watched.known.add(handle)
                watched.live.update(() if run.is_over else (handle,))

    def _worth_asking(self, watched: _Watched, found: set[str]) -> list[str]:
        """Return the runs that may have changed: those that go on, are new, or came back."""
        return sorted(watched.live | (found - watched.known) | (found & watched.gone))

    async def _take(self, watched: _Watched, found: set[str], answers: Mapping[str, RunSnapshot]) -> list[RunSnapshot]:
        watched.last_good, watched.fault = self._now(), None
        watched.backoff.reset()
        watched.gone -= answers.keys()
        missing = watched.known - found - answers.keys() - watched.gone
        lost = await self._lost(watched, missing & watched.missed)
        watched.missed = missing  # once may be bad luck: the run may be just starting
        for handle in watched.merged.keys() - answers.keys():
            del watched.merged[handle]
        return [*await self._all_merged(watched, answers.values()), *lost]

    async def _all_merged(self, watched: _Watched, answers: Iterable[RunSnapshot]) -> list[RunSnapshot]:
        """Return what is new of thousands, merged in turns: the event loop's thread is a window's as well."""
        found: list[RunSnapshot] = []
        before, turn = set(watched.known), time.perf_counter()
        for each in answers:
            if (merged := self._merged(watched, each)) is not self._store.get(each.handle):
                found.append(merged)
            if time.perf_counter() - turn > _TURN:
                await asyncio.sleep(0)
                turn = time.perf_counter()
        removed = before - watched.known  # by the person, in between
        return [each for each in found if each.handle not in removed]

    def _merged(self, watched: _Watched, new: RunSnapshot) -> RunSnapshot:
        """Return what is known of a run now; quick where backend and store still hold the objects of the last time."""
        old = self._store.get(new.handle)
        answer, result = watched.merged.get(new.handle, (None, None))
        if old is not None and old is result and new is answer:
            return old
        result = merge(old, new) if old else new
        watched.merged[new.handle] = new, result
        return result

    async def _lost(self, watched: _Watched, missing: Iterable[str]) -> list[RunSnapshot]:
        """Tell runs that were removed in good order, by whatever process, from those whose files just vanished."""
        kept = []
        for handle in sorted(missing):
            if handle in self._recorded and await asyncio.to_thread(self._archive.get, handle) is None:
                self._recorded.pop(handle)
                self._store.remove(handle)
            elif run := self._store.get(handle):
                watched.gone.add(handle)
                kept.append(_gone(run, watched.last_good))
        return kept

    def _blame(self, watched: _Watched, error: Exception) -> list[RunSnapshot]:
        name, last = watched.backend.title, watched.last_good
        if isinstance(error, TimeoutError):
            reason, details = f"{name} gave no answer for {self._patience:g} seconds.", ""
        elif isinstance(error, UserError):
            reason, details = str(error), error.details
        else:
            reason = f"{name} can't be asked: {type(error).__name__}: {error}"
            details = "".join(traceback.format_exception(error))
        watched.fault = BackendFault(reason, last, details)
        live = (self._store.get(handle) for handle in watched.live - watched.gone)
        here = last.astimezone() if last else None  # a person reads it
        return [unknown(each, reason, here) for each in live if each]

    async def _archive_changes(self, handles: frozenset[str]) -> None:
        """Record runs whose state changed at once, others now and then: their own files know the rest."""
        time = asyncio.get_running_loop().time()
        due = [each for each in map(self._store.get, handles) if each and self._is_due(each, time)]
        if due:
            await asyncio.to_thread(self._archive.record, *due)
            self._recorded.update({each.handle: (each.status, time) for each in due})

    def _is_due(self, snapshot: RunSnapshot, time: float) -> bool:
        status, at = self._recorded.get(snapshot.handle, (None, 0.0))
        if snapshot.reason.endswith(GONE) and snapshot.is_over:
            return False  # said anew at each start; the archive keeps the run's own reason
        return status is not snapshot.status or snapshot.is_over or time - at >= _ARCHIVE_EVERY


def _gone(snapshot: RunSnapshot, last_good: datetime | None) -> RunSnapshot:
    if snapshot.is_over:
        return dataclasses.replace(snapshot, reason=f"{snapshot.reason} {GONE}".strip())
    return unknown(snapshot, GONE, last_good)
