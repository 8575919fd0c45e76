"""What a sweep draws from and when it ends trials: spreads that can be drawn from, and policies that make sense.

Sources: sweep job YAML reference (parameter expressions, Bayesian and grid sampling, early termination, limits).
"""

from __future__ import annotations

from collections.abc import Mapping

from desktop_app.api import Value
from desktop_app.core.rules import exponents
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import Path, mapping, text, whole

_BAYESIAN = frozenset({"choice", "uniform", "quniform"})
_MOST_TRIALS = 1000
_LARGEST_EXPONENT = 50
"""e to that power is more than any hyperparameter: the values themselves were meant."""


def check(path: Path, sweep: Mapping[str, Value], sampling: str, notes: Notes) -> None:
    """Check the spreads of a sweep's search space, its rule to end trials early and its limits."""
    for name, given in mapping(sweep.get("search_space")).items():
        here = (*path, "search_space", name)
        spread = mapping(given)
        kind = text(spread.get("type")).lower()
        _spread(here, kind, spread, notes)
        if kind.endswith("loguniform"):
            exponents.check(here, name, spread, sweep.get("sampling_algorithm"), notes)
        if sampling == "bayesian" and kind and kind not in _BAYESIAN:
            message = f"Bayesian sampling takes choice, uniform and quniform alone: {name} can't be {kind}."
            notes.error("search-space", (*here, "type"), message)
    _policy((*path, "early_termination"), mapping(sweep.get("early_termination")), notes)
    _limits((*path, "limits"), mapping(sweep.get("limits")), notes)


_KINDS = frozenset({
    "choice", "uniform", "quniform", "loguniform", "qloguniform", "normal", "qnormal", "lognormal", "qlognormal",
    "randint",
})  # fmt: skip


def _spread(path: Path, kind: str, spread: Mapping[str, Value], notes: Notes) -> None:
    joined = kind.replace("_", "").replace("-", "")
    if kind not in _KINDS and joined in _KINDS:
        fix = change(f"Write {joined}", (*path, "type"), joined)
        notes.error("search-space", (*path, "type"), f"Write {joined} at type, not {kind}.", fix)
    for key in ("sigma", "q"):
        number = spread.get(key)
        if isinstance(number, int | float) and number <= 0:
            notes.error("search-space", (*path, key), f"Write a number above 0 at {key}, not {number}.")
    upper = whole(spread.get("upper"))
    if upper is not None and upper < 1:
        notes.error("search-space", (*path, "upper"), f"Write at least 1 at upper, not {upper}.")
    most = spread.get("max_value")
    if kind.endswith("loguniform") and isinstance(most, int | float) and most > _LARGEST_EXPONENT:
        message = f"Write the logarithm at max_value: {kind} draws up to exp({most}), which is no number to train with."
        notes.warning("search-space", (*path, "max_value"), message)


def _policy(path: Path, policy: Mapping[str, Value], notes: Notes) -> None:
    for key, least in (("evaluation_interval", 1), ("delay_evaluation", 0)):
        count = whole(policy.get(key))
        if count is not None and count < least:
            fix = change(f"Write {least}", (*path, key), least)
            notes.error("early-termination", (*path, key), f"Write at least {least} at {key}, not {count}.", fix)
    for key in ("slack_factor", "slack_amount"):
        slack = policy.get(key)
        if isinstance(slack, int | float) and slack < 0:
            notes.error("early-termination", (*path, key), f"Write a number of 0 or more at {key}, not {slack}.")
    if policy.get("slack_factor") and policy.get("slack_amount"):
        message = "Keep either slack_factor or slack_amount: a bandit ends trials by one of them."
        notes.error("early-termination", (*path, "slack_amount"), message)
    share = whole(policy.get("truncation_percentage"))
    if share is not None and not 1 <= share <= 99:
        message = f"Write a percentage of 1 to 99 at truncation_percentage, not {share}."
        notes.error("early-termination", (*path, "truncation_percentage"), message)


def _limits(path: Path, limits: Mapping[str, Value], notes: Notes) -> None:
    for key in ("max_total_trials", "max_concurrent_trials"):
        count = whole(limits.get(key))
        if count is not None and count > _MOST_TRIALS:
            fix = change(f"Write {_MOST_TRIALS}", (*path, key), _MOST_TRIALS)
            message = f"Write at most {_MOST_TRIALS} at {key}: a sweep has no more trials, not {count}."
            notes.error("process-count", (*path, key), message, fix)
    whole_time, one = whole(limits.get("timeout")), whole(limits.get("trial_timeout"))
    if whole_time is not None and one is not None and one > whole_time > 0:
        message = f"Write at most {whole_time} at trial_timeout: the whole sweep ends after that many seconds."
        notes.warning("timeout", (*path, "trial_timeout"), message)
