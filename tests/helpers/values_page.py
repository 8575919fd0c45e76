"""The page of values for plugin authors, made from the code: `python -m tests.helpers.values_page` writes it."""

from __future__ import annotations

import dataclasses
import enum
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from desktop_app import api

PAGE = Path(__file__).resolve().parents[2] / "docs" / "plugin-values.md"
ROOMS = {
    "forms": "Forms",
    "wizards": "Wizards",
    "jobs": "Jobs",
    "diagnostics": "Findings",
    "environments": "Environments",
    "scripts": "Scripts",
    "plans": "Plans",
    "ranks": "Ranks",
    "failures": "Failures",
    "exports": "Exports",
    "workers": "Worker tasks",
    "toolchains": "Toolchains",
    "sweeps": "Sweeps",
}
_HEAD = """# Plugins: values

What hooks get and return: every field with its type and its default. Made from the code by
`python -m tests.helpers.values_page`, and held to it by a test. All come from `desktop_app.api`, and all are frozen:
`dataclasses.replace` makes another one. `Value` is a text, a number, a truth value, nothing, or a list or a table of
such; `Answers` is a table of them by the names of fields.

How they are used stands in the [guide](plugins.md) and the [reference](plugin-reference.md).
"""


def page() -> str:
    """Return the page as it has to be."""
    return "\n".join([_HEAD, *(part for room in ROOMS for part in _room(room))])


def _room(room: str) -> Iterator[str]:
    yield f"## {ROOMS[room]}\n"
    for name in sorted(api.__all__):
        kind = getattr(api, name)
        if getattr(kind, "__module__", "") == f"desktop_app.api.{room}" and isinstance(kind, type):
            yield f"### {name}\n"
            yield f"{inspect.getdoc(kind)}\n"
            yield f"```text\n{_fields(kind)}\n```\n"


def _fields(kind: Any) -> str:
    if issubclass(kind, enum.Enum):
        return "\n".join(f"{kind.__name__}.{each.name} = {each.value!r}" for each in kind)
    return "\n".join(f"{each.name}: {each.type}{_default(each)}" for each in dataclasses.fields(kind))


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is not dataclasses.MISSING:
        return f" = {field.default}" if isinstance(field.default, enum.Enum) else f" = {field.default!r}"
    if field.default_factory is not dataclasses.MISSING:
        return f" = {field.default_factory()!r}"
    return ""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
