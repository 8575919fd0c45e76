"""Sweep jobs: trials as children, each really run, chosen and stopped early as sweep_choices.py says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

from desktop_app.core.sweeps.bayes import Tried
from desktop_app.core.sweeps.trials import put_in, variables
from tests.emulator import sweep_choices
from tests.emulator.job_files import seconds_of
from tests.emulator.job_lives import GLANCE, CommandLife
from tests.emulator.job_records import JobRecord, Turn, run_error
from tests.emulator.mirroring import HYPERDRIVE, output_uris, say
from tests.emulator.running import Runner
from tests.emulator.state import Json

BEST = "best_child_run_id"
_OPEN = 1_000_000


class SweepLife:
    """A sweep from its first trial to its last."""

    def __init__(self, runner: Runner, record: JobRecord) -> None:
        self.record = record
        self.holds = self.waits = False
        self._runner = runner
        self._service = runner.service
        self._canceled = asyncio.Event()
        self._running: dict[str, JobRecord] = {}
        self._curves: dict[str, list[float]] = {}
        self._judged: dict[str, int] = {}

    def cancel(self) -> None:
        """Come to an end soon, trials first."""
        self._canceled.set()

    def preempt(self) -> None:
        """Have no nodes to lose: the trials have."""

    async def go(self) -> None:
        """Live; a sweep of which every trial failed has failed."""
        try:
            await self._live()
        except ValueError as problem:
            self._fail(str(problem))

    async def _live(self) -> None:
        limits = self.record.asked.get("limits") or {}
        trials = self._trials(int(limits.get("maxTotalTrials") or _OPEN))
        deadline = asyncio.get_running_loop().time() + (seconds_of(limits.get("timeout")) or 30 * 86400)
        most = int(limits.get("maxConcurrentTrials") or 10)
        self._turn("Running")
        await self._say("GENERATOR", "Sampling jobs from the hyperparameter space.")
        more = True
        while (more or self._running) and not self._canceled.is_set():
            more = more and await self._fill(trials, most)
            await self._judge()
            if asyncio.get_running_loop().time() > deadline:
                self._canceled.set()
            await asyncio.sleep(3 * GLANCE)
        await self._end()

    def _trials(self, most: int) -> Iterator[JobRecord]:
        values = sweep_choices.choices(self.record.asked, self._tried)
        for number in range(most):
            chosen = next(values, None)
            if chosen is None:
                return
            yield trial_of(self.record, number, chosen, self._service.clock.now())

    def _tried(self) -> list[Tried]:
        """Return the trials so far, with the best that each reached."""
        asked = [json.loads(self.record.workspace.jobs[name].tags["hyperparameters"]) for name in self.record.children]
        curves = [self._curves.get(name, ()) for name in self.record.children]
        best = [sweep_choices.best_of(each, maximize=self._maximize) for each in curves]
        return [Tried(*each) for each in zip(asked, best, strict=True)]

    async def _fill(self, trials: Iterator[JobRecord], most: int) -> bool:
        """Start trials while there is room; False once there are no more."""
        while len(self._running) < most:
            trial = next(trials, None)
            if trial is None:
                self.record.tags["_aml_system_all_jobs_generated"] = "true"
                return False
            self.record.workspace.jobs[trial.name] = trial
            self.record.children.append(trial.name)
            self.record.tags["_aml_system_samples_generated_count"] = str(len(self.record.children))
            self._running[trial.name] = trial
            self._runner.begin(CommandLife(self._runner, trial))
            await self._say("SCHEDULER", f"Scheduling job, id='{trial.name}'")
        return True

    async def _judge(self) -> None:
        """Read what the trials logged; stop those that the policy stops, forget those that are over."""
        now = self._service.clock.now()
        for name, trial in tuple(self._running.items()):
            self._curves[name] = await self._logged(trial)
            if trial.is_over(now):
                del self._running[name]
        self._note_best()
        running = {name: self._curves[name] for name in self._running}
        policy = self.record.asked.get("earlyTermination")
        for name in sweep_choices.to_stop(policy, running, self._curves, maximize=self._maximize, done=self._judged):
            self._running[name].properties["_azureml.stoppedEarly"] = "true"
            self._runner.cancel(self._running[name])
            await self._say("ENFORCER", f"Jobs ['{name}'] are ended by the early termination policy.")
        self._judged |= {name: len(curve) for name, curve in running.items()}

    @property
    def _maximize(self) -> bool:
        return str((self.record.asked.get("objective") or {}).get("goal")).lower() == "maximize"

    async def _logged(self, trial: JobRecord) -> list[float]:
        metric = (self.record.asked.get("objective") or {}).get("primaryMetric")
        return [float(each.value) for each in await self._runner.metrics(trial) if each.name == metric]

    def _note_best(self) -> None:
        best = sweep_choices.best_trial(self._curves, maximize=self._maximize)
        if best is not None:
            self.record.properties |= {BEST: best[0], "score": str(best[1])}

    async def _say(self, who: str, text: str) -> None:
        now = self._service.clock.now()
        await say(self._service.blobs, self.record, HYPERDRIVE, f"[{who}][INFO]{text}", now)

    async def _end(self) -> None:
        await self._say("CONTROLLER", "Experiment was 'ExperimentStatus.FINISHED'.")
        if self._canceled.is_set():
            for trial in self._running.values():
                self._runner.cancel(trial)
            for name in tuple(self._running):
                await self._runner.over(name)
            await self._runner.released(self.record)
            self._turn("Canceled")
            return
        now = self._service.clock.now()
        children = [self.record.workspace.jobs[name] for name in self.record.children]
        if children and all(each.status(now) == "Failed" for each in children):
            self._fail(f"All {len(children)} trials failed; see their logs.")
        else:
            self._turn("Completed")

    def _fail(self, message: str) -> None:
        self.record.error = run_error(message, component="hyperdrive")
        self._turn("Failed")

    def _turn(self, status: str) -> None:
        self.record.turn(status, self._service.clock.now())


def trial_of(sweep: JobRecord, number: int, chosen: Mapping[str, Any], now: Any) -> JobRecord:
    """Return a trial: the sweep's command with the values put in."""
    name = f"{sweep.name}_{number}"
    asked = _trial_body(sweep.asked, chosen)
    trial = JobRecord(name, sweep.workspace, asked, now, [Turn("Starting", now)], version=sweep.version)
    trial.display_name, trial.experiment, trial.parent = name, sweep.experiment, sweep.name
    trial.tags = {"hyperparameters": json.dumps(dict(chosen))}
    trial.properties = {
        "_azureml.ComputeTargetType": "amlctrain",
        "azureml.runsource": "hyperdrive",
        "hyperparameters": json.dumps(dict(chosen)),
    }
    trial.outputs = output_uris(name, asked)
    return trial


def _trial_body(asked: Json, chosen: Mapping[str, Any]) -> Json:
    trial: Json = dict(asked.get("trial") or {})
    command = put_in(str(trial.get("command") or ""), chosen)
    limit = (asked.get("limits") or {}).get("trialTimeout")
    body: Json = {**trial, "jobType": "Command", "command": command, "computeId": asked.get("computeId")}
    body |= {"inputs": asked.get("inputs") or {}, "outputs": asked.get("outputs") or {}}
    body |= {"environmentVariables": {**(trial.get("environmentVariables") or {}), **variables(chosen)}}
    body |= {"resources": trial.get("resources") or asked.get("resources")}
    return {**body, "limits": {"jobLimitsType": "Command", "timeout": limit} if limit else None}


def sweep_tags(record: JobRecord) -> dict[str, str]:
    """Return the tags by which the service keeps a sweep's settings, all of them text."""
    asked = record.asked
    limits, goal = asked.get("limits") or {}, asked.get("objective") or {}
    minutes = (seconds_of(limits.get("timeout")) or 604800) // 60
    algorithm = asked.get("samplingAlgorithm") or {}
    kind = str(algorithm.get("samplingAlgorithmType") or "Random")
    rules = {key: algorithm.get(key) for key in ("rule", "logbase", "seed")} | {
        "rule": algorithm.get("rule") or "Random"
    }
    generator = {"name": kind.upper(), "parameter_space": asked.get("searchSpace") or {}, "properties": rules}
    if kind.lower() == "bayesian":
        generator["emulated"] = "The emulator has a small model of its own, not the service's."
    policy = asked.get("earlyTermination") or {}
    metric = {"name": goal.get("primaryMetric"), "goal": goal.get("goal")}
    return {
        "_aml_system_max_concurrent_jobs": str(limits.get("maxConcurrentTrials") or 10),
        "_aml_system_max_total_jobs": str(limits.get("maxTotalTrials") or _OPEN),
        "_aml_system_max_duration_minutes": str(minutes),
        "_aml_system_policy_config": _compact(
            {"name": policy.get("policyType") or "Default", "properties": _rest(policy)}
        ),
        "_aml_system_generator_config": _compact(generator),
        "_aml_system_primary_metric_config": _compact(metric),
        "_aml_system_platform_config": _compact({"ServiceAddress": record.workspace.api}),
        "_aml_system_resume_child_runs": "null",
        "_aml_system_all_jobs_generated": "false",
        "_aml_system_cancellation_requested": "false",
        "_aml_system_samples_generated_count": "0",
    }


def sweep_properties(record: JobRecord) -> dict[str, str | None]:
    """Return the properties that a sweep has from the start."""
    goal = record.asked.get("objective") or {}
    return {
        "primary_metric_config": _compact({"name": goal.get("primaryMetric"), "goal": goal.get("goal")}),
        "resume_from": "null",
        "runTemplate": "HyperDrive",
        "azureml.runsource": "hyperdrive",
        "platform": "AML",
        "user_agent": "managementfrontend/emulated",
    }


def _rest(policy: Json) -> Json:
    return {key: value for key, value in policy.items() if key != "policyType"}


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
