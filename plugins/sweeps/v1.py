"""SDK v1's words for a sweep, as people paste them: HyperDriveConfig, samplings, distributions, policies.

Source: azureml.train.hyperdrive reference. Nothing is run: literals are read off the syntax tree.
"""

from __future__ import annotations

import ast
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from desktop_app.api import Value

_SAMPLINGS = {"RandomParameterSampling": "random", "GridParameterSampling": "grid",
              "BayesianParameterSampling": "bayesian"}  # fmt: skip
_POLICIES = {"BanditPolicy": "bandit", "MedianStoppingPolicy": "median_stopping",
             "TruncationSelectionPolicy": "truncation_selection", "NoTerminationPolicy": "none"}  # fmt: skip
_NUMBERS = {"max_total_runs": "max_total_trials", "max_concurrent_runs": "max_concurrent_trials",
            "max_duration_minutes": "sweep_minutes", "evaluation_interval": "evaluation_interval",
            "delay_evaluation": "delay_evaluation", "truncation_percentage": "truncation_percentage"}  # fmt: skip
_TWO = {"uniform": ("low", "high"), "loguniform": ("low", "high"), "normal": ("mean", "deviation"),
        "lognormal": ("mean", "factor")}  # fmt: skip


@dataclass(frozen=True, slots=True)
class V1Sweep:
    """What was understood, as answers of the wizard; `space` by the argument's name; `known` are the words found."""

    answers: Mapping[str, Value] = field(default_factory=dict)
    space: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    known: tuple[str, ...] = ()


def read_v1(text: str) -> V1Sweep:
    """Return what is known of a text of SDK v1; nothing of what does not parse."""
    try:
        tree = ast.parse(_as_code(text))
    except (SyntaxError, ValueError, RecursionError):
        return V1Sweep()
    answers: dict[str, Value] = {}
    space: dict[str, Mapping[str, Value]] = {}
    known: dict[str, None] = {}
    for call in (each for each in ast.walk(tree) if isinstance(each, ast.Call)):
        name = _name(call.func)
        found = _call(name, call, answers, space)
        known.update(dict.fromkeys([name] if found else []))
    for word in (each for each in ast.walk(tree) if isinstance(each, ast.Assign) and len(each.targets) == 1):
        if _keyword(_name(word.targets[0]), word.value, answers):
            known[_name(word.targets[0])] = None
    return V1Sweep(answers, space, tuple(known))


def _as_code(text: str) -> str:
    """Return words such as `primary_metric_goal=MAXIMIZE, max_total_runs=20` as code: as what a call is given."""
    words = f"_({text.strip().rstrip(',')})"
    try:
        ast.parse(words)
    except SyntaxError:
        return text
    return words


def _call(name: str, call: ast.Call, answers: dict[str, Value], space: dict[str, Mapping[str, Value]]) -> bool:
    found = False
    for each in call.keywords:
        found = _keyword(each.arg or "", each.value, answers) or found
    if name in _SAMPLINGS:
        answers["sampling"] = _SAMPLINGS[name]
        found = True
        dicts = [*call.args, *(each.value for each in call.keywords)]
        space.update(pair for each in dicts if isinstance(each, ast.Dict) for pair in _pairs(each))
    elif name in _POLICIES:
        answers["policy"] = _POLICIES[name]
        found = True
    return found or name == "HyperDriveConfig"


def _keyword(name: str, node: ast.expr, answers: dict[str, Value]) -> bool:
    value = _literal(node)
    if name == "primary_metric_name" and isinstance(value, str):
        answers["metric"] = value
    elif name == "primary_metric_goal":
        said = _name(node) or str(value)
        answers["goal"] = "minimize" if "min" in said.lower() else "maximize"
    elif name in _NUMBERS and isinstance(value, int):
        answers[_NUMBERS[name]] = value
    elif name in {"slack_factor", "slack_amount"} and isinstance(value, int | float):
        answers["slack"], answers["slack_kind"] = value, name.removeprefix("slack_")
    else:
        return False
    return True


def _pairs(node: ast.Dict) -> list[tuple[str, Mapping[str, Value]]]:
    found: list[tuple[str, Mapping[str, Value]]] = []
    for key, value in zip(node.keys, node.values, strict=True):
        name = _literal(key) if key is not None else None
        spread = _spread(value) if isinstance(value, ast.Call) else None
        if isinstance(name, str) and spread is not None:
            found.append((name.lstrip("-").replace("-", "_"), spread))
    return found


def _spread(call: ast.Call) -> dict[str, Value] | None:
    """Return a distribution as the wizard asks for it: of logarithms, the values themselves."""
    kind = _name(call.func)
    given = [_literal(each) for each in call.args]
    if kind == "choice":
        values: Any = given[0] if len(given) == 1 and isinstance(given[0], list | tuple | range) else given
        return {"type": kind, "values": ", ".join(str(each) for each in values)}
    if kind == "randint" and len(given) == 1 and isinstance(given[0], int):
        return {"type": kind, "upper": given[0]}
    names = _TWO.get(kind.removeprefix("q"))
    numbers = [each for each in given if isinstance(each, int | float)]
    if names is None or len(numbers) != (3 if kind.startswith("q") else 2):
        return None
    pair = [math.exp(each) if "log" in kind else each for each in numbers[:2]]
    step: dict[str, Value] = {"step": numbers[2]} if kind.startswith("q") else {}
    return {"type": kind, names[0]: pair[0], names[1]: pair[1], **step}


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and _name(node.func) == "range":
        given = [_literal(each) for each in node.args]
        if given and all(isinstance(each, int) and abs(each) < 10_000 for each in given):
            return list(range(*given))
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return None


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
