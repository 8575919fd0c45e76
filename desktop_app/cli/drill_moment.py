"""The moment of a drill: after some seconds, or once a rank writes a certain line."""

from __future__ import annotations

import asyncio
import contextlib
import math
import re
import time
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable

from desktop_app.api import JobBackend, RunSnapshot, UserError
from desktop_app.cli.log_tail import LogTail

LOOK_EVERY = 0.1
LONGEST_LINE = 2000
"""Characters of a line that are looked at: what a regular expression may cost grows with them."""


def configure(parser: ArgumentParser) -> None:
    """Add the options."""
    moment = parser.add_mutually_exclusive_group()
    moment.add_argument("--after", metavar="SECONDS", type=seconds, help="wait so long first")
    moment.add_argument(
        "--at-line", metavar="REGEX", type=_pattern, help="wait first until the rank (for a node: any rank) writes this"
    )


async def wait(backend: JobBackend, run: RunSnapshot, options: Namespace) -> None:
    """Wait for the moment. Raises UserError if the run ends before."""
    if options.after is not None:
        until = time.monotonic() + options.after
        while (left := until - time.monotonic()) > 0:
            await _refuse_an_end(backend, run, f"before {options.after:g} s had passed")
            await asyncio.sleep(min(LOOK_EVERY, left))
    elif options.at_line is not None:
        await _wait_for_line(backend, run, options.at_line, options.rank)


async def _wait_for_line(backend: JobBackend, run: RunSnapshot, wanted: re.Pattern[str], rank: int | None) -> None:
    tails: dict[str, LogTail] = {}
    logs = [each.log for each in run.ranks if rank in (None, each.rank)]
    while True:
        over = await _is_over(backend, run)
        files = await backend.log_files(run.handle)
        for name in logs:
            if name in files:
                tails.setdefault(name, LogTail(files[name]))
        new = [line for tail in tails.values() for line in _new(tail)]
        if _found(wanted, new):
            return
        if over:
            raise UserError(f"{run.run} ended and no line of its logs fitted “{wanted.pattern}”.")
        await asyncio.sleep(LOOK_EVERY)


def _new(tail: LogTail) -> Iterable[str]:
    while lines := tail.lines():
        yield from lines


def _found(wanted: re.Pattern[str], lines: Iterable[str]) -> bool:
    return any(wanted.search(line[:LONGEST_LINE]) for line in lines)


async def _refuse_an_end(backend: JobBackend, run: RunSnapshot, when: str) -> None:
    if await _is_over(backend, run):
        raise UserError(f"{run.run} ended {when}.")


async def _is_over(backend: JobBackend, run: RunSnapshot) -> bool:
    return (await backend.snapshots([run.handle])).get(run.handle, run).is_over


def seconds(text: str) -> float:
    """Return a number of seconds, of an option."""
    found = -1.0
    with contextlib.suppress(ValueError):
        found = float(text)
    if not 0 <= found < math.inf:
        raise ArgumentTypeError(f"“{text}” is no number of seconds")
    return found


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error as error:
        raise ArgumentTypeError(f"“{text}” is no regular expression: {error}") from error
