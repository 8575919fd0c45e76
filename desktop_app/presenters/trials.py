"""The trials of a sweep: which runs they are, a row for each, the best, and how far the sweep is; without Qt."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desktop_app.api import MetricPoint, RunSnapshot, SweepState, Value
from desktop_app.core.rank_words import RankName
from desktop_app.core.words import clock_text
from desktop_app.presenters.metrics import NAMELESS, Curve, Plot, Style, short_number, thinned
from desktop_app.presenters.run_words import duration_of

NONE = "–"
STATE, NUMBER = "state", "number"
LAST, BEST, DURATION = "last", "best", "duration"
_ALGORITHMS = {"random": "random sampling", "grid": "every combination", "bayesian": "Bayesian sampling"}


def is_trial_of(run: RunSnapshot, sweep: RunSnapshot) -> bool:
    """Whether a run is one of the sweep's trials: it names it, and lies where the sweep does."""
    return run.trial is not None and run.trial.sweep == sweep.run and _home(run) == _home(sweep)


def sweep_handle(run: RunSnapshot) -> str:
    """Return the handle of the sweep that a trial belongs to, nothing for another run."""
    return "" if run.trial is None else f"{_home(run)}{run.trial.sweep}"


def _home(run: RunSnapshot) -> str:
    return run.handle.removesuffix(run.run)


def progress(state: SweepState) -> str:
    """Return `12 of 20 trials`, as far as the number is known."""
    noun = "trial" if (state.total or state.started) == 1 else "trials"
    return f"{state.started} {noun}" if state.total is None else f"{state.started} of {state.total} {noun}"


def headline(state: SweepState, best: int | None, value: float | None) -> str:
    """Return what a sweep's page says first: `12 of 20 trials · best accuracy 0.983 (trial 7)`."""
    parts = [progress(state)]
    if value is not None:
        whose = "" if best is None else f" (trial {best})"
        parts.append(f"best {state.primary_metric} {short_number(value)}{whose}")
    if state.stopped_early:
        parts.append(f"{state.stopped_early} ended early")
    return " · ".join(parts)


def manner(state: SweepState) -> str:
    """Return how it searches: `Bayesian sampling, to maximize accuracy`."""
    algorithm = _ALGORITHMS.get(state.sampling, state.sampling)
    return f"{algorithm}, to {state.goal.strip().lower()} {state.primary_metric}"


def trial_line(run: RunSnapshot) -> str:
    """Return what a trial's page says of it: its number, its values, and whether the policy ended it."""
    if run.trial is None:
        return ""
    values = (f"{name} = {value_text(value)}" for name, value in run.trial.values.items())
    early = ["ended early by the policy"] if run.trial.stopped_early else []
    return " · ".join((f"Trial {run.trial.number}", *values, *early))


def value_text(value: Value) -> str:
    """Return a value as a cell shows it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return short_number(value) if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class TrialRow:
    """A trial in the table. `last` and `best` are of the primary metric, None before it was logged."""

    run: RunSnapshot
    last: float | None = None
    best: float | None = None
    is_best: bool = False

    @property
    def handle(self) -> str:
        """The trial's handle."""
        return self.run.handle

    @property
    def number(self) -> int:
        """Its number in the sweep."""
        return self.run.trial.number if self.run.trial is not None else -1

    @property
    def values(self) -> Mapping[str, Value]:
        """Its values by the parameter's name."""
        return self.run.trial.values if self.run.trial is not None else {}

    @property
    def state(self) -> str:
        """What its state is called, where the policy's word is said rather than the service's; else nothing."""
        return "Ended early" if self.run.trial is not None and self.run.trial.stopped_early else ""


OTHERS = -1
"""The one curve that all trials are drawn as which do not stand out: two hundred pictures would take their time."""
_POINTS = 200
"""Points of a trial's curve among all others."""


@dataclass(slots=True)
class _Known:
    """What was read of a trial's primary metric; `thin` is enough of it to be drawn among many."""

    curve: Curve
    best: float | None = None
    thin: tuple[Sequence[float], Sequence[float]] = ((), ())


class Trials:
    """The trials of one sweep as they are now: rows in the order that is asked for, and their curves."""

    def __init__(self, sweep: RunSnapshot) -> None:
        self.sweep = sweep
        self.rows: list[TrialRow] = []
        self.names: tuple[str, ...] = ()
        self.sorted_by, self.descending = NUMBER, False
        self._runs: dict[str, RunSnapshot] = {}
        self._known: dict[str, _Known] = {}
        self._others: Curve | None = None

    @property
    def state(self) -> SweepState:
        """How far the sweep is."""
        return self.sweep.sweep or SweepState("")

    @property
    def runs(self) -> Mapping[str, RunSnapshot]:
        """Every trial by its handle."""
        return self._runs

    @property
    def columns(self) -> tuple[str, ...]:
        """The table's columns: `values/NAME` is a parameter."""
        return (NUMBER, STATE, *(f"values/{name}" for name in self.names), LAST, BEST, DURATION)

    @property
    def best(self) -> TrialRow | None:
        """The best trial: the one the sweep names, else the one whose metric is best so far."""
        named = next((each for each in self.rows if each.run.run == self.state.best), None)
        measured = [each for each in self.rows if each.best is not None]
        if named is not None or not measured:
            return named
        return min(measured, key=lambda row: (-self._rank(row), row.number))

    @property
    def headline(self) -> str:
        """What the page says first."""
        best = self.best
        value = self.state.best_value
        if value is None and best is not None:
            value = best.best
        return headline(self.state, best.number if best is not None else None, value)

    def take(self, runs: Iterable[RunSnapshot]) -> bool:
        """Take in what became of runs, of which others than this sweep's trials are passed by; whether any was one."""
        mine = {each.handle: each for each in runs if is_trial_of(each, self.sweep)}
        self._runs.update(mine)
        return bool(mine)

    def forget(self, handle: str) -> None:
        """Drop a run that is gone."""
        self._runs.pop(handle, None)
        self._known.pop(handle, None)

    def read(self, handle: str, points: Sequence[MetricPoint]) -> None:
        """Take in all that a trial logged; of several ranks, rank 0's curve."""
        mine = [each for each in points if each.name == self.state.primary_metric]
        ranks = {each.rank for each in mine}
        first = None if None in ranks else min((each for each in ranks if each is not None), default=None)
        mine = [each for each in mine if each.rank == first]
        has_steps = len({each.step for each in mine}) > 1
        curve = Curve(None)
        for place, each in enumerate(mine):
            curve.add(float(each.step if has_steps else place), each.value)
        self._known[handle] = _Known(curve, self._better(curve.y), thinned(curve.x, curve.y, _POINTS))
        self._others = None

    def arrange(self) -> bool:
        """Work the rows out anew; return whether other rows, or rows in another order, are shown."""
        before = [each.handle for each in self.rows]
        self._others = None if len(before) != len(self._runs) else self._others
        self.rows = [self._row(each) for each in self._runs.values()]
        best = self.best
        self.rows = [
            TrialRow(each.run, each.last, each.best, is_best=best is not None and each.handle == best.handle)
            for each in self.rows
        ]
        names: dict[str, None] = {}
        for each in sorted(self.rows, key=lambda row: row.number):
            names.update(dict.fromkeys(each.values))
        self.names = tuple(names)
        self.rows.sort(key=lambda row: row.number)
        if (self.sorted_by, self.descending) != (NUMBER, False):
            self._sort()
        return before != [each.handle for each in self.rows]

    def sort(self, column: str, *, descending: bool) -> None:
        """Have the rows in another order."""
        self.sorted_by, self.descending = column, descending
        self.arrange()

    def cell(self, row: TrialRow, column: str, now: datetime) -> str:
        """Return what stands in a cell, but for the state's word."""
        if column == NUMBER:
            return str(row.number)
        if column in (LAST, BEST):
            value = row.last if column == LAST else row.best
            return NONE if value is None else short_number(value)
        if column == DURATION:
            seconds = duration_of(row.run, now)
            return NONE if seconds is None else clock_text(seconds)
        name = column.partition("/")[2]
        return value_text(row.values[name]) if name in row.values else NONE

    def plot(self, picked: int | None = None) -> Plot:
        """Return the primary metric: by step, or (where each trial logged but one value) by trial.

        The best and the picked trial have curves of their own, all of them together the one called `OTHERS`.
        """
        if self._others is None:
            self._others = self._together()
        plot = Plot(self.state.primary_metric)
        if self._others.x:
            plot.curves[OTHERS] = self._others
        best = self.best
        for row in self.rows:
            known = self._known.get(row.handle)
            if known is not None and known.curve.x and (row.number == picked or row is best or row.is_best):
                plot.curves[row.number] = self._alone(row.number, known.curve)
        return plot

    @property
    def is_by_trial(self) -> bool:
        """Whether no trial logged more than one value, so that there is no curve but a point for each."""
        return all(len(each.curve.x) < 2 for each in self._known.values())

    def looks(self, plot: Plot, _names: Mapping[int, RankName] = NAMELESS) -> dict[int | None, Style]:
        """Return how each curve is drawn: the best and the picked one stand out, all others are quiet."""
        dots = self.is_by_trial
        drawn = sum(bool(each.curve.x) for each in self._known.values())
        made: dict[int | None, Style] = {}
        for each in plot.curves:
            is_best = self.best is not None and each == self.best.number
            role = "completed" if is_best else "accent"
            made[each] = Style(role, f"{'best: ' if is_best else ''}trial {each}", in_front=True, dots=dots)
        if OTHERS in made:
            made[OTHERS] = Style("muted", "1 trial" if drawn == 1 else f"all {drawn} trials", dots=dots)
        return made

    def _together(self) -> Curve:
        """Return all curves as one, with gaps between them."""
        made, by_trial = Curve(OTHERS), self.is_by_trial
        for row in sorted(self.rows, key=lambda row: row.number):
            known = self._known.get(row.handle)
            if known is None or not known.curve.x:
                continue
            x, y = known.thin
            made.x.extend([float(row.number)] * len(x) if by_trial else x)
            made.y.extend(y)
            if not by_trial:
                made.add(x[-1], math.nan)
        return made

    def _alone(self, number: int, curve: Curve) -> Curve:
        x = array("d", [float(number)]) if self.is_by_trial else curve.x
        return Curve(number, x, curve.y)

    # ----- the rest

    def _row(self, run: RunSnapshot) -> TrialRow:
        known = self._known.get(run.handle)
        last = run.metrics.get(self.state.primary_metric)
        value = last[0] if last is not None else known.curve.last if known is not None else None
        best = self._better([each for each in (value, known.best if known else None) if each is not None])
        return TrialRow(run, value, best)

    @property
    def _is_maximized(self) -> bool:
        return self.state.goal.strip().lower() != "minimize"

    def _better(self, values: Iterable[float]) -> float | None:
        numbers = [each for each in values if math.isfinite(each)]
        return (max if self._is_maximized else min)(numbers, default=None)

    def _rank(self, row: TrialRow) -> float:
        value = row.best if row.best is not None else math.nan
        return value if self._is_maximized else -value

    def _sort(self) -> None:
        known = [each for each in self.rows if self._key(each) is not None]
        rest = [each for each in self.rows if self._key(each) is None]
        known.sort(key=self._key, reverse=self.descending)  # rows without a value stay below, whatever the direction
        self.rows = [*known, *rest]

    def _key(self, row: TrialRow) -> Any:
        column = self.sorted_by
        if column == NUMBER:
            return row.number
        if column == STATE:
            return row.run.status.value
        if column in (LAST, BEST):
            return row.last if column == LAST else row.best
        if column == DURATION:
            return duration_of(row.run, row.run.ended or row.run.started or row.run.created)
        value = row.values.get(column.partition("/")[2])
        if value is None:
            return None
        number = isinstance(value, int | float)
        return (not number, value if number else 0, str(value))


def runs_of_tail(before: Sequence[str], after: Sequence[str]) -> int | None:
    """Return how many rows came at the end, None where anything else changed."""
    if list(after[: len(before)]) != list(before):
        return None
    return len(after) - len(before)


def stale(trials: Trials, read: Mapping[str, object]) -> list[str]:
    """Return the trials whose metrics have to be read: those that logged since, or ended."""
    return [handle for handle, run in trials.runs.items() if read.get(handle) != reading_key(trials, run)]


def reading_key(trials: Trials, run: RunSnapshot) -> object:
    """Return what differs once a trial has logged more."""
    return run.is_over, run.metrics.get(trials.state.primary_metric)
