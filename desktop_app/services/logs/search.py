"""Searches a run's logs in child processes (`search_worker`): bounded, cancelled by ending the children."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from desktop_app.api import OutsideError, UserError
from desktop_app.processes import end_child
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogSource
from desktop_app.services.logs.text import ERROR_HINTS, ERROR_PATTERN

LIMIT = 10_000
"""Matches that can be walked through; those beyond are counted."""
_LEAST = 200  # of each log, however many there are
_LINE = 1 << 22  # a batch of matches may be long
_SHARE = 8 << 20  # bytes for which another child is worth its start
_CHILDREN = 4
_SILENCE = None if hasattr(signal, "setitimer") else 2.0  # seconds; where a child can't time itself
_Said: TypeAlias = "asyncio.Queue[tuple[int, dict[str, Any] | Exception]]"
_CODE = "import sys; sys.path[:0] = [{!r}]; from desktop_app.services.logs import search_worker; search_worker.main()"


@dataclass(frozen=True, slots=True)
class Query:
    """What to search for; `case` makes capitals count. One of `hints`, if any, is in every line that matches.

    With `first` each log is searched up to its first match only, or a little further.
    """

    text: str
    regex: bool = False
    case: bool = False
    hints: tuple[str, ...] = ()
    first: bool = False


ERRORS = Query(ERROR_PATTERN, regex=True, case=True, hints=ERROR_HINTS)


def smart(text: str, *, regex: bool = False, case: bool = False) -> Query:
    """Return a search in which capitals count if there are any in the text, or if asked; so does ripgrep's -S."""
    letters = re.sub(r"\\.", "", text) if regex else text  # \S is no capital
    return Query(text, regex, case or letters != letters.lower())


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
    """A part of the answer: more matches, how many so far in all and by rank, the part of the logs searched."""

    matches: tuple[Match, ...]
    count: int
    part: float
    done: bool = False
    counts: Mapping[int, int] = field(default_factory=dict)


async def search(
    sources: Sequence[LogSource], query: Query, limit: int = LIMIT, begins: Mapping[int, int] | None = None
) -> AsyncGenerator[Found, None]:
    """Yield matches as they are found; the last part of the answer is `done`.

    Of ranks that `begins` names only the lines are searched that begin at that byte of their log or after it.
    Raises UserError for a regular expression that is none or takes for ever, OutsideError where the search breaks
    off. Ends its children when the iteration is left or its task cancelled.
    """
    sizes = await asyncio.to_thread(_sizes, sources)
    names = {each.rank: each.name or f"rank {each.rank}" for each in sources}
    starts = [min(size, (begins or {}).get(each.rank, 0)) for each, size in zip(sources, sizes, strict=True)]
    shares = _shares(sizes, starts, min(_CHILDREN, os.cpu_count() or 1))
    said: _Said = asyncio.Queue()
    async with contextlib.AsyncExitStack() as stack:
        for number, share in enumerate(shares):
            request = _request(sources, query, max(_LEAST, limit // max(1, len(sources))), share)
            await stack.enter_async_context(_listened(number, request, said, names))
        async for found in _joined(said, len(shares), sum(sizes) - sum(starts), limit):
            yield found


async def _joined(said: _Said, children: int, total: int, limit: int) -> AsyncGenerator[Found, None]:
    """Yield what the children say as one answer."""
    counts: dict[int, dict[str, int]] = {}
    searched: dict[int, int] = {}
    done, left = 0, limit
    while done < children:
        number, message = await said.get()
        if isinstance(message, Exception):
            raise message
        done += bool(message.get("done"))
        counts[number], searched[number] = message["counts"], message["bytes"]
        matches = tuple(Match(*each) for each in message["matches"][:left])
        left -= len(matches)
        ranks = Counter[int]()
        for each in counts.values():
            ranks.update({int(rank): count for rank, count in each.items()})
        part = 1.0 if done == children else min(1.0, sum(searched.values()) / max(1, total))
        yield Found(matches, ranks.total(), part, done == children, dict(ranks))


@contextlib.asynccontextmanager
async def _listened(number: int, request: bytes, said: _Said, names: Mapping[int, str]) -> AsyncIterator[None]:
    """Start a child; what it says is put into a queue. At the end it is ended."""
    package = str(Path(__file__).resolve().parents[3])
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", "-c", _CODE.format(package),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        limit=_LINE, env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    listening = asyncio.create_task(_listen(number, child, request, said, names))
    try:
        yield
    finally:
        await end_child(child)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def _listen(
    number: int,
    child: asyncio.subprocess.Process,
    request: bytes,
    said: _Said,
    names: Mapping[int, str],
) -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(request)
        child.stdin.close()
        while line := await asyncio.wait_for(child.stdout.readline(), _SILENCE):
            message = json.loads(line)
            said.put_nowait((number, _fault(message, names) or message))
            if "done" in message:
                return
        last_words = (await child.stderr.read()).decode("utf-8", "replace") if child.stderr else ""
        raise OutsideError("The search broke off; not all of the logs were searched.", details=last_words[-10_000:])
    except TimeoutError:
        said.put_nowait((number, _too_slow("")))
    except (OSError, ValueError, OutsideError) as error:
        broken = "The search broke off; not all of the logs were searched."
        said.put_nowait((number, error if isinstance(error, OutsideError) else OutsideError(broken)))


def _fault(message: Mapping[str, Any], names: Mapping[int, str]) -> UserError | None:
    """Return what a child says against the expression."""
    if "error" in message:
        return UserError(f"This is no regular expression: {message['error']}.", hint="Switch .* off for plain text.")
    return _too_slow(f" of {names[message['slow']]}") if "slow" in message else None


def _too_slow(where: str) -> UserError:
    return UserError(
        f"The search was ended: this expression takes too long on a line{where}.",
        hint="Repeats within repeats, such as (a+)+, take for ever: write one, or switch .* off for plain text.",
    )


def _sizes(sources: Sequence[LogSource]) -> list[int]:
    return [LogFile(each.log).size() for each in sources]


def _shares(sizes: Sequence[int], starts: Sequence[int], children: int) -> list[list[tuple[int, int, int]]]:
    """Return which parts of which logs each child searches: the number of the log, from where to where."""
    each = max(_SHARE, -(-(sum(sizes) - sum(starts)) // children), 1)
    shares: list[list[tuple[int, int, int]]] = [[]]
    room = each
    for number, (start, size) in enumerate(zip(starts, sizes, strict=True)):
        begin = start
        while begin < size or not size:
            if room <= 0:
                shares.append([])
                room = each
            end = min(size, begin + room)
            shares[-1].append((number, begin, end))
            room -= end - begin
            begin = end
            if not size:
                break
    return shares


def _request(sources: Sequence[LogSource], query: Query, each: int, parts: Sequence[tuple[int, int, int]]) -> bytes:
    logs = [{"rank": one.rank, "log": str(one.log), "clock": _path(one.clock)} for one in sources]
    asked: Mapping[str, Any] = {
        "logs": logs, "parts": parts, "query": query.text, "regex": query.regex, "case": query.case,
        "hints": query.hints, "each": each, "first": query.first,
    }  # fmt: skip
    return json.dumps(asked).encode() + b"\n"


def _path(clock: Path) -> str:
    """Return a clock's path, nothing where there is none: the text of no path means the working directory."""
    return str(clock) if clock.name else ""
