"""Asks a workspace for the states of many runs: in batches, by its list, one by one; and for their children."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.client.asking import Asking, is_missing, items_of
from desktop_app.backends.azureml.client.resources import record
from desktop_app.backends.azureml.client.wire import Ask, CloudFault
from desktop_app.backends.azureml.runs import snapshots, sweeps
from desktop_app.backends.azureml.runs.known import TURN, Known
from desktop_app.backends.azureml.runs.records import Records
from desktop_app.backends.azureml.runs.trials import Trials
from desktop_app.core.run_states import unknown

BATCH = 125
"""Runs asked for in one request: a thousand in eight."""
BUDGET = 10
"""Requests that a poll takes at most while up to a thousand runs are watched."""
_PATIENCE = 12.0
_MOST_SINGLE = 5
_MOST_PAGES = 4
_ORCHESTRATORS = frozenset({"hyperdrive", "pipeline"})
_UNREAD = (
    "createdBy", "lastModifiedBy", "properties", "actionUris", "services", "settings", "inputDatasets",
    "outputDatasets", "computeRequest", "compute", "queueingInfo", "inputs", "outputs", "warnings", "parameters",
    "runDefinition", "jobSpecification", "systemSettings", "uniqueChildRunComputeTargets", "details", "debugInfo",
)  # fmt: skip
"""What is long in a run's record and not read here."""
_UNREAD_OF_SWEEPS = tuple(each for each in _UNREAD if each != "properties")
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


@dataclass(frozen=True, slots=True)
class Polled:
    """What asking took and came to: `fault` is why some runs were not answered for, None where all were."""

    requests: int
    fault: CloudFault | None = None


class Poller:
    """Asks; `runs` are all that are known, by handle, to which trials are added."""

    def __init__(
        self, asking: Asking, records: Records, runs: dict[str, Known], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._asking = asking
        self._clock = clock
        self._trials = Trials(asking, records, runs, self._learn, omit=_UNREAD_OF_SWEEPS, clock=clock)
        self._unbatched: set[str] = set()

    async def ask(self, runs: Sequence[Known], budget: int = BUDGET) -> Polled:
        """Ask for runs of one workspace. Raises CloudFault where none could be asked for."""
        polled = await self._states(sorted(runs, key=lambda each: each.asked))
        if polled.fault is not None:
            return polled
        return Polled(polled.requests + await self._trials.ask(runs, max(1, budget - polled.requests)))

    async def _states(self, runs: Sequence[Known]) -> Polled:
        key = runs[0].workspace.key
        if key not in self._unbatched:
            try:
                return await self._batches(runs)
            except CloudFault as fault:
                if fault.kind != "not-found" and fault.status != 405:
                    raise
        requests = await self._from_list(runs)
        self._unbatched.add(key)  # there is a workspace, and it knows no batches
        return Polled(requests)

    async def _batches(self, runs: Sequence[Known]) -> Polled:
        """Ask in batches; one that fails keeps none of the others from being asked."""
        chunks = [
            group[start : start + BATCH] for group in _groups(runs) for start in range(0, len(group), BATCH)
        ]  # fmt: skip
        missed: list[Known] = []
        faults: list[CloudFault] = []
        for asked, chunk in enumerate(chunks, 1):
            try:
                missed += await self._batch(chunk)
            except CloudFault as fault:
                faults.append(fault)
                if not fault.is_transient or (fault.kind == "throttled" and asked == len(faults)):
                    raise
                if fault.kind == "throttled":
                    break
        if len(faults) == len(chunks):
            raise faults[-1]
        worst = max(faults, key=lambda each: each.retry_after or 0.0, default=None)
        return Polled(len(chunks) + await self._singles(missed), worst)

    async def _batch(self, runs: Sequence[Known]) -> list[Known]:
        """Ask run history for many runs at once; return those of which it said nothing."""
        asked = {each.snapshot.run: {"runId": each.snapshot.run, "selectRunMetadata": True} for each in runs}
        path = routes.history(runs[0].workspace, "batchrundata")
        reply = await self._asking.api(
            runs[0].workspace, "POST", path, json={"requests": asked}, patience=_PATIENCE,
            omit=_UNREAD_OF_SWEEPS if _is_of_sweep(runs[0]) else _UNREAD,
        )  # fmt: skip
        found = record(record(reply.json).get("successfulResults"))
        missed, turn = [], time.perf_counter()
        for each in runs:
            if time.perf_counter() - turn > TURN:
                await asyncio.sleep(0)
                turn = time.perf_counter()
            metadata = record(record(found.get(each.snapshot.run)).get("runMetadata"))
            if metadata:
                self._learn(each, metadata)
            else:
                missed.append(each)
        return missed

    async def _singles(self, runs: Sequence[Known]) -> int:
        """Ask the management plane for single runs, the ones first that were asked longest ago."""
        turn = sorted(runs, key=lambda each: each.asked)[:_MOST_SINGLE]
        for each in turn:
            await self._single(each)
        return len(turn)

    async def _single(self, run: Known) -> None:
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

    async def _from_list(self, runs: Sequence[Known]) -> int:
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

    def _answered(self, run: Known) -> None:
        run.asked, run.seen, run.is_gone = self._clock(), datetime.now(UTC), False

    def _learn(self, run: Known, metadata: Mapping[str, Any]) -> None:
        was_gone, before, told = run.is_gone, run.snapshot, tuple(map(metadata.get, _TOLD))
        self._answered(run)
        if told == run.told and not was_gone and before.sweep is None:
            return
        run.told = told
        found = sweeps.with_trial(snapshots.with_history(before, metadata, datetime.now(UTC)), before, metadata)
        found = sweeps.with_sweep(found, metadata)
        run.has_policy |= sweeps.has_policy(metadata)
        run.snapshot = before if found == before else found
        orchestrator = str(record(metadata.get("runTypeV2")).get("orchestrator")).lower()
        run.has_children |= orchestrator in _ORCHESTRATORS and (not before.is_over or run.is_new)

    def _learn_job(self, run: Known, job: Mapping[str, Any]) -> None:
        self._answered(run)
        properties, is_over = record(job.get("properties")), run.snapshot.is_over
        if not is_over and "status" in properties:
            run.snapshot = snapshots.with_status(run.snapshot, str(properties["status"]), datetime.now(UTC))
        if run.snapshot.sweep is not None:
            run.snapshot = dataclasses.replace(
                run.snapshot, sweep=sweeps.with_record(run.snapshot.sweep, properties)
            )  # fmt: skip
        is_parent = str(properties.get("jobType")).lower() in ("sweep", "pipeline")
        run.has_children |= is_parent and (not is_over or run.is_new)

    def _lose(self, run: Known) -> None:
        self._answered(run)
        run.is_gone = True
        reason = f"{run.workspace.name} knows no run {run.snapshot.run} any more: it was deleted there."
        run.snapshot = unknown(run.snapshot, reason, None)


def _is_of_sweep(run: Known) -> bool:
    """Whether what is read of a run stands in its properties as well."""
    return run.snapshot.sweep is not None or run.snapshot.trial is not None


def _groups(runs: Sequence[Known]) -> Sequence[Sequence[Known]]:
    """Return the runs by how much is read of them."""
    return [[each for each in runs if not _is_of_sweep(each)], [each for each in runs if _is_of_sweep(each)]]
