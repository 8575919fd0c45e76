"""Placeholders in a job's command: `${{inputs.x}}`, `${{outputs.y}}` and optional parts `$[[ … ]]`.

Source: Azure ML CLI (v2) "core YAML syntax" and command job reference, read 2026-11.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from desktop_app.api import UserError, Value
from desktop_app.core.nearest import nearest

_PLACEHOLDER = re.compile(r"\$\{\{\s*(?P<body>[^{}]*?)\s*\}\}")
_NAMED = re.compile(r"(?P<kind>inputs|outputs)\.(?P<name>[^\s.\[\]]+)(?:[.\[].*)?")
_OPTIONAL = re.compile(r"\$\[\[(?P<body>.*?)\]\]", re.DOTALL)
_SLIP = re.compile(
    r"\$?\{{0,3}(?<=[{$])\s*(?P<kind>inputs|outputs)\.(?P<name>[A-Za-z_][\w-]*)\s*\}{1,3}"
    r"|\$(?:\(\{{0,2}|\[\[)\s*(?P<kind_>inputs|outputs)\.(?P<name_>[A-Za-z_][\w-]*)\s*(?:\}{0,2}\)|\]\])"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """`${{inputs.x}}` in a text: `kind` is inputs or outputs; `text[start:end]` is the whole placeholder."""

    kind: str
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Slip:
    """What looks like a placeholder and is none: `text[start:end]`, and what was probably meant."""

    kind: str
    name: str
    start: int
    end: int

    @property
    def meant(self) -> str:
        """The placeholder as it is written."""
        return f"${{{{{self.kind}.{self.name}}}}}"


def references(text: str) -> list[Reference]:
    """Return every placeholder for an input or output in its order; others, such as `${{name}}`, are left out."""
    return [
        Reference(named["kind"], named["name"], found.start(), found.end())
        for found in _PLACEHOLDER.finditer(text)
        if (named := _NAMED.fullmatch(found["body"]))
    ]


def slips(text: str) -> list[Slip]:
    """Return what was meant as a placeholder but will reach the shell as it stands: `{inputs.x}`, `${inputs.x}`."""
    return [
        Slip(found["kind"] or found["kind_"], found["name"] or found["name_"], found.start(), found.end())
        for found in _SLIP.finditer(text)
        if not _PLACEHOLDER.fullmatch(found[0])
    ]


def input_text(value: Value) -> str:
    """Return a literal input as a command gets it: as Python writes it (`True`, `0.001`), nothing for null."""
    return "" if value is None else str(value)


def resolve(text: str, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> str:
    """Return the text with every placeholder replaced; an optional part goes where one of its inputs is not given.

    Raises UserError for a placeholder that means nothing here.
    """
    known = {"inputs": inputs, "outputs": outputs}

    def keep(found: re.Match[str]) -> str:
        body = found["body"]
        given = all(each.name in known[each.kind] for each in references(body))
        return body if given else ""

    return _PLACEHOLDER.sub(lambda found: _resolved(found, known), _OPTIONAL.sub(keep, text))


def _resolved(found: re.Match[str], known: Mapping[str, Mapping[str, str]]) -> str:
    named = _NAMED.fullmatch(found["body"])
    if named is None:
        raise UserError(f"{found[0]} means nothing in a command.", hint="Write ${{inputs.NAME}} or ${{outputs.NAME}}.")
    values = known[named["kind"]]
    if named["name"] not in values:
        raise UserError(undefined(named["kind"], named["name"]), hint=nearest(named["name"], sorted(values)))
    return values[named["name"]]


def undefined(kind: str, name: str) -> str:
    """Return the sentence about a placeholder without its input or output."""
    noun = "input" if kind == "inputs" else "output"
    return f"The command uses ${{{{{kind}.{name}}}}}, but the job has no {noun} “{name}”."
