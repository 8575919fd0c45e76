"""Builds a network with a person's class or function, and says which arguments it still needs."""

from __future__ import annotations

import ast
import difflib
import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from rankzero_kit.errors import TaskError

from . import user_code


def build(target: Any, name: str, given: Mapping[str, Any], code: user_code.Code) -> Any:
    """Return what a class or function builds; what is no function is taken as it is. Raises TaskError."""
    import torch

    if isinstance(target, torch.nn.Module):
        return target
    if not callable(target):
        raise TaskError(f"{name} is a {type(target).__name__}: neither a class nor a function.")
    arguments = fitted(target, name, given)
    with user_code.blamed(f"{name}({', '.join(arguments)})", code.roots):
        return target(**arguments)


def fitted(target: Callable[..., Any], name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments in the types that a signature asks for. Raises TaskError, with a question for what it lacks."""
    parameters = _parameters(target)
    if parameters is None:
        return {each: _read(value, None) for each, value in given.items()}
    named = {each.name: each for each in parameters if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)}
    takes_all = any(each.kind is each.VAR_KEYWORD for each in parameters)
    unknown = [each for each in given if each not in named]
    if unknown and not takes_all:
        close = difflib.get_close_matches(unknown[0], named, 2)
        hint = f"Did you mean {' or '.join(close)}?" if close else f"It takes {', '.join(named) or 'none'}."
        raise TaskError(f"{name} takes no argument “{unknown[0]}”.", hint, ask=_question(name, named))
    missing = [each for each, value in named.items() if value.default is value.empty and each not in given]
    if missing:
        hint = "Give them as they were in training."
        raise TaskError(f"{name} needs {_listed(missing)}.", hint, ask=_question(name, named))
    return {each: _read(value, named.get(each)) for each, value in given.items()}


def takes(target: Any, settings: Mapping[str, Any], holders: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a checkpoint's settings that a constructor names; one that needs all of them in one gets that."""
    named = [each for each in _parameters(target) or () if each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)]
    found = {each.name: settings[each.name] for each in named if each.name in settings}
    whole = [each.name for each in named if each.default is each.empty and each.name in holders]
    return {**{name: holders[name] for name in whole}, **found}


def _parameters(target: Callable[..., Any]) -> list[inspect.Parameter] | None:
    try:
        return [*inspect.signature(target).parameters.values()]
    except (TypeError, ValueError):
        return None


def _question(name: str, named: Mapping[str, inspect.Parameter]) -> dict[str, Any]:
    rows = [
        {
            "name": each.name,
            "required": each.default is each.empty,
            "annotation": _annotation(each),
            "default": None if each.default is each.empty else _plain(each.default),
        }
        for each in named.values()
    ]
    return {"kind": "arguments", "class": name, "parameters": rows}


def _annotation(parameter: inspect.Parameter) -> str:
    if parameter.annotation is parameter.empty:
        return "" if parameter.default in (parameter.empty, None) else type(parameter.default).__name__
    return getattr(parameter.annotation, "__name__", str(parameter.annotation))


def _plain(value: Any) -> Any:
    try:
        json.dumps(value)
    except (TypeError, ValueError):
        return repr(value)
    return value


def _read(value: Any, parameter: inspect.Parameter | None) -> Any:
    """Return what a text stands for: 64, [1, 2], true, none; a text that the signature asks for stays one."""
    if not isinstance(value, str) or (parameter is not None and _annotation(parameter).startswith("str")):
        return value
    known = {"true": True, "false": False, "none": None, "null": None}
    if value.lower() in known:
        return known[value.lower()]
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return value


def _listed(names: list[str]) -> str:
    quoted = [f"“{each}”" for each in names]
    told = quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} and {quoted[-1]}"
    return f"the argument{'s' if len(names) > 1 else ''} {told}"
