"""How the runs are: asked in pages, at a pace that goes by what happens and by what the service wishes.

A fault of the network or of the service leaves a run Unknown, with the reason and the time of the last good answer; it
never fails one. A run that the service does not know any more is said to be gone.
"""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from desktop_app.api import RunSnapshot, RunStatus, Workspace
from desktop_app.backends.azureml import routes, snapshots
from desktop_app.backends.azureml.asking import Asking, is_missing, items_of
from desktop_app.backends.azureml.records import Records, placed
from desktop_app.backends.azureml.resources import record
from desktop_app.backends.azureml.wire import Ask, CloudFault
from desktop_app.core.backoff import Backoff
from desktop_app.core.run_states import unknown

BATCH = 125
"""Runs asked for in one request: a thousand in eight."""
QUICKEST, SLOWEST = 1.0, 20.0
"""Seconds between two polls of a workspace: while something happens, and when nothing has for long."""
_SLOWER = 1.3
_PER_REQUEST = 0.5
_GONE_EVERY = 300.0
_WRITE_EVERY = 30.0
_PATIENCE = 12.0
_LONGEST = 20.0  # less than the monitor waits, which would take it for a fault of all workspaces
_MOST_SINGLE = 5
_MOST_PAGES = 4
_CHILDREN_EVERY = 5.0
_ORCHESTRATORS = frozenset({"hyperdrive", "pipeline"})
_UNREAD = (
    "createdBy", "lastModifiedBy", "properties", "actionUris", "services", "settings", "inputDatasets",
    "outputDatasets", "computeRequest", "compute", "queueingInfo", "inputs", "outputs", "warnings", "parameters",
    "runDefinition", "jobSpecification", "systemSettings", "uniqueChildRunComputeTargets", "details", "debugInfo",
)  # fmt: skip
"""What is long in a run's record and not read here."""
_TOLD = (
    "status",
    "startTimeUtc",
    "endTimeUtc",
    "createdUtc",
    "displayName",
    "parentRunId",
    "revision",
    "lastModifiedUtc",
)
_TURN = 0.004  # seconds that the event loop's thread is held at most: a window shall not stand still


@dataclass(slots=True)
class _Run:
    """What is known of one run; `asked` and `written` are times of the monotonic clock."""

    snapshot: RunSnapshot
    workspace: Workspace
    is_gone: bool = False
    asked: float = float("-inf")
    written: RunSnapshot | None = None
    written_at: float = float("-inf")
    told: tuple[Any, ...] = ()
    unknown: tuple[RunSnapshot, str, RunSnapshot] | None = None
    children_at: float = float("-inf")
    has_children: bool = False


@dataclass(slots=True)
class _Place:
    """What is known of one workspace: when it is asked next, and why it couldn't be."""

    backoff: Backoff = field(default_factory=lambda: Backoff(2.0, 2.0, 60.0))
    due: float = float("-inf")
    gap: float = QUICKEST
    fault: CloudFault | None = None
    last_good: datetime | None = None
    batches: bool = True
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


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
        self._asking = asking
        self._records = records
        self._workspace_of = workspace_of
        self._answered = answered
        self._clock = clock
        self._runs: dict[str, _Run] = {}
        self._places: dict[str, _Place] = {}

    async def snapshots(self, handles: Iterable[str]) -> Mapping[str, RunSnapshot]:
        """Return the runs as they are; those that go on are asked for where it is time."""
        asked = list(handles)
        await self._remember(asked)
        known = [self._runs[each] for each in asked if each in self._runs]
        places: dict[str, list[_Run]] = {}
        for each in known:
            if not each.snapshot.is_over or each.has_children:
                places.setdefault(each.workspace.key, []).append(each)
        await asyncio.gather(*(self._poll(key, runs) for key, runs in places.items()))
        return {each: self._shown(self._runs[each]) for each in asked if each in self._runs}

    def known(self, handle: str) -> RunSnapshot | None:
        """Return what is known of a run without asking."""
        found = self._runs.get(handle)
        return None if found is None else found.snapshot

    def take(self, snapshot: RunSnapshot) -> None:
        """Take in what was learnt of a run elsewhere: its ranks from its logs, its metrics."""
        if snapshot.handle in self._runs:
            self._runs[snapshot.handle].snapshot = snapshot

    def hurry(self, handle: str) -> None:
        """Ask for a run's workspace at the next turn: something was done to the run."""
        if handle in self._runs:
            place = self._place(self._runs[handle].workspace.key)
            place.due, place.gap = min(place.due, self._clock()), QUICKEST

    def forget(self, handle: str) -> None:
        """Forget a run."""
        self._runs.pop(handle, None)

    async def _remember(self, handles: Sequence[str]) -> None:
        new = [each for each in handles if each not in self._runs]
        if not new:
            return
        read = await asyncio.to_thread(lambda: [self._records.read(routes.place_of(each).run) for each in new])
        for handle, found in zip(new, read, strict=True):
            if found is not None and found.handle == handle and handle not in self._runs:
                self._runs[handle] = _Run(found, self._workspace_of(routes.place_of(handle).workspace))

    def _shown(self, run: _Run) -> RunSnapshot:
        """Return a run as it is told: Unknown where its workspace can't be asked."""
        place = self._place(run.workspace.key)
        if place.fault is None or run.snapshot.is_over or run.is_gone:
            return run.snapshot
        reason = str(place.fault)
        if run.unknown is None or run.unknown[0] is not run.snapshot or run.unknown[1] != reason:
            run.unknown = run.snapshot, reason, unknown(run.snapshot, reason, place.last_good)
        return run.unknown[2]

    def _place(self, key: str) -> _Place:
        return self._places.setdefault(key, _Place())

    async def _poll(self, key: str, runs: Sequence[_Run]) -> None:
        """Ask a workspace for its runs if it is time; who comes while another asks waits for that answer."""
        place = self._place(key)
        now = self._clock()
        waited = place.turn.locked()
        async with place.turn:
            fresh = [each for each in runs if each.asked == float("-inf") and place.fault is None]
            if waited or (now < place.due and not fresh):
                return
            await self._ask(place, [each for each in runs if self._is_due(each, now)])

    def _is_due(self, run: _Run, now: float) -> bool:
        return not run.is_gone or now - run.asked >= _GONE_EVERY

    async def _ask(self, place: _Place, runs: Sequence[_Run]) -> None:
        if not runs:
            place.due = self._clock() + SLOWEST
            return
        before = [each.snapshot.status for each in runs]
        try:
            async with asyncio.timeout(_LONGEST):
                requests = await self._answers(place, runs)
                requests += await self._children(runs)
        except (CloudFault, TimeoutError) as error:
            place.fault = fault = error if isinstance(error, CloudFault) else _no_answer(runs[0].workspace)
            wait = max(place.backoff.next(), fault.retry_after or 0.0)
            place.due = self._clock() + wait
            return
        place.fault, place.last_good = None, datetime.now(UTC)
        place.backoff.reset()
        changed = any(old is not new.snapshot.status for old, new in zip(before, runs, strict=True))
        place.gap = QUICKEST if changed else min(SLOWEST, place.gap * _SLOWER)
        place.due = self._clock() + max(place.gap, requests * _PER_REQUEST)
        self._answered(runs[0].workspace)
        await self._write(runs)

    async def _answers(self, place: _Place, runs: Sequence[_Run]) -> int:
        """Ask for all runs; return how many requests that took."""
        if place.batches:
            chunks = [runs[start : start + BATCH] for start in range(0, len(runs), BATCH)]
            try:
                missed = [run for chunk in chunks for run in await self._batch(chunk)]
                return len(chunks) + await self._singles(missed)
            except CloudFault as fault:
                if fault.kind != "not-found" and fault.status != 405:
                    raise
        requests = await self._from_list(runs)
        place.batches = False  # there is a workspace, and it knows no batches
        return requests

    async def _batch(self, runs: Sequence[_Run]) -> list[_Run]:
        """Ask run history for many runs at once; return those of which it said nothing."""
        asked = {each.snapshot.run: {"runId": each.snapshot.run, "selectRunMetadata": True} for each in runs}
        path = routes.history(runs[0].workspace, "batchrundata")
        reply = await self._asking.api(
            runs[0].workspace, "POST", path, json={"requests": asked}, patience=_PATIENCE, omit=_UNREAD
        )  # fmt: skip
        found = record(record(reply.json).get("successfulResults"))
        missed, turn = [], self._clock()
        for each in runs:
            if self._clock() - turn > _TURN:
                await asyncio.sleep(0)
                turn = self._clock()
            metadata = record(record(found.get(each.snapshot.run)).get("runMetadata"))
            if metadata:
                self._learn(each, metadata)
            else:
                missed.append(each)
        return missed

    async def _singles(self, runs: Sequence[_Run]) -> int:
        """Ask the management plane for single runs, the ones first that were asked longest ago."""
        turn = sorted(runs, key=lambda each: each.asked)[:_MOST_SINGLE]
        for each in turn:
            await self._single(each)
        return len(turn)

    async def _single(self, run: _Run) -> None:
        name = quote(run.snapshot.run)
        try:
            reply = await self._asking.arm(
                run.workspace, "GET", f"jobs/{name}", version=routes.JOBS, patience=_PATIENCE
            )
        except CloudFault as fault:
            if not is_missing(fault):
                raise
            self._lose(run)
            return
        self._learn_job(run, record(reply.json))

    async def _from_list(self, runs: Sequence[_Run]) -> int:
        """Look the runs up in the workspace's list, newest first; what is not in its first pages is asked singly."""
        wanted = {each.snapshot.run: each for each in runs}
        workspace, pages = runs[0].workspace, 0
        url = self._asking.arm_url(workspace, "jobs", version=routes.JOBS, listViewType="All")
        while url and wanted and pages < _MOST_PAGES:
            reply = await self._asking.wire.ask(workspace, Ask("GET", url, patience=_PATIENCE))
            pages += 1
            for job in items_of(reply.json):
                if (run := wanted.pop(str(job.get("name")), None)) is not None:
                    self._learn_job(run, job)
            url = str(record(reply.json).get("nextLink") or "")
        return pages + await self._singles(list(wanted.values()))

    def _learn(self, run: _Run, metadata: Mapping[str, Any]) -> None:
        run.asked, was_gone, run.is_gone = self._clock(), run.is_gone, False
        before, told = run.snapshot, tuple(map(metadata.get, _TOLD))
        if told == run.told and not was_gone:
            return
        run.told = told
        run.snapshot = snapshots.with_history(before, metadata, datetime.now(UTC))
        orchestrator = str(record(metadata.get("runTypeV2")).get("orchestrator")).lower()
        run.has_children |= orchestrator in _ORCHESTRATORS and not before.is_over

    def _learn_job(self, run: _Run, job: Mapping[str, Any]) -> None:
        run.asked, run.is_gone = self._clock(), False
        properties = record(job.get("properties"))
        if not run.snapshot.is_over and "status" in properties:
            run.snapshot = snapshots.with_status(run.snapshot, str(properties["status"]), datetime.now(UTC))
        run.has_children |= str(properties.get("jobType")).lower() in ("sweep", "pipeline")

    def _lose(self, run: _Run) -> None:
        run.asked, run.is_gone = self._clock(), True
        reason = f"{run.workspace.name} knows no run {run.snapshot.run} any more: it was deleted there."
        run.snapshot = unknown(run.snapshot, reason, None)

    async def _children(self, runs: Sequence[_Run]) -> int:
        """Take in the trials of sweeps, as runs of their own."""
        now, requests = self._clock(), 0
        for each in runs:
            if each.has_children and now - each.children_at >= _CHILDREN_EVERY:
                each.children_at = now
                requests += await self._children_of(each)
                each.has_children = not each.snapshot.is_over
        return requests

    async def _children_of(self, parent: _Run) -> int:
        path = routes.history(parent.workspace, f"runs/{quote(parent.snapshot.run)}/children")
        token, pages, new = "", 0, []
        while pages < _MOST_PAGES and (token or not pages):
            more = {"$continuationToken": token} if token else {}
            reply = await self._asking.api(parent.workspace, "GET", path, patience=_PATIENCE, omit=_UNREAD, **more)
            pages += 1
            token = str(record(reply.json).get("continuationToken") or "")
            new += [self._child(parent, each) for each in items_of(reply.json) if each.get("runId")]
        await asyncio.to_thread(self._records.write, [each for each in new if each is not None])
        return pages

    def _child(self, parent: _Run, metadata: Mapping[str, Any]) -> RunSnapshot | None:
        """Return a trial that was not known; one that is known learns the news."""
        name = str(metadata["runId"])
        handle = routes.handle_of(parent.workspace, name)
        if not routes.is_name(name):
            return None
        if handle in self._runs:
            self._learn(self._runs[handle], metadata)
            return None
        base = dataclasses.replace(
            parent.snapshot, handle=handle, run=name, status=RunStatus.NOT_STARTED, display_name=name, phases=(),
            ranks=tuple(dataclasses.replace(each, status=RunStatus.NOT_STARTED) for each in parent.snapshot.ranks),
            started=None, ended=None, reason="", metrics={}, tags={snapshots.PARENT: parent.snapshot.run},
        )  # fmt: skip
        found = snapshots.with_history(base, metadata, datetime.now(UTC))
        found = placed(found, self._records.folder_of(name))
        self._runs[handle] = _Run(found, parent.workspace, asked=self._clock())
        return found

    async def _write(self, runs: Sequence[_Run]) -> None:
        now = self._clock()
        due = [each for each in runs if _is_worth_writing(each, now)]
        if due:
            await asyncio.to_thread(self._records.write, [each.snapshot for each in due])
            for each in due:
                each.written, each.written_at = each.snapshot, now


def _no_answer(workspace: Workspace) -> CloudFault:
    return CloudFault(f"{workspace.name} gave no whole answer for {_LONGEST:g} seconds.", kind="timeout")


def _is_worth_writing(run: _Run, now: float) -> bool:
    if run.written is run.snapshot:
        return False
    is_new = run.written is None or run.written.status is not run.snapshot.status
    return is_new or now - run.written_at >= _WRITE_EVERY
