"""The trials of a sweep as its controller sees them: what each reached, what it runs, and what is said in the end."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import Job, JobInput, MetricPoint, PlannedFile, RunSnapshot, RunStatus, SubmissionPlan, Value
from desktop_app.backends.local.run_folder import SCHEME
from desktop_app.core.words import limit_text

TRIAL_LIMIT = "limits.trial_timeout"
"""The time limit of a trial, as the sweep's file and the reason of a trial that it ended have it."""


@dataclass(slots=True)
class LiveTrial:
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
        """The handle of its run."""
        return f"{SCHEME}{self.run}"

    @property
    def is_over(self) -> bool:
        """Whether it has ended, however."""
        return self.snapshot is not None and self.snapshot.is_over

    @property
    def has_failed(self) -> bool:
        """Whether it ended by itself, and not well."""
        return self.snapshot is not None and self.snapshot.status is RunStatus.FAILED


def lost(trial: LiveTrial) -> RunSnapshot:
    """Return how a trial is whose folder somebody deleted: it has failed."""
    status, reason = RunStatus.FAILED, "The trial's folder was deleted."
    if trial.snapshot is not None:
        return dataclasses.replace(trial.snapshot, status=status, reason=reason)
    made = datetime.now(UTC)
    return RunSnapshot(trial.handle, trial.run, "local", status, trial.run, "", made, reason=reason)


def with_copies(plan: SubmissionPlan, folder: Path) -> Job:
    """Return the sweep's job with its code and data as they were when it was planned, whatever is edited since."""
    inputs = {name: _placed(each, plan.inputs.get(name)) for name, each in plan.job.inputs.items()}
    code = None if plan.job.code is None else str(folder / "code")
    name = plan.environment.get("AZUREML_EXPERIMENT_NAME") or plan.job.experiment_name
    title = plan.job.display_name or plan.job.name or (Path(plan.source).stem if plan.source else plan.run)
    return dataclasses.replace(plan.job, code=code, inputs=inputs, experiment_name=name, display_name=title)


def _placed(given: JobInput, path: str | None) -> JobInput:
    return given if given.path is None or path is None else dataclasses.replace(given, path=path)


def copies(files: Sequence[PlannedFile], code: Path) -> tuple[PlannedFile, ...]:
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


def all_failed(trials: Sequence[LiveTrial]) -> str:
    """Return why a sweep failed of which no trial did well."""
    first = trials[0].snapshot if trials else None
    if first is None:
        return "No trial could be started."
    count = "The only trial" if len(trials) == 1 else f"All {len(trials)} trials"
    return f"{count} failed; {first.run}: {first.reason}"


def none_finished(metric: str, trials: Sequence[LiveTrial], limit: int | None) -> str:
    """Return why a sweep came to nothing of which no trial ended by itself; nothing where one did, or was ended early.

    `limit` is that of one trial, in seconds.
    """
    runs = [each.snapshot for each in trials if each.snapshot is not None and not each.stopped]
    if len(runs) < len(trials) or not runs or any(each.status is RunStatus.COMPLETED for each in runs):
        return ""
    canceled = [each for each in runs if each.status is RunStatus.CANCELED]
    cut = [each for each in canceled if TRIAL_LIMIT in each.reason]
    said = f"ended by {TRIAL_LIMIT}{f' ({limit_text(limit)})' if limit else ''} before"
    hint = f"give {TRIAL_LIMIT} more seconds"
    if len(cut) == len(runs):
        whole, they = ("The only trial was", "it") if len(runs) == 1 else (f"All {len(runs)} trials were", "they")
        return f"{whole} {said} {they} logged {metric}: {hint}."
    others, failed = len(canceled) - len(cut), len(runs) - len(canceled)
    told = [f"{_were(len(cut))} {said} {'they' if len(cut) > 1 else 'it'} logged {metric}"] if cut else []
    told += [f"{_were(others)} canceled"] if others else []
    told += [f"{failed} failed"] if failed else []
    return f"No trial finished: {', '.join(told)}{f'; {hint}' if cut else ''}."


def _were(count: int) -> str:
    return f"{count} {'was' if count == 1 else 'were'}"


def nothing_logged(metric: str, trials: Sequence[LiveTrial]) -> str:
    """Return why there is no best trial."""
    names = sorted({name for each in trials for name in each.names})
    logged = f"they logged {', '.join(names[:8])}" if names else f'log it by mlflow.log_metric("{metric}", value)'
    return f"No trial logged the primary metric “{metric}”, so there is no best one: {logged}."
