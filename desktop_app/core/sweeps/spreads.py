"""A search space as axes from 0 to 1: each spread as the function that makes a value of a share, and back.

Sources: Azure ML, "Hyperparameter tuning a model (v2)" and the sweep job YAML reference, read 2026-11. A spread that
begins with q is rounded to multiples of q as Python rounds: whole numbers stay whole where q is one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from desktop_app.api import Sweep, UserError, Value

_LEAST = 1e-12
_KEYS: Mapping[str, tuple[str, ...]] = {
    "choice": ("values",),
    "randint": ("upper",),
    "uniform": ("min_value", "max_value"),
    "loguniform": ("min_value", "max_value"),
    "normal": ("mu", "sigma"),
    "lognormal": ("mu", "sigma"),
}
KINDS = (*_KEYS, "quniform", "qloguniform", "qnormal", "qlognormal")


@dataclass(frozen=True, slots=True)
class Axis:
    """One dimension of a search space. `values` is for a choice alone, `low` and `high` are mu and sigma of a normal.

    `base` is that of the exponent, 0 where the values are not on a logarithmic scale; `step` is 0 where none is given.
    """

    kind: str
    values: tuple[Value, ...] = ()
    low: float = 0.0
    high: float = 1.0
    base: float = 0.0
    step: float = 0.0

    def at(self, share: float) -> Value:
        """Return the value below which this share (0 up to 1) of all draws lies."""
        if self.kind == "choice":
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        if self.kind == "randint":
            return min(int(share * self.high), int(self.high) - 1)
        return self._stepped(self._raised(self._plain(share)))

    def share_of(self, value: Value) -> float:
        """Return the share at which a value lies, in the middle of those that give it."""
        if self.kind == "choice":
            return (self.values.index(value) + 0.5) / len(self.values) if value in self.values else 0.5
        number = float(value) if isinstance(value, int | float) else 0.0
        if self.kind == "randint":
            return (number + 0.5) / self.high
        return min(1.0, max(0.0, self._share(number)))

    def _plain(self, share: float) -> float:
        if self.kind == "normal":
            return NormalDist(self.low, self.high).inv_cdf(min(1 - _LEAST, max(_LEAST, share)))
        return min(self.high, self.low + share * (self.high - self.low))

    def _raised(self, number: float) -> float:
        try:
            return self.base**number if self.base else number
        except OverflowError:
            return math.inf

    def _stepped(self, number: float) -> float:
        if not self.step or not math.isfinite(number):
            return number
        return float(f"{round(number / self.step) * self.step:.12g}") if self.step % 1 else self._whole(number)

    def _whole(self, number: float) -> int:
        return round(number / self.step) * int(self.step)

    def _share(self, number: float) -> float:
        if self.base:
            number = math.log(max(number, 1e-300), self.base)
        if self.kind == "normal":
            return NormalDist(self.low, self.high).cdf(number)
        return (number - self.low) / (self.high - self.low) if self.high > self.low else 0.5


def axes(sweep: Sweep) -> dict[str, Axis]:
    """Return the axes by name. Raises UserError for a space that can't be drawn from."""
    if not sweep.search_space:
        raise UserError("The sweep has no search space.", hint="Name what varies under search_space:.")
    return {name: _axis(name, spread, sweep.logbase) for name, spread in sweep.search_space.items()}


def _axis(name: str, spread: Mapping[str, Value], logbase: Value) -> Axis:
    kind = str(spread.get("type") or "").lower()
    step = 0.0
    if kind in KINDS and kind not in _KEYS:
        kind, step = kind[1:], _number(name, spread, "q")
    if kind not in _KEYS:
        raise UserError(f"{name} is drawn by “{kind}”, which is not known.", hint=f"Use one of {', '.join(KINDS)}.")
    if kind == "choice":
        return Axis(kind, values=_values(name, spread.get("values")))
    if kind == "randint":
        return Axis(kind, high=_number(name, spread, "upper", least=1))
    low, high = (_number(name, spread, key) for key in _KEYS[kind])
    if "normal" in kind and high <= 0:
        raise UserError(f"{name} needs a sigma above 0, not {high}.")
    if "normal" not in kind and high < low:
        raise UserError(f"{name} goes from {low} to {high}: write the smaller one at min_value.")
    base = _base(logbase) if kind.startswith("log") else 0.0
    return Axis(kind.removeprefix("log"), low=low, high=high, base=base, step=step)


def _number(name: str, spread: Mapping[str, Value], key: str, least: float = -math.inf) -> float:
    given = spread.get(key)
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        raise UserError(f"{name} needs a number at {key}.")
    if given < least or (key == "q" and given <= 0):
        raise UserError(f"{name} can't be drawn with {key}: {given}.")
    return float(given)


def _values(name: str, given: Value) -> tuple[Value, ...]:
    if not isinstance(given, Sequence) or isinstance(given, str) or not given:
        raise UserError(f"{name} needs a list of values to choose from.")
    return tuple(given)


def _base(logbase: Value) -> float:
    """Return the base of logarithmic spreads: e unless another is given."""
    try:
        base = float(logbase) if isinstance(logbase, str | int | float) else math.e
    except ValueError:
        base = math.e
    return base if base > 0 and math.isfinite(base) else math.e
