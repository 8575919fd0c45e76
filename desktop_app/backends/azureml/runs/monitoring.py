"""How the runs are: asked for at a pace that goes by what happens and by what the service wishes.

A fault of the network or of the service leaves a run Unknown, with the reason and the time of the last good answer; it
never fails one. A run that the service does not know any more is said to be gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from desktop_app.api import OutsideError, RunSnapshot, RunStatus, Workspace
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.client.wire import CloudFault
from desktop_app.backends.azureml.runs.known import NEVER, TURN, Known
from desktop_app.backends.azureml.runs.polling import BUDGET, Polled, Poller
from desktop_app.backends.azureml.runs.records import Records
from desktop_app.core.backoff import Backoff
from desktop_app.core.run_states import unknown

QUICKEST, SLOWEST = 1.0, 20.0
"""Seconds between two polls of a workspace: while something happens, and when nothing has for long."""
WATCHED = 2.0
"""Seconds between two polls of a run that somebody looks at, in one request: as often as the service's own client."""
_ATTENTION = 12.0  # seconds for which a look at a run lasts
GRACE = 10.0
"""Seconds for which a run is told as it was while it can't be asked for: most faults are over by then."""
_SLOWER = 1.3
_PER_REQUEST = 0.5
_GONE_EVERY = 300.0
_WRITE_EVERY = 30.0
_GREETING = 50  # requests for a run that was just opened, with all its children
_LONGEST = 20.0  # less than the monitor waits, which would take it for a fault of all workspaces


@dataclass(slots=True)
class _Place:
    """What is known of one workspace: when it is asked next, and why it, or a part of its runs, couldn't be."""

    backoff: Backoff = field(default_factory=lambda: Backoff(2.0, 2.0, 60.0))
    due: float = NEVER
    gap: float = QUICKEST
    fault: CloudFault | None = None
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(slots=True)
class _Written:
    """What was last written of a run, and when."""

    snapshot: RunSnapshot
    at: float


class Monitoring:
    """The present state of runs. To be used on the event loop's thread."""

    def __init__(
        self,
        asking: Asking,
        records: Records,
        workspace_of: Callable[[str], Workspace],
        *,
        answered: Callable[[Workspace], None] = lambda _workspace: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._records = records
        self._workspace_of = workspace_of
        self._answered = answered
        self._clock = clock
        self._runs: dict[str, Known] = {}
        self._poller = Poller(asking, records, self._runs, clock)
        self._places: dict[str, _Place] = {}
        self._written: dict[str, _Written] = {}
        self._unknown: dict[str, tuple[RunSnapshot, str, RunSnapshot]] = {}
        self._attended: dict[str, float] = {}

    async def snapshots(self, handles: Iterable[str]) -> Mapping[str, RunSnapshot]:
        """Return the runs as they are; those that go on are asked for where it is time."""
        asked = list(handles)
        await self._remember(asked)
        known = [self._runs[each] for each in asked if each in self._runs]
        places: dict[str, list[Known]] = {}
        for each in known:
            if each.is_watched:
                places.setdefault(each.workspace.key, []).append(each)
        await asyncio.gather(*(self._poll(key, runs) for key, runs in places.items()))
        told: dict[str, RunSnapshot] = {}
        turn = time.perf_counter()
        for handle in asked:
            if (run := self._runs.get(handle)) is not None:
                told[handle] = self._shown(run)
            if time.perf_counter() - turn > TURN:
                await asyncio.sleep(0)
                turn = time.perf_counter()
        return told

    def known(self, handle: str) -> RunSnapshot | None:
        """Return what is known of a run without asking."""
        found = self._runs.get(handle)
        return None if found is None else found.snapshot

    def take(self, snapshot: RunSnapshot) -> None:
        """Take in what was learnt of a run elsewhere: its ranks from its logs, its metrics."""
        if (run := self._runs.get(snapshot.handle)) is not None:
            run.is_ended_here |= snapshot.status is RunStatus.CANCEL_REQUESTED
            run.snapshot = snapshot

    def hurry(self, handle: str) -> None:
        """Ask for a run's workspace at the next turn: something was done to the run."""
        if handle in self._runs:
            place = self._place(self._runs[handle].workspace.key)
            place.due, place.gap = min(place.due, self._clock()), QUICKEST

    def attend(self, handle: str) -> None:
        """Ask for a run often for a while: somebody looks at it, and wants to know how it ends."""
        self._attended[handle] = self._clock() + _ATTENTION

    async def greet(self, snapshot: RunSnapshot) -> None:
        """Take in a run that was just opened: it is asked for, over or not, and so are its children."""
        await self._remember([snapshot.handle])
        if (run := self._runs.get(snapshot.handle)) is not None:
            place, run.is_new = self._place(run.workspace.key), True
            async with place.turn:
                await self._ask(place, [run], _GREETING)

    def forget(self, handle: str) -> None:
        """Forget a run."""
        for each in (self._runs, self._written, self._unknown, self._attended):
            each.pop(handle, None)

    async def _remember(self, handles: Sequence[str]) -> None:
        new = [each for each in handles if each not in self._runs]
        if not new:
            return
        read = await asyncio.to_thread(lambda: [self._records.read(routes.place_of(each).run) for each in new])
        for handle, found in zip(new, read, strict=True):
            if found is not None and found.handle == handle and handle not in self._runs:
                self._runs[handle] = Known(found, self._workspace_of(routes.place_of(handle).workspace))

    def _shown(self, run: Known) -> RunSnapshot:
        """Return a run as it is told: Unknown where it could not be asked for, and that for a while."""
        fault, handle = self._place(run.workspace.key).fault, run.snapshot.handle
        if fault is None or self._clock() - run.asked < GRACE or run.snapshot.is_over or run.is_gone:
            return run.snapshot
        before, reason = self._unknown.get(handle), str(fault)
        if before is not None and before[0] is run.snapshot and before[1] == reason:
            return before[2]
        told = unknown(run.snapshot, reason, run.seen.astimezone() if run.seen else None)
        self._unknown[handle] = run.snapshot, reason, told
        return told

    def _place(self, key: str) -> _Place:
        if key not in self._places:  # asked for each of thousands of runs: none is made in vain
            self._places[key] = _Place()
        return self._places[key]

    async def _poll(self, key: str, runs: Sequence[Known]) -> None:
        """Ask a workspace for its runs if it is time; who comes while another asks waits for that answer."""
        place = self._place(key)
        now = self._clock()
        waited = place.turn.locked()
        async with place.turn:
            fresh = [each for each in runs if each.asked == NEVER and place.fault is None]
            if waited or (now < place.due and not fresh):
                await self._ask_watched(place, [] if waited else runs)
                return
            await self._ask(place, [each for each in runs if self._is_due(each, now)])

    async def _ask_watched(self, place: _Place, runs: Sequence[Known]) -> None:
        """Ask for those alone that somebody looks at; a service that has trouble is left in peace."""
        now = self._clock()
        self._attended = {handle: until for handle, until in self._attended.items() if until > now}
        watched = [each for each in runs if each.snapshot.handle in self._attended and not each.is_gone]
        due = [each for each in watched if now - each.asked >= WATCHED]
        if due and place.fault is None:
            polled = await self._polled(due, 1)
            if polled.fault is not None:
                self._put_off(place, polled, polled.fault)
            await self._write(due)

    def _is_due(self, run: Known, now: float) -> bool:
        return not run.is_gone or now - run.asked >= _GONE_EVERY

    async def _ask(self, place: _Place, runs: Sequence[Known], budget: int = BUDGET) -> None:
        if not runs:
            place.due = self._clock() + SLOWEST
            return
        if place.fault is not None:  # go on where it stopped
            now = self._clock()
            runs = [each for each in runs if now - each.asked >= place.gap] or runs
        before = [each.snapshot.status for each in runs]
        polled = await self._polled(runs, budget)
        place.fault = polled.fault
        if polled.fault is not None:
            self._put_off(place, polled, polled.fault)
        else:
            place.backoff.reset()
            changed = any(old is not new.snapshot.status for old, new in zip(before, runs, strict=True))
            place.gap = QUICKEST if changed else min(SLOWEST, place.gap * _SLOWER)
            place.due = self._clock() + max(place.gap, polled.requests * _PER_REQUEST)
            self._answered(runs[0].workspace)
        await self._write(runs)

    def _put_off(self, place: _Place, polled: Polled, fault: CloudFault) -> None:
        """Ask a workspace again when it wishes, or later each time that it fails."""
        if polled.requests:
            place.backoff.reset()
        place.fault, wished = fault, fault.retry_after
        wait = place.backoff.next() if wished is None or fault.kind != "throttled" else wished
        place.due = self._clock() + max(wait, wished or 0.0)

    async def _polled(self, runs: Sequence[Known], budget: int) -> Polled:
        try:
            async with asyncio.timeout(_LONGEST):
                return await self._poller.ask(runs, budget)
        except CloudFault as fault:
            return Polled(0, fault)
        except TimeoutError:
            return Polled(0, _no_answer(runs[0].workspace))

    async def _write(self, runs: Sequence[Known]) -> None:
        """Keep what is new: at once where a state changed, else now and then. A full disk costs only that."""
        now = self._clock()
        due = [each.snapshot for each in runs if self._is_worth_writing(each, now)]
        if due:
            with contextlib.suppress(OutsideError):
                await asyncio.to_thread(self._records.write, due)
            self._written.update({each.handle: _Written(each, now) for each in due})

    def _is_worth_writing(self, run: Known, now: float) -> bool:
        before = self._written.get(run.snapshot.handle)
        if before is None or before.snapshot.status is not run.snapshot.status:
            return True
        return before.snapshot is not run.snapshot and (run.snapshot.is_over or now - before.at >= _WRITE_EVERY)


def _no_answer(workspace: Workspace) -> CloudFault:
    return CloudFault(f"{workspace.name} gave no whole answer for {_LONGEST:g} seconds.", kind="timeout")
