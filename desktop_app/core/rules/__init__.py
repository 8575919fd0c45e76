"""What the values of a file mean to Azure ML, for every kind of file: pure rules over data and dated facts."""

from __future__ import annotations

from desktop_app.api import Diagnostic, Value
from desktop_app.core.rules import (
    addresses,
    assets,
    bindings,
    conda,
    counts,
    defaults,
    environments,
    formats,
    loose,
    names,
    presence,
    quotes,
    secret,
    serving,
    sizes,
    spark,
    sweeps,
    v1,
    variables,
)
from desktop_app.core.rules.bodies import Body, bodies
from desktop_app.core.rules.facts import NO_FACTS, Facts
from desktop_app.core.rules.notes import Note, Notes
from desktop_app.core.rules.values import mapping

__all__ = ["NO_FACTS", "Facts", "Note", "check_meaning", "find"]


def check_meaning(kind: str, data: Value, facts: Facts) -> list[Diagnostic]:
    """Return what a file's values do wrong, by dotted path."""
    return [each.diagnostic for each in find(kind, data, facts)]


def find(kind: str, data: Value, facts: Facts) -> list[Note]:
    """Return the same, each with the word of its value that is meant."""
    notes = Notes()
    if not isinstance(data, dict) or kind in {"", "unknown"}:
        return notes.made
    for body in bodies(kind, data):
        _check_body(body, facts, notes)
        spark.check(kind, body, notes)
    _check_file(kind, data, facts, notes)
    secret.check(data, notes)
    quotes.check(data, notes)
    return notes.made


def _check_body(body: Body, facts: Facts, notes: Notes) -> None:
    presence.check(body, notes)
    bindings.check(body, notes)
    counts.check(body, facts, notes)
    environments.check(body, facts, notes)
    formats.check(body, facts, notes)
    names.check_ends(body, facts, notes)
    defaults.check(body, notes)
    addresses.check(body, notes)
    variables.check(body, notes)
    v1.check(body, facts, notes)


def _check_file(kind: str, data: dict[str, Value], facts: Facts, notes: Notes) -> None:
    names.check(kind, data, facts, notes)
    sizes.check(kind, data, facts, notes)
    addresses.check_file(kind, data, notes)
    assets.check(kind, data, notes)
    sweeps.check(kind, data, notes)
    serving.check(kind, data, facts, notes)
    if kind == "environment":
        environments.check_own((), data, facts, notes)
    elif kind == "conda":
        conda.check((), data, facts, notes)
    elif kind == "config":
        loose.check_config(data, notes)
    elif kind == "runconfig":
        loose.check_runconfig(data, notes)
    elif sizes.is_compute(kind):
        v1.check_compute(data, facts, notes)
    if "jobs" in mapping(data):
        bindings.check_pipeline((), data, notes)
