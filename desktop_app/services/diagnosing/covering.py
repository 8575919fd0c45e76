"""Covers secrets in what is found out of logs: a diagnosis is made to be pasted into chats, issues and files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from desktop_app.api import Explanation
from desktop_app.core.diagnosis.model import Diagnosis, Fall, Place
from desktop_app.services.redaction import Redactor, secrets_of

_Cover = Callable[[str], str]


def covered(known: Diagnosis, redactor: Redactor) -> Diagnosis:
    """Return a diagnosis none of whose texts holds a secret. Changes of the job file stay: no log's words are in them.

    The cause is still one of `all`, so that its place is found.
    """
    cover = cache(redactor)  # thousands of ranks say the same
    told = {id(each): _explanation(each, cover) for each in known.all}
    cause = known.cause
    return replace(
        known,
        cause=None if cause is None else told.get(id(cause)) or _explanation(cause, cover),
        all=tuple(told[id(each)] for each in known.all),
        places=tuple(_place(each, cover) for each in known.places),
        falls=tuple(_fall(each, cover) for each in known.falls),
        code=_place(known.code, cover),
        missing=tuple(map(cover, known.missing)),
        last_line=cover(known.last_line),
    )


def redactor_of_run(folder: Path) -> Redactor:
    """Return what covers the secrets that a run was given, and those of this program's own variables."""
    return Redactor(secrets_of(_object(folder / "plan.json"), _object(folder / "run.json")))


def redactor_of_anyone() -> Redactor:
    """Return what covers secrets in logs of which nothing else is known."""
    return Redactor(secrets_of({}, {}))


def _explanation(given: Explanation, cover: _Cover) -> Explanation:
    advice, links = tuple(map(cover, given.advice)), tuple(map(cover, given.links))
    return replace(given, cause=cover(given.cause), line=cover(given.line), advice=advice, links=links)


def _fall(given: Fall, cover: _Cover) -> Fall:
    return replace(given, text=cover(given.text)) if given.text else given


def _place(given: Place | None, cover: _Cover) -> Place | None:
    return None if given is None else replace(given, file=cover(given.file))


def _object(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
