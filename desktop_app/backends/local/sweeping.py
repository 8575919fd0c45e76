"""The controller of a sweep: samples, starts trials as runs of their own, ends them early, and knows the best."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from desktop_app.api import (
    Host,
    Job,
    JobInput,
    JobSource,
    MetricPoint,
    PlannedFile,
    RunSnapshot,
    RunStatus,
    SubmissionPlan,
    Sweep,
    SweepState,
    Trial,
    UserError,
    Value,
)
from desktop_app.backends.local.run_folder import SCHEME
from desktop_app.backends.local.sweep_notes import Notes, took, values_text
from desktop_app.backends.local.sweep_plans import extent_of, policy_text, sampling_text
from desktop_app.core.sweeps import bayes, policies
from desktop_app.core.sweeps.choices import choices
from desktop_app.core.sweeps.trials import trial_job
from desktop_app.documents.job_document import write_job

LOOK_EVERY = 0.2
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


@dataclass(slots=True)
class _Running:
    """A trial: its values, what it logged of the primary metric, the ports of its plan and its place on the GPUs."""

    number: int
    run: str
    values: Mapping[str, Value]
    slot: int = 0
    ports: frozenset[int] = frozenset()
    curve: list[float] = field(default_factory=list)
    names: set[str] = field(default_factory=set)
    snapshot: RunSnapshot | None = None
    judged: int = 0
    stopped: bool = False

    @property
    def handle(self) -> str:
        return f"{SCHEME}{self.run}"

    @property
    def is_over(self) -> bool:
        return self.snapshot is not None and self.snapshot.is_over

    @property
    def has_failed(self) -> bool:
        return self.snapshot is not None and self.snapshot.status is RunStatus.FAILED


class Controller:
    """One sweep, from its first trial to its last; `folder` is that of its run."""

    def __init__(self, trials: Trials, folder: Path, plan: SubmissionPlan) -> None:
        self._trials = trials
        self._folder = folder
        self._plan = plan
        self._sweep = plan.job.sweep or Sweep({}, "")
        self._job = _with_copies(plan, folder)
        self._notes = Notes(folder)
        self._host = trials.host()
        self._extent = extent_of(self._sweep, plan.topology.world_size, self._host)
        self._all: list[_Running] = []
        self._drawn: Iterator[dict[str, Value]] | None = None
        self._wanted = asyncio.Event()
        self._no_more = ""
        self._done = False

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
        trial = _Running(number, f"{self._plan.run}_{number}", values, self._free_slot())
        plan = await self._planned(trial)
        await self._trials.start_trial(plan, Trial(self._plan.run, number, dict(values)))
        trial.ports = ports_of(plan)
        self._all.append(trial)
        self._notes.say(f"Trial {number} starts: {values_text(values)} ({trial.run})")
        self._tell("trial-started", trial=number, run=trial.run, values=dict(values))

    async def _planned(self, trial: _Running) -> SubmissionPlan:
        job = trial_job(self._job, trial.number, trial.values)
        job = dataclasses.replace(job, environment_variables={**job.environment_variables, **self._gpus(trial.slot)})
        source = JobSource(None, self._folder, write_job(job))
        taken = {port for each in self._alive for port in each.ports}
        for _try in range(_TRIES):
            plan = await self._trials.plan_trial(job, source, trial.run, self._extent.together)
            if not taken & ports_of(plan):
                break
        return dataclasses.replace(plan, files=_copies(self._plan.files, self._folder / "code"))

    def _free_slot(self) -> int:
        used = {each.slot for each in self._alive}
        return next(each for each in range(len(used) + 1) if each not in used)

    def _gpus(self, slot: int) -> dict[str, str]:
        """Return the variable that gives trials that run together GPUs of their own, where there are enough."""
        each = self._job.topology.world_size
        given = "CUDA_VISIBLE_DEVICES" in os.environ or "CUDA_VISIBLE_DEVICES" in self._job.environment_variables
        if given or self._extent.together == 1 or self._extent.together * each > len(self._host.gpus):
            return {}
        return {"CUDA_VISIBLE_DEVICES": ",".join(str(slot * each + place) for place in range(each))}

    # Watching them

    @property
    def _alive(self) -> list[_Running]:
        return [each for each in self._all if not each.is_over]

    async def _look(self) -> None:
        alive = self._alive
        found = await self._trials.snapshots([each.handle for each in alive])
        for each in alive:
            before = self._best()
            points = await self._trials.metrics(each.handle)
            if each.handle not in found:
                self._lost(each)
            else:
                each.names |= {point.name for point in points}
                each.curve = curve_of(points, self._sweep.primary_metric)
                each.snapshot = found[each.handle]
            if each.is_over:
                self._ended(each)
            elif self._best() != before:
                self._tell("best")

    def _lost(self, trial: _Running) -> None:
        """A trial whose folder somebody deleted has failed."""
        gone = trial.snapshot
        status, reason = RunStatus.FAILED, "The trial's folder was deleted."
        if gone is not None:
            trial.snapshot = dataclasses.replace(gone, status=status, reason=reason)
            return
        made = datetime.now(UTC)
        trial.snapshot = RunSnapshot(trial.handle, trial.run, "local", status, trial.run, "", made, reason=reason)

    def _ended(self, trial: _Running) -> None:
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
                await asyncio.wait_for(self._wanted.wait(), LOOK_EVERY)
            except TimeoutError:
                return

    # How far it is

    def _score(self, trial: _Running) -> float | None:
        return policies.best_of(trial.curve, maximize=self._sweep.is_maximized)

    def _best(self) -> _Running | None:
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
        self._notes.tell(event, self._state, **facts)

    def _say_beginning(self) -> None:
        sweep, extent = self._sweep, self._extent
        trials = "1 trial" if extent.total == 1 else f"Up to {extent.total} trials, {extent.together} at once"
        self._notes.say(f"{trials}, {sampling_text(sweep)}; {sweep.goal.lower()} {sweep.primary_metric}.")
        if sweep.early_termination:
            self._notes.say(f"Early termination: {policy_text(sweep)}.")

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
        reason = self._no_more
        if not sound:
            reason = reason or _all_failed(self._all)
        elif best is None:
            reason = _nothing_logged(metric, self._all)
        if reason and reason != self._no_more:
            self._notes.say(reason)
        if best is not None:
            found = f"{metric} {self._score(best):g} with {values_text(best.values)}"
            self._notes.say(f"Best: trial {best.number}, {found} ({best.run})")
            self._keep(best)
        self._tell("sweep-ended", reason=reason)
        return 0 if sound else 1

    def _keep(self, best: _Running) -> None:
        """Write what was found where a run's outputs are."""
        found = {"trial": best.number, "run": best.run, "values": dict(best.values)}
        found |= {"metric": self._sweep.primary_metric, "value": self._score(best)}
        outputs = best.snapshot.outputs if best.snapshot else ""
        place = self._folder / "code" / "outputs" / "best_trial.json"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps({**found, "outputs": outputs}, indent=2) + "\n", "utf-8")


def _with_copies(plan: SubmissionPlan, folder: Path) -> Job:
    """Return the sweep's job with its code and data as they were when it was planned, whatever is edited since."""
    inputs = {name: _placed(each, plan.inputs.get(name)) for name, each in plan.job.inputs.items()}
    code = None if plan.job.code is None else str(folder / "code")
    name = plan.environment.get("AZUREML_EXPERIMENT_NAME") or plan.job.experiment_name
    title = plan.job.display_name or plan.job.name or (Path(plan.source).stem if plan.source else plan.run)
    return dataclasses.replace(plan.job, code=code, inputs=inputs, experiment_name=name, display_name=title)


def _placed(given: JobInput, path: str | None) -> JobInput:
    return given if given.path is None or path is None else dataclasses.replace(given, path=path)


def _copies(files: Sequence[PlannedFile], code: Path) -> tuple[PlannedFile, ...]:
    """Return the files of the sweep's plan as they lie in its own working copy."""
    return tuple(dataclasses.replace(each, source=str(code / each.target), modified_ns=0) for each in files)


def ports_of(plan: SubmissionPlan) -> frozenset[int]:
    """Return the ports that a plan's processes meet or listen at."""
    told = [{**plan.environment, **each.environment}.get("MASTER_PORT", "") for each in plan.processes]
    own = {port for each in plan.processes for port in each.ports}
    return frozenset(own | {int(each) for each in told if each.isdigit()})


def curve_of(points: Sequence[MetricPoint], metric: str) -> list[float]:
    """Return what was logged of a metric, in order; of several ranks, what the first of them logged."""
    mine = [each for each in points if each.name == metric]
    first = min((-1 if each.rank is None else each.rank for each in mine), default=-1)
    return [each.value for each in mine if (-1 if each.rank is None else each.rank) == first]


def _all_failed(trials: Sequence[_Running]) -> str:
    first = trials[0].snapshot if trials else None
    if first is None:
        return "No trial could be started."
    count = "The only trial" if len(trials) == 1 else f"All {len(trials)} trials"
    return f"{count} failed; {first.run}: {first.reason}"


def _nothing_logged(metric: str, trials: Sequence[_Running]) -> str:
    names = sorted({name for each in trials for name in each.names})
    logged = f"they logged {', '.join(names[:8])}" if names else f'log it by mlflow.log_metric("{metric}", value)'
    return f"No trial logged the primary metric “{metric}”, so there is no best one: {logged}."
