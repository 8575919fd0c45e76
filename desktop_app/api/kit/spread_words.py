"""What a spread of a search space draws, in plain words.

Source: Azure ML, "Hyperparameter tuning a model (v2)" and sweep job YAML reference, read 2026-11.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from desktop_app.api.forms import Value

_HUGE = 1e300


def spread_words(spread: Mapping[str, Value]) -> str:
    """Return in plain words what a spread of a search space draws, of logarithms the real range; or nothing."""
    kind = str(spread.get("type") or "").lower()
    values = spread.get("values")
    if kind == "choice" and isinstance(values, list) and values:
        return "1 value: nothing is tried out." if len(values) == 1 else f"{len(values)} values, each as often."
    if kind == "randint":
        upper = _number(spread, "upper")
        return f"A whole number from 0 to {int(upper) - 1}." if upper is not None and upper >= 1 else ""
    drawn = _drawn(kind.removeprefix("q"), spread)
    step = _number(spread, "q")
    rounded = f", in steps of {_text(step)}" if drawn and kind.startswith("q") and step is not None else ""
    return f"{drawn}{rounded}.{_of_logarithms(kind, spread)}" if drawn else ""


def _drawn(base: str, spread: Mapping[str, Value]) -> str:
    low, high, mu, sigma = (_number(spread, each) for each in ("min_value", "max_value", "mu", "sigma"))
    if base in {"uniform", "loguniform"} and low is not None and high is not None and low < high:
        if base == "uniform":
            return f"Any number from {_text(low)} to {_text(high)}"
        middle = _text(_exp((low + high) / 2))
        return f"{_text(_exp(low))} to {_text(_exp(high))}, as often below {middle} as above"
    if base in {"normal", "lognormal"} and mu is not None and sigma is not None and sigma > 0:
        real = _exp if base == "lognormal" else float
        between = f"{_text(real(mu - sigma))} and {_text(real(mu + sigma))}"
        return f"Around {_text(real(mu))}: two of three between {between}"
    return ""


def _of_logarithms(kind: str, spread: Mapping[str, Value]) -> str:
    low, high, mu, sigma = (_number(spread, each) for each in ("min_value", "max_value", "mu", "sigma"))
    if "log" not in kind:
        return ""
    if low is not None and high is not None:
        return f" The file holds the exponents: exp({_text(low)}) to exp({_text(high)})."
    return f" The file says exp(normal({_text(mu)}, {_text(sigma)}))."


def _number(spread: Mapping[str, Value], name: str) -> float | None:
    value = spread.get(name)
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _HUGE
    return value if is_number else None  # type: ignore[return-value]


def _exp(value: float) -> float:
    return math.exp(value) if value < 700 else math.inf


def _text(value: float | None) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
