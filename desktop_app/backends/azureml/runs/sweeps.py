"""A sweep and its trials as run history tells them, made into SweepState and Trial. Pure: asks nobody.

Source of the tags `_aml_system_…` and of the properties: a recording of a running sweep; `best_child_run_id`, `score`
and `space_size`: printed details of finished ones. A trial's `hyperparameters`, in its tags or properties: SDK v1.
"""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from desktop_app.api import RankState, RunSnapshot, RunStatus, SweepState, Topology, Trial, Value

OPEN_END = 1_000_000
"""So many trials, or more, mean that the file names no limit."""
HYPERDRIVE = "hyperdrive"
LOG = "azureml-logs/hyperdrive.txt"
"""What a sweep itself writes: which trials it begins, and which its policy ends."""
_TAG = "_aml_system_"
_NUMBER = re.compile(r"_(\d+)$")


def of_job(properties: Mapping[str, Any]) -> SweepState | None:
    """Return what the management plane says of a sweep; None for a job of another kind."""
    if str(properties.get("jobType")).lower() != "sweep":
        return None
    objective, limits = _mapping(properties.get("objective")), _mapping(properties.get("limits"))
    sampling = _mapping(properties.get("samplingAlgorithm")).get("samplingAlgorithmType")
    known = SweepState(
        str(objective.get("primaryMetric") or ""),
        str(objective.get("goal") or "maximize").lower(),
        str(sampling or "random").lower(),
        total=_limit(limits.get("maxTotalTrials")),
    )
    return with_record(known, properties)


def with_record(known: SweepState | None, run: Mapping[str, Any]) -> SweepState | None:
    """Return a sweep's state with what its record says; None for a run that is no sweep."""
    tags, properties = _mapping(run.get("tags")), _mapping(run.get("properties"))
    metric = _json(tags.get(f"{_TAG}primary_metric_config") or properties.get("primary_metric_config"))
    if known is None and not metric:
        return None
    known = known or SweepState("")
    sampling = _json(tags.get(f"{_TAG}generator_config")).get("name")
    score = _number(properties.get("score"))
    return SweepState(
        primary_metric=str(metric.get("name") or known.primary_metric),
        goal=str(metric.get("goal") or known.goal).lower(),
        sampling=_sampling(sampling) or known.sampling,
        started=max(known.started, _count(tags.get(f"{_TAG}samples_generated_count")) or 0),
        total=_total(tags, properties, known),
        best=str(properties.get("best_child_run_id") or known.best),
        best_value=known.best_value if score is None else score,
        stopped_early=known.stopped_early,
    )


def with_trials(sweep: RunSnapshot, trials: Iterable[RunSnapshot]) -> RunSnapshot:
    """Return a sweep with what its trials tell: how many there are, and how many its policy ended.

    Which is best is the service's to say; where it has not, it is the one whose metric was last seen best.
    """
    state, found = sweep.sweep, list(trials)
    if state is None:
        return sweep
    early = sum(each.trial is not None and each.trial.stopped_early for each in found)
    new = dataclasses.replace(state, started=max(state.started, len(found)), stopped_early=early)
    if not state.best or state.best_value is None or not sweep.is_over:
        new = _with_best(new, found)
    return sweep if new == state else dataclasses.replace(sweep, sweep=new)


def has_policy(run: Mapping[str, Any]) -> bool:
    """Whether a sweep's record names a policy that ends trials early."""
    name = str(_json(_mapping(run.get("tags")).get(f"{_TAG}policy_config")).get("name") or "default")
    return name.lower() not in ("default", "nopolicy", "none")


def with_sweep(known: RunSnapshot, run: Mapping[str, Any]) -> RunSnapshot:
    """Return a run with what its record says of it as a sweep; one that is none stays as it is."""
    state = with_record(known.sweep, run) if is_sweep(run) else None
    if state is None:
        return known
    return dataclasses.replace(known, sweep=state, launcher_logs=(LOG,) if known.started else ())


def is_sweep(run: Mapping[str, Any]) -> bool:
    """Whether a record of run history is a sweep's."""
    return str(_mapping(run.get("runTypeV2")).get("orchestrator")).lower() == HYPERDRIVE


def trial_of(sweep: str, run: Mapping[str, Any], place: int = 0) -> Trial:
    """Return which trial of a sweep a record of run history is; `place` is its number where its name tells none."""
    name = str(run.get("runId"))
    tags, properties = _mapping(run.get("tags")), _mapping(run.get("properties"))
    found = _NUMBER.search(name)
    values = _json(tags.get("hyperparameters") or properties.get("hyperparameters"))
    return Trial(
        sweep,
        int(found[1]) if found else place,
        {str(key).lstrip("-"): each for key, each in values.items()},
        str(properties.get("_azureml.stoppedEarly")).lower() == "true",
    )


def with_trial(known: RunSnapshot, before: RunSnapshot, run: Mapping[str, Any]) -> RunSnapshot:
    """Return a run with which trial it is; `before` is what was known of it. A run that is none stays as it is."""
    parent = run.get("parentRunId")
    values = any("hyperparameters" in _mapping(run.get(each)) for each in ("tags", "properties"))
    if before.trial is None and not (parent and values):
        return known
    trial = before.trial or trial_of(str(parent), run)
    early = trial.stopped_early or (str(run.get("runId")) == known.run and trial_of(trial.sweep, run).stopped_early)
    is_named = run.get("displayName") not in (None, "", known.run)
    return dataclasses.replace(
        known,
        trial=dataclasses.replace(trial, stopped_early=early),
        display_name=known.display_name if is_named else before.display_name,
        tags={key: each for key, each in known.tags.items() if key != "hyperparameters"},
    )


def title(sweep: RunSnapshot, trial: Trial, run: Mapping[str, Any]) -> str:
    """Return what a trial is called: as somebody named it in the workspace, else after its sweep."""
    given = str(run.get("displayName") or "")
    return given if given not in ("", run.get("runId")) else f"{sweep.display_name} trial {trial.number}"


def ranks_of(run: RunSnapshot) -> tuple[RankState, ...]:
    """Return the ranks that a run of nodes and processes has, with the logs that they usually have."""
    size = Topology(run.nodes, run.processes_per_node)
    width = len(str(max(0, size.world_size - 1)))
    one = size.world_size == 1 and not run.framework
    return tuple(
        RankState(
            rank, local, node, RunStatus.NOT_STARTED,
            log="user_logs/std_log.txt" if one else f"user_logs/std_log_process_{rank:0{width}d}.txt",
        )
        for rank, node, local in size.ranks()
    )  # fmt: skip


def _with_best(state: SweepState, trials: Iterable[RunSnapshot]) -> SweepState:
    seen = [
        (each.metrics[state.primary_metric][0], each.run) for each in trials if state.primary_metric in each.metrics
    ]
    sound = [each for each in seen if not math.isnan(each[0])]
    if not sound:
        return state
    value, run = (min if state.goal == "minimize" else max)(sound, key=lambda each: each[0])
    if state.best and state.best_value is not None and not _is_better(state, value):
        return state
    return dataclasses.replace(state, best=run, best_value=value)


def _is_better(state: SweepState, value: float) -> bool:
    assert state.best_value is not None
    return value < state.best_value if state.goal == "minimize" else value > state.best_value


def _total(tags: Mapping[str, Any], properties: Mapping[str, Any], known: SweepState) -> int | None:
    """Return how many trials there will be at most: as the limit says, no more than there are combinations."""
    limit, size = _limit(tags.get(f"{_TAG}max_total_jobs")), _limit(properties.get("space_size"))
    told = min((each for each in (limit, size, known.total) if each is not None), default=None)
    made = _count(tags.get(f"{_TAG}samples_generated_count"))
    is_all = str(tags.get(f"{_TAG}all_jobs_generated")).lower() == "true"
    return made if is_all and made else told


def _limit(value: Any) -> int | None:
    count = _count(value)
    return count if count and count < OPEN_END else None


def _sampling(name: Any) -> str:
    word = str(name or "").lower()
    return next((each for each in ("random", "grid", "bayesian") if each.startswith(word[:5])), word) if word else ""


def _json(text: Any) -> Mapping[str, Value]:
    try:
        found = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def _count(value: Any) -> int | None:
    number = _number(value)
    return int(number) if number is not None and math.isfinite(number) and number >= 0 else None


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
