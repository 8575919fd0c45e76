"""Searches a run's logs in a child process (`search_worker`): bounded, cancelled by ending the child."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.api import OutsideError, UserError
from desktop_app.processes import end_child
from desktop_app.services.logs.merge import LogSource
from desktop_app.services.logs.text import ERROR_HINTS, ERROR_PATTERN

LIMIT = 10_000
"""Matches that can be walked through; those beyond are counted."""
_LINE = 1 << 22  # a batch of matches may be long


@dataclass(frozen=True, slots=True)
class Query:
    """What to search for; `case` makes capitals count. One of `hints`, if any, is in every line that matches."""

    text: str
    regex: bool = False
    case: bool = False
    hints: tuple[str, ...] = ()


ERRORS = Query(ERROR_PATTERN, regex=True, case=True, hints=ERROR_HINTS)


@dataclass(frozen=True, slots=True, order=True)
class Match:
    """Where a match is: its line's key (time, rank, offset), and the characters of the shown line."""

    time: float
    rank: int
    offset: int
    column: int
    length: int


@dataclass(frozen=True, slots=True)
class Found:
    """A part of the answer: more matches, how many there are so far, and the part of the logs searched."""

    matches: tuple[Match, ...]
    count: int
    part: float
    done: bool = False


async def search(sources: Sequence[LogSource], query: Query, limit: int = LIMIT) -> AsyncGenerator[Found, None]:
    """Yield matches as they are found; the last part of the answer is `done`.

    Raises UserError for a regular expression that is none, OutsideError where the search breaks off. Ends the child
    when the iteration is left or its task cancelled.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", __name__.rpartition(".")[0] + ".search_worker",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        limit=_LINE, env=_environment(),
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(_request(sources, query, limit))
        child.stdin.close()
        matches: tuple[Match, ...] = ()
        async for line in child.stdout:
            message = json.loads(line)
            if "error" in message:
                raise UserError(
                    f"This is no regular expression: {message['error']}.", hint="Switch .* off for plain text."
                )
            if "matches" in message:
                matches = tuple(Match(*each) for each in message["matches"])
                continue
            yield Found(matches, message["count"], message.get("part", 1.0), done="done" in message)
            if "done" in message:
                return
            matches = ()
        last_words = (await child.stderr.read()).decode("utf-8", "replace") if child.stderr else ""
        raise OutsideError("The search broke off; not all of the logs were searched.", details=last_words[-10_000:])
    finally:
        await end_child(child)


def _request(sources: Sequence[LogSource], query: Query, limit: int) -> bytes:
    logs = [{"rank": each.rank, "log": str(each.log), "clock": str(each.clock)} for each in sources]
    asked: Mapping[str, Any] = {
        "logs": logs, "query": query.text, "regex": query.regex, "case": query.case, "hints": query.hints,
        "limit": limit,
    }  # fmt: skip
    return json.dumps(asked).encode() + b"\n"


def _environment() -> dict[str, str]:
    """Return the child's environment: it finds this very package, however it was found here."""
    package = Path(__file__).resolve().parents[3]
    path = os.pathsep.join(each for each in (str(package), os.environ.get("PYTHONPATH", "")) if each)
    return {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
