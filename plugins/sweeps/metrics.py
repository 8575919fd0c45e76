"""The names of the metrics that a script logs with MLflow, read from its syntax tree."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from desktop_app.api.kit import Script

_ONE, _SEVERAL, _V1 = "log_metric", "log_metrics", "log"


def logged_metrics(script: Script) -> tuple[str, ...]:
    """Return the names in `mlflow.log_metric("accuracy", …)`, `log_metrics({"loss": …})` and v1's `run.log("loss", …)`.

    Names that are worked out while it runs are not known.
    """
    calls = (each for name in (_ONE, _SEVERAL, _V1) for each in script.calls_of(name))
    return tuple(dict.fromkeys(name for each in sorted(calls, key=lambda call: call.lineno) for name in _names(each)))


def _names(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == _ONE:
        named = [each.value for each in call.keywords if each.arg == "key"]
        yield from _texts([*named, *call.args[1:2]] if _is_clients(call) else [*named, *call.args[:1]])
    elif name == _SEVERAL:
        given = [*call.args, *(each.value for each in call.keywords)]
        yield from (key for each in given if isinstance(each, ast.Dict) for key in _texts(each.keys))
    elif name == _V1 and isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "run":
        yield from _texts(call.args[:1])


def _is_clients(call: ast.Call) -> bool:
    """Whether it is a client's method, which takes the run's id before the name."""
    is_plain = isinstance(call.func, ast.Name) or getattr(getattr(call.func, "value", None), "id", "") == "mlflow"
    return not is_plain and len(call.args) > 2


def _texts(nodes: list[ast.expr] | list[ast.expr | None]) -> Iterator[str]:
    for each in nodes:
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value
