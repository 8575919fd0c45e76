"""What the program and a plugin's process say to each other: a JSON object a line, typed by the hooks' annotations.

The program sends an order: `{"call": N}` with `load`, or `hook` and `arguments`, or `function` and `arguments`. The
process answers `{"answer": N}` with one of

- `results`: what a hook returned, each; what `load` found; what a function returned, one;
- `refused`: a UserError, as message, hint, details, and whether it is the outside world's fault;
- `garbage`: one sentence on a result that its contract doesn't allow;
- `raised` and `traceback`: anything else.

Before an answer, and between answers, it may send `{"said": TEXT}`: what the plugin prints. A function in a result is a
number, by which it is called. `released` in an order are the numbers that nobody will call again.
"""

from __future__ import annotations

import collections.abc
import dataclasses
import typing
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

from desktop_app.api._plugins.results import NAMES
from desktop_app.api._records import from_json, to_json
from desktop_app.api.hookspecs import Hooks

Signature: TypeAlias = tuple[tuple[Any, ...], Any]
"""The types of a function's arguments, and of what it returns."""


@cache
def asked(hook: str) -> Mapping[str, Any]:
    """Return the types of a hook's arguments by name."""
    return {name: each for name, each in _hints(getattr(Hooks, hook)).items() if name != "return"}


@cache
def functions_of(kind: Any) -> Mapping[str, Signature]:
    """Return the fields of a type that hold functions."""
    hints = _hints(kind) if _is_record(kind) else {}
    called = {name: each for name, each in hints.items() if typing.get_origin(each) is collections.abc.Callable}
    signatures = ((name, typing.get_args(each)) for name, each in called.items())
    return {name: (tuple(wanted), kind) for name, (wanted, kind) in signatures}


def encoded(result: Any, keep: Callable[[Any, Signature], int]) -> Any:
    """Return a result as JSON takes it; each function in it as the number that `keep` gives it."""
    if isinstance(result, list | tuple):
        return [encoded(each, keep) for each in result]
    kind: Any = type(result)
    functions = functions_of(kind)
    if not functions:
        return to_json(result)
    fields = {each.name: getattr(result, each.name) for each in dataclasses.fields(result)}
    return {name: keep(each, functions[name]) if name in functions else to_json(each) for name, each in fields.items()}


def decoded(hint: Any, data: Any, remote: Callable[[int, Signature, Any], Any]) -> Any:
    """Return the value that `encoded` made `data` from, with what `remote` makes of each number for a function.

    Raises TypeError, ValueError or RecursionError for what no plugin's process of ours would say.
    """
    found = from_json(hint, data)
    return tuple(_with_functions(each, remote) for each in found) if isinstance(found, tuple) else found


def _with_functions(record: Any, remote: Callable[[int, Signature, Any], Any]) -> Any:
    found: dict[str, Any] = {}
    kind: Any = type(record)
    for name, signature in functions_of(kind).items():
        number = getattr(record, name)
        if type(number) is not int:
            raise TypeError(f"{name} is no function")
        found[name] = remote(number, signature, record)
    return dataclasses.replace(record, **found) if found else record


@cache
def _hints(of: Any) -> Mapping[str, Any]:
    return typing.get_type_hints(of, localns=NAMES)


def _is_record(kind: Any) -> bool:
    return dataclasses.is_dataclass(kind)
