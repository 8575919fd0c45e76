"""Logarithmic spreads whose limits look like the values themselves: Azure ML takes logarithms, and so lr becomes one.

Source: sweep job YAML reference (loguniform draws exp(uniform(min_value, max_value))); its sampling's logbase.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from desktop_app.api import Fix, Value
from desktop_app.core.paths import join_path
from desktop_app.core.rules.notes import Notes
from desktop_app.core.rules.values import Path, mapping

_NEVER_MEANT = 0.1
"""A least exponent above 0 that nobody means: it draws from 1.1 on, whatever the greatest is."""
_GREATEST = 50
"""What is more is told of where it stands."""


def check(path: Path, name: str, spread: Mapping[str, Value], sampling: Value, notes: Notes) -> None:
    """Warn of a spread, at `path`, that draws nearly 1 alone."""
    low, high = _number(spread.get("min_value")), _number(spread.get("max_value"))
    if low is None or high is None or not _looks_like_values(low, high):
        return
    base = base_of(mapping(sampling).get("logbase"))
    message = (
        f"{name} is drawn from {_power(base, low)} to {_power(base, high)}: min_value and max_value are logarithms."
    )
    fix = _as_logarithms(path, low, high, base)
    if fix is not None:
        written = " and ".join(f"{each:g}" for each in fix.set.values() if isinstance(each, float))
        message += f" For {low:g} to {high:g} write {written}."
    notes.warning("search-space", (*path, "min_value"), message, fix)


def base_of(logbase: Value) -> float:
    """Return the base of logarithmic spreads, e unless a number above 1 is given."""
    try:
        base = float(logbase) if isinstance(logbase, str | int | float) else math.e
    except ValueError:
        return math.e
    return base if math.isfinite(base) and base > 1 else math.e


def _number(value: Value) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _looks_like_values(least: float, most: float) -> bool:
    """Whether limits are likely values: all draws lie between 1 and the base, or begin just above 1."""
    return 0 <= least < most and (most < 1 or (0 < least <= _NEVER_MEANT and most <= _GREATEST))


def _power(base: float, exponent: float) -> str:
    made = f"exp({exponent:g})" if base == math.e else f"{base:g}^{exponent:g}"
    try:
        return f"{made} = {base**exponent:.4g}"
    except OverflowError:
        return made


def _as_logarithms(path: Path, low: float, high: float, base: float) -> Fix | None:
    if low <= 0:
        return None
    least, most = (round(math.log(each, base), 2) for each in (low, high))
    places = {join_path((*path, key)): each for key, each in (("min_value", least), ("max_value", most))}
    return Fix(f"Write {least:g} and {most:g}", dict(places))
