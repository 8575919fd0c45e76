"""Covers secrets in what is found out of logs: a diagnosis is made to be pasted into chats, issues and files."""

from __future__ import annotations

import dataclasses
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any

from desktop_app.api import Fix
from desktop_app.api.kit import load_knowledge
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.places import shipped
from desktop_app.services.json_objects import object_in
from desktop_app.services.redaction import Redactor, secrets_of
from desktop_app.services.run_plans import planned_secrets


def covered(known: Diagnosis, redactor: Redactor) -> Diagnosis:
    """Return a diagnosis none of whose texts holds a secret, whatever its types get in time.

    Changes of the job file stay: no words of a log are in them; and so do the program's own sentences, word for word,
    which may name a variable for a secret. The cause is still one of `all`: its place is found.
    """

    @cache  # thousands of ranks say the same
    def cover(text: str) -> str:
        shown = redactor(text)
        return text if shown != text and text in own_sentences() else shown

    done: dict[int, Any] = {}

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return value if isinstance(value, Enum) else cover(value)
        if isinstance(value, tuple):
            return tuple(map(walk, value))
        kind: Any = type(value)
        names = _names(kind)
        if names and id(value) not in done:
            done[id(value)] = dataclasses.replace(value, **{each: walk(getattr(value, each)) for each in names})
        return done[id(value)] if names else value

    told: Diagnosis = walk(known)
    return told


def redactor_of_run(folder: Path) -> Redactor:
    """Return what covers the secrets that a run was given, and those of this program's own variables."""
    return Redactor({*planned_secrets(folder), *secrets_of({}, object_in(folder / "run.json"))})


def redactor_of_anyone() -> Redactor:
    """Return what covers secrets in logs of which nothing else is known."""
    return Redactor(secrets_of({}, {}))


@cache
def own_sentences() -> frozenset[str]:
    """Return what the knowledge that ships with the program says where no word of a log is filled in: no secrets."""
    known = [each for folder in shipped("plugins").glob("*/knowledge") for each in load_knowledge(folder).signatures]
    return frozenset(text for each in known for text in (each.explanation, *each.advice) if "{" not in text)


@cache
def _names(kind: type) -> tuple[str, ...]:
    """Return the fields of a dataclass; none of what is no dataclass, and of a change of the job file, which stays."""
    if not dataclasses.is_dataclass(kind) or issubclass(kind, Fix):
        return ()
    return tuple(each.name for each in dataclasses.fields(kind))
