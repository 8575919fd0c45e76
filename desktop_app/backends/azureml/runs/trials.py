"""The children of runs: trials of sweeps and steps of pipelines, found by and by and taken in as runs of their own.

Those that are known are asked for in the batches of all runs; here is asked only for what those can't tell: which there
are, and what a trial's primary metric is. So many requests a poll as the caller allows.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from desktop_app.api import OutsideError, RunSnapshot, RunStatus
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.client.asking import Asking, items_of
from desktop_app.backends.azureml.client.resources import record
from desktop_app.backends.azureml.client.wire import CloudFault
from desktop_app.backends.azureml.runs import metrics, snapshots, sweeps
from desktop_app.backends.azureml.runs.known import TURN, Known
from desktop_app.backends.azureml.runs.records import Records, placed

PATIENCE = 12.0
MOST_MEASURED = 4
"""Trials whose primary metric is asked for in one poll."""
_EVERY = 8.0  # seconds between two looks at the children of a run while there may be new ones
_SELDOM = 60.0
_MEASURE_EVERY = 20.0
_GOES_ON = frozenset({RunStatus.RUNNING, RunStatus.FINALIZING, RunStatus.COMPLETED})

Learn = Callable[[Known, Mapping[str, Any]], None]


class Trials:
    """Asks; `runs` are all that are known, by handle; `learn` takes in what the service says of one of them."""

    def __init__(  # noqa: PLR0913 - what it works with
        self,
        asking: Asking,
        records: Records,
        runs: dict[str, Known],
        learn: Learn,
        *,
        omit: tuple[str, ...],
        clock: Callable[[], float],
    ) -> None:
        self._asking = asking
        self._records = records
        self._runs = runs
        self._learn = learn
        self._omit = omit
        self._clock = clock

    async def ask(self, runs: Sequence[Known], budget: int) -> int:
        """Ask what is due of the children of `runs`, in `budget` requests at most; return how many it took."""
        parents = sorted((each for each in runs if each.has_children), key=lambda each: each.children_at)
        if not parents:
            return 0
        requests, children = 0, self._by_parent()
        before = {id(one): one.snapshot for each in parents for one in children.get(each.snapshot.handle, [])}
        for each in parents:
            if requests < budget and self._is_due(each, mine := children.get(each.snapshot.handle, [])):
                requests += await self._find(each, len(mine), budget - requests)
        children, most = self._by_parent(), min(MOST_MEASURED, budget - requests)
        changed: list[RunSnapshot] = []
        for each in parents:
            mine = children.get(each.snapshot.handle, [])
            measured = await self._measure(each, mine, most)
            requests, most = requests + measured, most - measured
            _judge(each, mine)
            each.snapshot = sweeps.with_trials(each.snapshot, [one.snapshot for one in mine])
            each.has_children = self._goes_on(each, mine)
            changed += [one.snapshot for one in mine if one.snapshot is not before.get(id(one))]
        with contextlib.suppress(OutsideError):  # a full disk: they are found again
            await asyncio.to_thread(self._records.write, changed)
        return requests

    def _by_parent(self) -> Mapping[str, list[Known]]:
        found: dict[str, list[Known]] = {}
        for handle, each in self._runs.items():
            parent = each.snapshot.tags.get(snapshots.PARENT)
            if parent:
                found.setdefault(f"{handle.rpartition('/')[0]}/{parent}", []).append(each)
        return found

    def _is_due(self, parent: Known, children: Sequence[Known]) -> bool:
        """Whether a run's list of children may hold something new."""
        if parent.snapshot.is_over or parent.children_token:
            return not parent.is_whole
        sweep = parent.snapshot.sweep
        oldest = min((each.asked for each in children if not each.snapshot.is_over), default=self._clock())
        is_all_known = sweep is not None and 0 < sweep.started <= len(children) and self._clock() - oldest < _EVERY
        return self._clock() - parent.children_at >= (_SELDOM if is_all_known else _EVERY)

    def _goes_on(self, parent: Known, children: Sequence[Known]) -> bool:
        """Whether a run is worth asking for on account of its children: it lives, or not all is known of them."""
        if not parent.snapshot.is_over or not parent.is_whole:
            return True
        return any(self._is_to_measure(parent, each) for each in children)

    async def _find(self, parent: Known, count: int, budget: int) -> int:
        """Read the list of a run's children, newest first, as far as there is something new in it."""
        path = routes.history(parent.workspace, f"runs/{quote(parent.snapshot.run)}/children")
        pages, parent.children_at = 0, self._clock()
        while pages < budget:
            more = {"$continuationToken": parent.children_token} if parent.children_token else {}
            try:
                reply = await self._asking.api(
                    parent.workspace, "GET", path, patience=PATIENCE, omit=self._omit, **more
                )  # fmt: skip
            except CloudFault:
                parent.children_token = ""  # one that is not taken any more would never be
                raise
            pages += 1
            is_news, new = await self._page(parent, reply.json, count)
            count += new
            parent.children_token = str(record(reply.json).get("continuationToken") or "")
            started = parent.snapshot.sweep.started if parent.snapshot.sweep is not None else 0
            if not parent.children_token or not (is_news or count < started):
                parent.children_token, parent.is_new, parent.is_whole = "", False, parent.snapshot.is_over
                break
        return pages

    async def _page(self, parent: Known, page: Any, place: int) -> tuple[bool, int]:
        """Take in a page; return whether it told something new, and how many children were not known."""
        is_news, new, turn = False, 0, time.perf_counter()
        for each in items_of(page):
            name = str(each.get("runId") or "")
            if not routes.is_name(name):
                continue
            known = self._runs.get(routes.handle_of(parent.workspace, name))
            is_news |= known is None or not known.snapshot.is_over
            if known is None:
                self._add(parent, each, place + new)
                new += 1
            elif not known.snapshot.is_over:
                self._learn(known, each)
            if time.perf_counter() - turn > TURN:
                await asyncio.sleep(0)
                turn = time.perf_counter()
        return is_news, new

    def _add(self, parent: Known, metadata: Mapping[str, Any], place: int) -> None:
        """Take in a child that was not known."""
        name = str(metadata["runId"])
        handle, above = routes.handle_of(parent.workspace, name), parent.snapshot
        trial = sweeps.trial_of(above.run, metadata, place) if above.sweep is not None else None
        base = dataclasses.replace(
            above, handle=handle, run=name, status=RunStatus.NOT_STARTED, phases=(), sweep=None, trial=trial,
            launcher_logs=(),
            display_name=name if trial is None else sweeps.title(above, trial, metadata),
            ranks=sweeps.ranks_of(above), started=None, ended=None, reason="", metrics={},
            tags={snapshots.PARENT: above.run},
        )  # fmt: skip
        told = sweeps.with_trial(snapshots.with_history(base, metadata, datetime.now(UTC)), base, metadata)
        found = placed(told, self._records.folder_of(name))
        self._runs[handle] = Known(found, parent.workspace, asked=self._clock(), seen=datetime.now(UTC))

    def _is_to_measure(self, sweep: Known, trial: Known) -> bool:
        """Whether a trial's primary metric may have changed since it was asked for."""
        if sweep.snapshot.sweep is None or not sweep.snapshot.sweep.primary_metric or trial.snapshot.started is None:
            return False
        if trial.snapshot.is_over:
            return trial.measured < trial.asked
        return trial.snapshot.status is RunStatus.RUNNING and self._clock() - trial.measured >= _MEASURE_EVERY

    async def _measure(self, sweep: Known, trials: Sequence[Known], budget: int) -> int:
        """Ask for the primary metric of some trials, of the one first that was asked for longest ago."""
        due = [each for each in trials if self._is_to_measure(sweep, each)]
        turn = sorted(due, key=lambda each: (each.measured, each.snapshot.run))[: max(0, budget)]
        for each in turn:
            await self._measured(sweep, each)
        return len(turn)

    async def _measured(self, sweep: Known, trial: Known) -> None:
        assert sweep.snapshot.sweep is not None
        name, asked = sweep.snapshot.sweep.primary_metric, self._clock()
        with contextlib.suppress(CloudFault):  # whoever looks at the trial is told; here it is asked for again later
            last = await metrics.last(self._asking, trial.workspace, trial.snapshot.run, name)
            if last is not None and last != trial.snapshot.metrics.get(name):
                trial.snapshot = dataclasses.replace(
                    trial.snapshot, metrics={**trial.snapshot.metrics, name: last}
                )  # fmt: skip
        trial.measured = max(asked, self._clock())


def _judge(sweep: Known, trials: Sequence[Known]) -> None:
    """Find out which trials the policy ended: they were canceled, and their sweep, asked later, went on.

    The service's records of such trials were in no recording; one that says so itself is believed.
    """
    if not sweep.has_policy or sweep.snapshot.status not in _GOES_ON:
        return
    for each in trials:
        trial = each.snapshot.trial
        if trial is None or trial.stopped_early or each.is_ended_here:
            continue
        if each.snapshot.status is RunStatus.CANCELED and each.asked <= sweep.asked:
            ended = dataclasses.replace(trial, stopped_early=True)
            each.snapshot = dataclasses.replace(each.snapshot, trial=ended)
