"""Spreads of a search space: what to ask for each, what to propose for a present value, and what it means in words.

Source: Azure ML, "Hyperparameter tuning a model (v2)" and sweep job YAML reference, read 2026-11. A logarithmic
spread is asked for by the values themselves; its file holds exponents of e.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from desktop_app.api import Choice, Field, FieldKind, Value
from desktop_app.api.kit import spread_words

from .parameters import RATE, Parameter, value_of

KINDS = (
    Choice("choice", "One of", "Choice: one of these values, each as often."),
    Choice("loguniform", "Log-uniform", "Each power of ten as often: for rates and strengths."),
    Choice("uniform", "Uniform", "Any number between two limits, each as often."),
    Choice("quniform", "Uniform, stepped", "Uniform, rounded to a step."),
    Choice("qloguniform", "Log-uniform, stepped", "Log-uniform, rounded to a step."),
    Choice("randint", "Whole below", "Randint: a whole number from 0 up to, without, a limit."),
    Choice("normal", "Normal", "Around a value; far from it is rare."),
    Choice("lognormal", "Log-normal", "Around a value, as often at twice of it as at half."),
    Choice("qnormal", "Normal, stepped", "Normal, rounded to a step."),
    Choice("qlognormal", "Log-normal, stepped", "Log-normal, rounded to a step."),
)
NAMES = tuple(each.value for each in KINDS)
BAYESIAN = ("choice", "uniform", "quniform")
_LETTERS = {"low": "from", "high": "to", "mean": "around", "deviation": "±", "factor": "× or ÷", "step": "step"}


def proposed(parameter: Parameter) -> str:
    """Return the kind of spread that an expert would take for a parameter."""
    number = parameter.number
    if number is None or parameter.choices or parameter.is_whole:
        return "choice"
    if RATE.search(parameter.name) or 0 < number <= 0.02:
        return "loguniform"
    return "uniform"


def fields(kind: str, parameter: Parameter) -> tuple[Field, ...]:
    """Return what is asked for a kind of spread, with what is proposed for the present value."""
    asked = _proposals(kind, parameter)
    made = []
    for name, value in asked.items():
        title = {"values": "values", "upper": "below"}.get(name, _LETTERS.get(name, name))
        field = FieldKind.TEXT if name == "values" else FieldKind.INTEGER if name == "upper" else FieldKind.NUMBER
        made.append(Field(name, title, field, default=value))
    return tuple(made)


def _proposals(kind: str, parameter: Parameter) -> dict[str, Value]:
    number = parameter.number
    if kind == "choice":
        return {"values": _values(parameter)}
    if kind == "randint":
        return {"upper": max(2, 2 * int(number)) if number is not None and number > 0 else 10}
    middle = 1.0 if number is None or number == 0 else abs(number)
    step: dict[str, Value] = {"step": _tidy(middle / 10) if not parameter.is_whole else 1} if kind[0] == "q" else {}
    base = kind.removeprefix("q")
    if base == "normal":
        return {"mean": number if number is not None else 0.0, "deviation": _tidy(middle / 4), **step}
    if base == "lognormal":
        return {"mean": middle, "factor": 2.0, **step}
    if base == "loguniform":
        return {"low": _tidy(middle / 10), "high": _tidy(middle * 10), **step}
    low, high = _between(parameter, number)
    return {"low": low, "high": high, **step}


def _between(parameter: Parameter, number: float | None) -> tuple[float, float]:
    """Return limits for a uniform spread around a present value; shares stay between 0 and 1."""
    if number is None or number == 0:
        return 0.0, 1.0
    if "momentum" in parameter.name or "beta" in parameter.name:
        return 0.8, 0.99
    if "drop" in parameter.name:
        return 0.0, 0.5
    if parameter.is_whole:
        return max(1, int(number) // 2), int(number) * 2
    low, high = sorted((_tidy(number / 2), _tidy(number * 2)))
    return low, (min(high, 1.0) if 0 < number < 1 else high)


def _values(parameter: Parameter) -> str:
    if parameter.choices:
        return ", ".join(parameter.choices)
    number = parameter.number
    if number is None or number == 0:
        return str(parameter.value).lower() if isinstance(parameter.value, bool) else str(parameter.value)
    if parameter.is_whole:
        half = [int(number) // 2] if int(number) % 2 == 0 and number > 0 else []
        return ", ".join(str(each) for each in (*half, int(number), int(number) * 2))
    return ", ".join(f"{_tidy(number * each):g}" for each in (0.1, 1, 10))


def values_of(given: Value) -> list[Value]:
    """Return the values of a choice: as they were typed, or a list."""
    if isinstance(given, list):
        return list(given)
    return [value_of(each) for each in str(given or "").split(",") if each.strip()]


def written(kind: str, given: Mapping[str, Value]) -> dict[str, Value]:
    """Return a spread as a sweep's file has it."""
    base = kind.removeprefix("q")
    step = {"q": _number(given, "step")} if kind.startswith("q") else {}
    if kind == "choice":
        return {"type": kind, "values": values_of(given.get("values"))}
    if kind == "randint":
        return {"type": kind, "upper": given.get("upper")}
    if base == "uniform":
        return {"type": kind, "min_value": _number(given, "low"), "max_value": _number(given, "high"), **step}
    if base == "loguniform":
        return {"type": kind, "min_value": _log(given, "low"), "max_value": _log(given, "high"), **step}
    if base == "normal":
        return {"type": kind, "mu": _number(given, "mean"), "sigma": _number(given, "deviation"), **step}
    return {"type": kind, "mu": _log(given, "mean"), "sigma": _log(given, "factor"), **step}


def problem(kind: str, given: Mapping[str, Value]) -> str:
    """Return why nothing can be drawn from what was answered, nothing where it can."""
    if kind == "choice":
        return "" if values_of(given.get("values")) else "list at least one value"
    if kind not in NAMES:
        return f"there is no spread {kind}"
    numbers: dict[str, Any] = {name: each for name, each in given.items() if name != "type"}
    if any(isinstance(each, bool) or not isinstance(each, int | float) for each in numbers.values()):
        return "write a number in each field"
    return next((said for said, is_wrong in _faults(kind, numbers) if is_wrong), "")


def _faults(kind: str, numbers: Mapping[str, float]) -> Iterator[tuple[str, bool]]:
    yield "write a number in each field", not all(math.isfinite(each) for each in numbers.values())
    upper = numbers.get("upper", 1)
    yield "the limit is a whole number above 0", upper < 1 or upper != int(upper)
    yield "the first limit is below the second", numbers.get("low", 0) >= numbers.get("high", math.inf)
    least = min(numbers.get("low", 1), numbers.get("mean", 1))
    yield "a logarithmic spread has values above 0 alone", "log" in kind and least <= 0
    yield "the factor is above 1", numbers.get("factor", 2) <= 1
    yield "step and deviation are above 0", min(numbers.get("step", 1), numbers.get("deviation", 1)) <= 0


def meaning(kind: str, given: Mapping[str, Value]) -> str:
    """Return in plain words what is drawn."""
    said = problem(kind, given)
    return f"{said[0].upper()}{said[1:]}." if said else spread_words(written(kind, given))


def _tidy(value: float) -> float:
    """Return a number of two digits that tells as much."""
    return float(f"{value:.2g}")


def _number(given: Mapping[str, Value], name: str) -> float:
    value = given.get(name)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def _log(given: Mapping[str, Value], name: str) -> float:
    value = _number(given, name)
    return round(math.log(value), 4) if value > 0 else 0.0
