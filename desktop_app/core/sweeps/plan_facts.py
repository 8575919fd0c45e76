"""What a person is told of a sweep before it is submitted: how values are searched, by what, and how many trials.

Source of the defaults: Azure ML CLI (v2) sweep job YAML reference, read 2026-11.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from desktop_app.api import Job, Sweep, UserError, Value
from desktop_app.core.rules.exponents import base_of
from desktop_app.core.sweeps.choices import count
from desktop_app.core.words import limit_text, plural

MOST_TRIALS = 1000
"""Trials that Azure ML starts at most, and of a sweep that names no number."""
_MOST_VALUES = 6
_OWN = ("min_value", "max_value", "mu", "sigma", "upper", "values")


def most_trials(sweep: Sweep, unlimited: int = MOST_TRIALS) -> int:
    """Return how many trials there will be at most: as the limits say, no more than a grid has combinations.

    `unlimited` is how many there are where nothing says it.
    """
    try:
        combinations = count(sweep)
    except UserError:
        combinations = None
    told = sweep.max_total_trials or combinations or unlimited
    return max(1, min(told, MOST_TRIALS, combinations or told))


def at_once(sweep: Sweep) -> int:
    """Return how many trials may run at a time."""
    return max(1, min(most_trials(sweep), sweep.max_concurrent_trials or MOST_TRIALS))


def plan_facts(job: Job) -> Iterator[tuple[str, str]]:
    """Yield what a plan says of a sweep, none for another job."""
    sweep = job.sweep
    if sweep is None:
        return
    yield "Trials", f"{most_trials(sweep):,} at most, {at_once(sweep):,} at a time"
    yield from search_facts(sweep)
    whole = limit_text(sweep.timeout) if sweep.timeout else "none"
    yield "Time limit", f"{whole}, of a trial {limit_text(job.timeout)}" if job.timeout else whole


def search_facts(sweep: Sweep) -> Iterator[tuple[str, str]]:
    """Yield what a plan says of how the values are searched, wherever that is."""
    yield "Sampling", sampling_text(sweep)
    yield "Search space", "; ".join(f"{name}: {_drawn_text(each, sweep)}" for name, each in sweep.search_space.items())
    yield "Primary metric", f"{sweep.primary_metric}, to {'maximize' if sweep.is_maximized else 'minimize'}"
    yield "Early termination", policy_text(sweep.early_termination)


def _drawn_text(spread: Mapping[str, Value], sweep: Sweep) -> str:
    """Return a spread in words, of a logarithmic one with the values that its exponents stand for."""
    kind, limits = str(spread.get("type") or "").lower(), (spread.get("min_value"), spread.get("max_value"))
    if not kind.endswith("loguniform") or not all(isinstance(each, int | float) for each in limits):
        return spread_text(spread)
    try:
        low, high = (base_of(sweep.logbase) ** float(each) for each in limits if isinstance(each, int | float))
    except OverflowError:
        return spread_text(spread)
    return f"{spread_text(spread)}, which is {low:.3g} to {high:.3g}"


def spread_text(spread: Mapping[str, Value]) -> str:
    """Return `uniform from 0.01 to 0.1`, `choice of 16, 32`, `normal, mu 0, sigma 1`."""
    kind, values = str(spread.get("type") or ""), spread.get("values")
    if isinstance(values, list):
        some = ", ".join(str(each) for each in values[:_MOST_VALUES])
        return f"{kind} of {some}{', …' if len(values) > _MOST_VALUES else ''}"
    rest = [f"{key} {value}" for key, value in spread.items() if key != "type" and key not in _OWN]
    if "upper" in spread:
        return ", ".join([f"{kind} below {spread['upper']}", *rest])
    if "min_value" in spread:
        return ", ".join([f"{kind} from {spread['min_value']} to {spread.get('max_value')}", *rest])
    told = [f"{key} {spread[key]}" for key in ("mu", "sigma") if key in spread]
    return ", ".join([kind, *told, *rest])


def policy_text(policy: Mapping[str, Value] | None) -> str:
    """Return `bandit, slack factor 0.1, evaluation interval 2`."""
    if not policy:
        return "none: every trial runs to its end"
    rest = [f"{key.replace('_', ' ')} {value}" for key, value in policy.items() if key != "type"]
    return ", ".join([str(policy.get("type") or "").replace("_", " "), *rest])


def sampling_text(sweep: Sweep) -> str:
    """Return `random, sobol, seed 1`, `grid, 6 combinations`."""
    word = sweep.sampling.lower()
    if word == "grid":
        try:
            return f"grid, {plural(count(sweep) or 0, 'combination')}"
        except UserError as error:
            return f"grid: {error}"
    parts = [word, (sweep.rule or "").lower() if (sweep.rule or "").lower() == "sobol" else ""]
    parts.append("" if sweep.seed is None else f"seed {sweep.seed}")
    return ", ".join(each for each in parts if each)
