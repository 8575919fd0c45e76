"""A sweep's trials for a person and for programs: the table below `runs show`, what `runs list --sweep` lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from desktop_app.api import RunSnapshot, SweepState, UserError, Value
from desktop_app.api._records import to_json
from desktop_app.cli.words import duration
from desktop_app.core.sweeps.trials import written

BEST = "*"
_NONE = "–"


def trials_of(sweep: RunSnapshot, runs: Iterable[RunSnapshot]) -> list[RunSnapshot]:
    """Return a sweep's trials among `runs`, by number."""
    home = sweep.handle.removesuffix(sweep.run)
    mine = [each for each in runs if each.trial is not None and each.trial.sweep == sweep.run]
    return sorted((each for each in mine if each.handle.startswith(home)), key=_number)


def _number(run: RunSnapshot) -> int:
    return run.trial.number if run.trial else 0


def refuse_others(run: RunSnapshot) -> SweepState:
    """Return how far a sweep is. Raises UserError for another run."""
    if run.sweep is None:
        raise UserError(f"{run.run} is no sweep.", hint="`rankzero runs list` counts the trials of those that are.")
    return run.sweep


def table(sweep: RunSnapshot, trials: Iterable[RunSnapshot]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Return the heading and the rows of a sweep's trials; the best one is marked."""
    state, found = refuse_others(sweep), list(trials)
    names = list(dict.fromkeys(name for each in found if each.trial for name in each.trial.values))
    heading = ("", "TRIAL", "STATUS", *names, state.primary_metric or "METRIC", "TOOK", "RUN")
    return heading, [_row(state, each, names) for each in found]


def _row(state: SweepState, run: RunSnapshot, names: Iterable[str]) -> tuple[str, ...]:
    values = run.trial.values if run.trial else {}
    last = run.metrics.get(state.primary_metric)
    early = " (ended early)" if run.trial and run.trial.stopped_early else ""
    return (
        BEST if run.run == state.best else "",
        str(_number(run)),
        f"{run.status.value}{early}",
        *(_value(values[name]) if name in values else _NONE for name in names),
        _NONE if last is None else f"{last[0]:.6g}",
        duration(run),
        run.run,
    )


def _value(value: Value) -> str:
    return f"{value:.6g}" if isinstance(value, float) else written(value)


def facts(run: RunSnapshot) -> dict[str, str]:
    """Return what `runs show` says of a sweep or of a trial."""
    if run.trial is not None:
        values = ", ".join(f"{name}={_value(value)}" for name, value in run.trial.values.items())
        return {"Trial": f"{run.trial.number} of {run.trial.sweep}", "Values": values}
    if run.sweep is None:
        return {}
    state = run.sweep
    best = f"{state.primary_metric} {state.best_value:g} ({state.best})" if state.best_value is not None else _NONE
    early = f", {state.stopped_early} ended early" if state.stopped_early else ""
    total = f"{state.started} of {state.total}" if state.total is not None else str(state.started)
    return {"Trials": f"{total}{early}", "Best": best}


def begin_line(run: RunSnapshot) -> str:
    """Return what is said of a trial that begins."""
    values = ", ".join(f"{name}={_value(value)}" for name, value in (run.trial.values if run.trial else {}).items())
    return f"Trial {_number(run)} starts: {values} ({run.run})"


def end_line(run: RunSnapshot, metric: str) -> str:
    """Return what is said of a trial that is over."""
    last = run.metrics.get(metric)
    early = " (ended early)" if run.trial and run.trial.stopped_early else ""
    reached = f": {metric} {last[0]:.6g}" if last else ""
    took = f" in {duration(run)}" if run.started and run.ended else ""
    return f"Trial {_number(run)} {run.status.value}{early}{took}{reached}"


def shape(run: RunSnapshot) -> dict[str, Any]:
    """Return what of a run's JSON tells of sweeps; null where the run is neither a sweep nor a trial."""
    return {"sweep": to_json(run.sweep), "trial": to_json(run.trial), "parent": run.trial.sweep if run.trial else None}
