"""The controller of a sweep: samples, starts trials as runs of their own, ends them early, and knows the best."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from desktop_app.api import (
    Host,
    Job,
    JobSource,
    MetricPoint,
    RunSnapshot,
    SubmissionPlan,
    Sweep,
    SweepState,
    Trial,
    UserError,
    Value,
)
from desktop_app.backends.local.sweep_notes import Notes, took, values_text
from desktop_app.backends.local.sweep_plans import extent_of, ranks_of_a_trial
from desktop_app.backends.local.sweep_trials import (
    LiveTrial,
    all_failed,
    copies,
    curve_of,
    lost,
    none_finished,
    nothing_logged,
    ports_of,
    with_copies,
)
from desktop_app.core.sweeps import bayes, policies
from desktop_app.core.sweeps.choices import choices
from desktop_app.core.sweeps.plan_facts import search_facts
from desktop_app.core.sweeps.trials import trial_job
from desktop_app.documents.job_document import write_job

LOOK_EVERY = 0.2
"""Seconds between looks at the trials; more where a look takes long, so that the cores are the trials' own."""
_PART = 4
LONGEST = 2.0
_TRIES = 5
"""Plans that are made of one trial until one has no port of a trial that is running."""


class Trials(Protocol):
    """What the controller needs of the backend."""

    def host(self) -> Host:
        """Return this machine."""

    async def plan_trial(self, job: Job, source: JobSource, run: str, share: int) -> SubmissionPlan:
        """Plan a trial as the run `run`, one of `share` that have the machine's cores together."""

    async def start_trial(self, plan: SubmissionPlan, trial: Trial) -> None:
        """Start it. Raises UserError and OutsideError."""

    async def snapshots(self, handles: Sequence[str]) -> Mapping[str, RunSnapshot]:
        """Return how the trials are."""

    async def metrics(self, handle: str) -> Sequence[MetricPoint]:
        """Return what a trial logged."""

    async def end_trial(self, handle: str, reason: str, *, stopped_early: bool) -> None:
        """Ask a trial to end, for `reason`."""


class Controller:
    """One sweep, from its first trial to its last; `folder` is that of its run."""

    def __init__(self, trials: Trials, folder: Path, plan: SubmissionPlan) -> None:
        self._trials = trials
        self._folder = folder
        self._plan = plan
        self._sweep = plan.job.sweep or Sweep({}, "")
        self._job = with_copies(plan, folder)
        self._notes = Notes(folder)
        self._host = trials.host()
        self._extent = extent_of(self._sweep, ranks_of_a_trial(plan), self._host)
        self._all: list[LiveTrial] = []
        self._drawn: Iterator[dict[str, Value]] | None = None
        self._wanted = asyncio.Event()
        self._no_more = ""
        self._wait = LOOK_EVERY
        self._done = False
        self._told = self._state

    async def run(self) -> int:
        """Return 0, or 1 if no trial got anywhere."""
        if sys.platform != "win32":
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self._wanted.set)
        self._say_beginning()
        while not self._wanted.is_set():
            await self._fill()
            if not self._alive:
                return self._end()
            await self._look()
            await self._judge()
            await self._pause()
        await self._cancel()
        return 0

    # Starting trials

    async def _fill(self) -> None:
        """Start trials while there is room."""
        while len(self._alive) < self._extent.together and not self._done:
            values = None if len(self._all) >= self._extent.total else self._next()
            if values is None:
                self._done = True
                return
            try:
                await self._start(values)
            except UserError as problem:
                self._done, self._no_more = True, f"Trial {len(self._all)} could not be started: {problem}"
                self._notes.say(self._no_more)

    def _next(self) -> dict[str, Value] | None:
        if self._sweep.sampling.lower() == "bayesian":
            return bayes.propose(self._sweep, [bayes.Tried(each.values, self._score(each)) for each in self._all])
        if self._drawn is None:
            self._drawn = choices(self._sweep)
        return next(self._drawn, None)

    async def _start(self, values: Mapping[str, Value]) -> None:
        number = len(self._all)
        trial = LiveTrial(number, f"{self._plan.run}_{number}", values, self._free_slot())
        plan = await self._planned(trial)
        await self._trials.start_trial(plan, Trial(self._plan.run, number, dict(values)))
        trial.ports = ports_of(plan)
        self._all.append(trial)
        self._notes.say(f"Trial {number} starts: {values_text(values)} ({trial.run})")
        self._tell("trial-started", trial=number, run=trial.run, values=dict(values))

    async def _planned(self, trial: LiveTrial) -> SubmissionPlan:
        job = trial_job(self._job, trial.number, trial.values)
        source = JobSource(None, self._folder, write_job(job))
        taken = {port for each in self._alive for port in each.ports}
        for _try in range(_TRIES):
            plan = await self._trials.plan_trial(job, source, trial.run, self._extent.together)
            if not taken & ports_of(plan):
                break
        environment = {**plan.environment, "AZUREML_ROOT_RUN_ID": self._plan.run, **self._gpus(trial.slot)}
        return dataclasses.replace(plan, files=copies(self._plan.files, self._folder / "code"), environment=environment)

    def _free_slot(self) -> int:
        used = {each.slot for each in self._alive}
        return next(each for each in range(len(used) + 1) if each not in used)

    def _gpus(self, slot: int) -> dict[str, str]:
        """Return the variable that gives trials that run together GPUs of their own, where there are enough."""
        each = ranks_of_a_trial(self._plan)
        given = "CUDA_VISIBLE_DEVICES" in os.environ or "CUDA_VISIBLE_DEVICES" in self._job.environment_variables
        if given or self._extent.together == 1 or self._extent.together * each > len(self._host.gpus):
            return {}
        return {"CUDA_VISIBLE_DEVICES": ",".join(str(slot * each + place) for place in range(each))}

    # Watching them

    @property
    def _alive(self) -> list[LiveTrial]:
        return [each for each in self._all if not each.is_over]

    async def _look(self) -> None:
        begun, alive = time.monotonic(), self._alive
        found = await self._trials.snapshots([each.handle for each in alive])
        for each in alive:
            points = await self._trials.metrics(each.handle)
            if each.handle not in found:
                each.snapshot = lost(each)
            else:
                each.names |= {point.name for point in points}
                each.curve = curve_of(points, self._sweep.primary_metric)
                each.snapshot = found[each.handle]
            if each.is_over:
                self._ended(each)
        if self._state != self._told:
            self._tell("better")
        self._wait = max(LOOK_EVERY, _PART * (time.monotonic() - begun))

    def _ended(self, trial: LiveTrial) -> None:
        run = trial.snapshot
        if run is None:
            return
        metric, score = self._sweep.primary_metric, self._score(trial)
        text = f"Trial {trial.number} {run.status.value}{took(run)}"
        text += f": {metric} {score:g}" if score is not None else f": no {metric}"
        best = self._best()
        text += ", the best so far" if best is trial else ""
        text += f". {run.reason}" if run.reason and not trial.stopped else ""
        self._notes.say(text)
        self._tell("trial-ended", trial=trial.number, run=trial.run, status=run.status.value)

    async def _judge(self) -> None:
        """End the trials that the policy ends."""
        policy = self._sweep.early_termination
        running = {each.run: each for each in self._alive if not each.stopped}
        curves = {each.run: each.curve for each in self._all}
        asked = {name: curves[name] for name in running}
        done = {name: each.judged for name, each in running.items()}
        stopped = policies.to_stop(policy, asked, curves, maximize=self._sweep.is_maximized, done=done)
        for name, each in running.items():
            each.judged = len(each.curve)
            if name in stopped:
                each.stopped = True
                reason = f"Ended early by {str((policy or {}).get('type', '')).replace('_', ' ')}: {stopped[name]}."
                await self._trials.end_trial(each.handle, reason, stopped_early=True)
                self._notes.say(f"Trial {each.number} is ended early: {stopped[name]}.")
                self._tell("trial-stopped-early", trial=each.number, run=each.run, text=reason)

    async def _pause(self) -> None:
        if self._alive:
            try:
                await asyncio.wait_for(self._wanted.wait(), min(self._wait, LONGEST))
            except TimeoutError:
                return

    # How far it is

    def _score(self, trial: LiveTrial) -> float | None:
        return policies.best_of(trial.curve, maximize=self._sweep.is_maximized)

    def _best(self) -> LiveTrial | None:
        sound = {each.run: each.curve for each in self._all if not each.has_failed}
        best = policies.best_trial(sound, maximize=self._sweep.is_maximized)
        return None if best is None else next(each for each in self._all if each.run == best[0])

    @property
    def _state(self) -> SweepState:
        best, sweep = self._best(), self._sweep
        return SweepState(
            sweep.primary_metric,
            sweep.goal.lower(),
            sweep.sampling.lower(),
            started=len(self._all),
            total=len(self._all) if self._done else self._extent.total,
            best=best.run if best else "",
            best_value=self._score(best) if best else None,
            stopped_early=sum(each.stopped for each in self._all),
        )

    def _tell(self, event: str, **facts: Value) -> None:
        self._told = self._state
        self._notes.tell(event, self._told, **facts)

    def _say_beginning(self) -> None:
        sweep, extent = self._sweep, self._extent
        trials = "1 trial" if extent.total == 1 else f"Up to {extent.total} trials, {extent.together} at once"
        self._notes.say(f"{trials}.")
        for label, text in search_facts(sweep):
            self._notes.say(f"{label}: {text}.")

    # Its end

    async def _cancel(self) -> None:
        """End all trials, and wait until they are over."""
        self._done = True
        self._notes.say("The sweep is being ended, and its trials with it.")
        for each in self._alive:
            await self._trials.end_trial(each.handle, "Its sweep was ended.", stopped_early=False)
        while self._alive:
            await self._look()
            await asyncio.sleep(LOOK_EVERY / 2)

    def _end(self) -> int:
        best, metric = self._best(), self._sweep.primary_metric
        sound = [each for each in self._all if not each.has_failed]
        reason, limit = self._no_more, self._plan.job.timeout
        unfinished = none_finished(metric, self._all, limit) if sound and best is None else ""
        if not sound:
            reason = reason or all_failed(self._all)
        elif unfinished:
            reason = unfinished
        elif best is None:
            reason = nothing_logged(metric, self._all)
        if reason and reason != self._no_more:
            self._notes.say(reason)
        if best is not None:
            found = f"{metric} {self._score(best):g} with {values_text(best.values)}"
            self._notes.say(f"Best: trial {best.number}, {found} ({best.run})")
            self._keep(best)
        self._tell("sweep-ended", reason=reason)
        return 0 if sound and not unfinished else 1

    def _keep(self, best: LiveTrial) -> None:
        """Write what was found where a run's outputs are."""
        found = {"trial": best.number, "run": best.run, "values": dict(best.values)}
        found |= {"metric": self._sweep.primary_metric, "value": self._score(best)}
        outputs = best.snapshot.outputs if best.snapshot else ""
        place = self._folder / "code" / "outputs" / "best_trial.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps({**found, "outputs": outputs}, indent=2) + "\n", "utf-8")
