"""Says why a run failed, as far as plugins know: in lines for a person, and as part of a run's JSON."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from desktop_app.api import Explanation, RunSnapshot
from desktop_app.api._records import to_json
from desktop_app.cli.words import numbered
from desktop_app.core.diagnosis.model import Diagnosis


def explanation_shapes(known: Diagnosis) -> list[dict[str, Any]]:
    """Return the explanations as `run` and `runs show` print them, causes first."""
    return [_shape(each) for each in known.all]


def _shape(explanation: Explanation) -> dict[str, Any]:
    data: dict[str, Any] = to_json(explanation)
    data["echo"] = data.pop("is_echo")
    return data


def explained_lines(known: Diagnosis, run: RunSnapshot) -> Iterator[tuple[str, str]]:
    """Yield (title, text) for each line to say; nothing where nobody knows anything."""
    cause = known.cause
    if cause is not None:
        yield "Cause", f"{cause.cause}{_where(cause, run)}"
        if cause.line:
            yield "Line", cause.line
        for each in cause.advice:
            yield "Try", each
        if cause.fix is not None:
            yield "Fix", f"{cause.fix.title}{_as_command(cause, run)}"
    elif known.only_echo:
        yield "Cause", "No log says what came first. Look for a process that was killed, or a node that went away."
        for each in dict.fromkeys(advice for echo in known.echoes for advice in echo.advice):
            yield "Try", each
    if known.only_echo and run.first_failure is not None:
        yield "Echo", f"Rank {run.first_failure.rank} ended first because something else was gone: it is not the cause."
    for text, ranks in _echoes(known.echoes).items():
        places = [each for each in ranks if each is not None]
        where = f" (rank{'s' if len(places) > 1 else ''} {numbered(places)})" if places else ""
        yield "Echo", f"{text}{where}"


def _where(cause: Explanation, run: RunSnapshot) -> str:
    if cause.rank is None:
        return " (the launcher's log)" if cause.line else ""
    return f" (rank {cause.rank})" if len(run.ranks) > 1 else ""


def _as_command(cause: Explanation, run: RunSnapshot) -> str:
    """Return how the fix is done from here; a value is shown as YAML reads it, so nothing but plain ones."""
    if cause.fix is None or not run.source or not all(_is_plain(each) for each in cause.fix.set.values()):
        return ""
    sets = [f"{path}={value}" for path, value in cause.fix.set.items()]
    unsets = [word for path in cause.fix.unset for word in ("--unset", path)]
    return f": {shlex.join(['rankzero', 'set', run.source, *sets, *unsets])}"


def _is_plain(value: object) -> bool:
    return isinstance(value, int) or (isinstance(value, str) and value.isidentifier())


def _echoes(echoes: Sequence[Explanation]) -> dict[str, list[int | None]]:
    found: dict[str, list[int | None]] = {}
    for each in echoes:
        found.setdefault(each.cause, [])
        if each.rank not in found[each.cause]:
            found[each.cause].append(each.rank)
    return {text: sorted(ranks, key=lambda each: -1 if each is None else each) for text, ranks in found.items()}
