"""Plans a sweep on this machine: its first trial, planned as any job, and a controller that will start them all."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from desktop_app.api import Diagnostic, Host, Job, ProcessSpec, Severity, SubmissionPlan, Sweep, UserError, Value
from desktop_app.backends.local.facts import ranks, ranks_of_launchers
from desktop_app.core.sweeps.choices import choices
from desktop_app.core.sweeps.plan_facts import MOST_TRIALS, most_trials, search_facts
from desktop_app.core.sweeps.trials import in_trial, trial_job
from desktop_app.core.words import limit_text, size_text
from desktop_app.worker.supervisor.ending import GRACE_VARIABLE, Grace

CONTROLLER = "controller"
TRIAL_GRACE = "RANKZERO_TRIAL_GRACE"
"""What RANKZERO_GRACE was for who started the sweep, and is for its trials."""
UNLIMITED = 20
"""Trials of a sweep that names no limit at all; Azure ML would go on to a thousand."""
_TIDY = 10.0
"""Seconds that a trial's supervisor gets, beyond its ranks' grace, to write its end when the sweep is ended."""


@dataclass(frozen=True, slots=True)
class Extent:
    """How many trials there will be at most, and at once; `fits` is how many at once this machine has room for."""

    total: int
    together: int
    fits: int


async def plan_sweep(
    job: Job, host: Host, controller: Sequence[str], plan_trial: Callable[[Job], Awaitable[SubmissionPlan]]
) -> SubmissionPlan:
    """Return the plan of a sweep; what is wrong stands in its diagnostics."""
    sweep = job.sweep or Sweep({}, "")
    values, problems = _first(sweep)
    trial = await plan_trial(trial_job(job, 0, values))
    problems += [_without_values(each) for each in in_trial(trial.diagnostics)]
    extent = extent_of(sweep, ranks_of_a_trial(trial), host)
    problems += _limits(sweep, extent)
    plan = dataclasses.replace(
        trial,
        job=job,
        processes=(_controller(controller, trial.run),),
        launchers=(),
        outputs={},
        environment=_environment(trial),
        timeout=sweep.timeout,
        diagnostics=tuple(problems),
    )
    return dataclasses.replace(plan, facts=tuple(_facts(plan, trial, extent, host)))


def ranks_of_a_trial(plan: SubmissionPlan) -> int:
    """Return how many ranks a trial has, as far as that is known, from its own plan or the sweep's."""
    processes = plan.topology.world_size
    return ranks_of_launchers(plan.job.command, processes) or processes


def extent_of(sweep: Sweep, processes: int, host: Host) -> Extent:
    """Return how many trials of so many processes there will be, and at once."""
    total = most_trials(sweep, MOST_TRIALS if sweep.timeout else UNLIMITED)
    fits = max(1, (len(host.gpus) or host.cpu_count) // max(1, processes))
    return Extent(total, max(1, min(sweep.max_concurrent_trials or fits, total)), fits)


def _first(sweep: Sweep) -> tuple[dict[str, Value], list[Diagnostic]]:
    found = []
    if not sweep.primary_metric:
        message = "Name the metric to look for at objective.primary_metric: without it no trial is better than another."
        found.append(Diagnostic(Severity.ERROR, "missing-key", message, "objective.primary_metric"))
    try:
        return next(choices(sweep)), found
    except UserError as problem:
        message = f"{problem.message} {problem.hint}".rstrip()
        found.append(Diagnostic(Severity.ERROR, "search-space", message, "search_space"))
        return {name: _any_of(spread) for name, spread in sweep.search_space.items()}, found


def _any_of(spread: Mapping[str, Value]) -> Value:
    """Return a value for a trial that will not be: with it the rest of the command can be looked at."""
    values = spread.get("values")
    if isinstance(values, list) and values:
        return values[0]
    given = (spread.get(key) for key in ("min_value", "mu", "upper"))
    return next((each for each in given if isinstance(each, int | float)), 1)


def _without_values(finding: Diagnostic) -> Diagnostic:
    """Leave out a mending of the command: it would hold the first trial's values in place of the placeholders."""
    changed = () if finding.fix is None else (*finding.fix.set, *finding.fix.unset)
    return dataclasses.replace(finding, fix=None) if "trial.command" in changed else finding


def _limits(sweep: Sweep, extent: Extent) -> Iterator[Diagnostic]:
    if sweep.max_total_trials is None and sweep.timeout is None and extent.total == UNLIMITED:
        message = f"Write limits.max_total_trials: without a limit a sweep ends here after {UNLIMITED} trials."
        yield Diagnostic(Severity.WARNING, "no-limit", message, "limits")


def _controller(words: Sequence[str], run: str) -> ProcessSpec:
    return ProcessSpec(0, 0, 0, (*words, run), role=CONTROLLER, log="user_logs/std_log_process_0.txt")


def _environment(trial: SubmissionPlan) -> dict[str, str]:
    """Return what is set for the controller alone.

    Its trials end at once when it does, and get the time that they themselves give their ranks.
    """
    own = os.environ.get(GRACE_VARIABLE)
    grace = Grace.read({**os.environ, **trial.environment})
    found = {name: trial.environment[name] for name in ("AZUREML_EXPERIMENT_NAME",) if name in trial.environment}
    found |= {} if own is None else {TRIAL_GRACE: own}
    return {**found, GRACE_VARIABLE: f"0,{grace.term + _TIDY:g}"}


def _facts(plan: SubmissionPlan, trial: SubmissionPlan, extent: Extent, host: Host) -> Iterator[tuple[str, str]]:
    sweep = plan.job.sweep or Sweep({}, "")
    yield "Trials", f"{extent.total:,} at most"
    yield "At a time", _together(sweep, extent, ranks_of_a_trial(trial), host)
    yield from search_facts(sweep)
    if sweep.sampling.lower() == "bayesian":
        yield "Bayesian model", "one of our own: Azure ML's is not public, so values differ from those it would try"
    yield "Ranks of a trial", ranks(trial)
    yield "Files", f"{len(plan.files)} ({size_text(plan.bytes)}), copied for each trial"
    yield "Toolchain", f"{plan.toolchain} ({plan.python})" if plan.python else "none"
    yield "Time limit", limit_text(sweep.timeout) if sweep.timeout else "none"
    yield "Time limit of a trial", limit_text(plan.job.timeout) if plan.job.timeout else "none"


def _together(sweep: Sweep, extent: Extent, processes: int, host: Host) -> str:
    room = f"{len(host.gpus)} GPUs" if host.gpus else f"{host.cpu_count} cores"
    each = "process" if processes == 1 else "processes"
    why = f"{room}, {processes} {each} a trial"
    if sweep.max_concurrent_trials is None:
        return f"{extent.together} ({why})"
    return f"{extent.together}, as asked (room for {extent.fits}: {why})"
