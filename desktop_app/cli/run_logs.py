"""`runs logs`: one rank's log as it is, or all ranks merged by time; follows a run that is going on, and searches."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from desktop_app.api import RunSnapshot, UserError
from desktop_app.cli import console
from desktop_app.cli.following import Follower, Interrupts
from desktop_app.cli.log_tail import LogTail
from desktop_app.cli.lookup import find_run
from desktop_app.cli.words import ending, no_rank
from desktop_app.services.logs.counts import grouped
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogLine, LogSource, MergedLog
from desktop_app.services.logs.search import Match, Query, search, smart
from desktop_app.services.logs.sources import log_names, logs_of
from desktop_app.services.logs.text import shown_text
from desktop_app.services.workbench import Workbench

WINDOW = 2000
"""So many lines are held at once."""


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("--rank", metavar="N", type=int, help="the log of this rank alone, byte for byte")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--follow", "-f", action="store_true", help="go on as long as the run does")
    how.add_argument("--search", metavar="TEXT", help="the lines with this text alone, and how many each rank has")
    how.add_argument("--regex", metavar="RE", help="the same for a regular expression; capitals count if it has any")


async def run(workbench: Workbench, options: Namespace) -> int:
    """Print the logs."""
    found = await find_run(workbench, options.name)
    backend = workbench.backend_of(found.handle)
    files = await backend.log_files(found.handle)
    found = (await backend.snapshots([found.handle])).get(found.handle, found)  # a cloud run's ranks show in its logs
    wanted = _wanted(found, options.rank)
    if options.search is not None or options.regex is not None:
        query = smart(options.regex or options.search or "", regex=options.regex is not None)
        return await _search(found, _sources(found, wanted, files), query, as_json=options.json)
    if options.json:
        names = [{"rank": rank, "log": name, "path": str(files.get(name, ""))} for name, rank in wanted.items()]
        console.document({"run": found.run, "logs": names})
    elif options.follow and not found.is_over:
        return await _follow(workbench, found, options.rank)
    else:
        _print(found, _sources(found, wanted, files))
    return 0


def _sources(found: RunSnapshot, wanted: Mapping[str, int | None], files: Mapping[str, Path]) -> list[LogSource]:
    clocks = Path(found.folder, "clock")
    named = [each for each in logs_of(found) if each.path in wanted and each.path in files]
    return [LogSource(each.number, files[each.path], clocks / f"{each.label}.bin", each.name) for each in named]


async def _search(found: RunSnapshot, logs: Sequence[LogSource], query: Query, *, as_json: bool) -> int:
    """Print the lines that match, by time, and how many matches each rank has; 1 where nothing matches."""
    if not query.text:
        hint = "Give an expression after --regex." if query.regex else "Give a text after --search."
        raise UserError("There is nothing to search for.", hint=hint)
    try:
        matches, counts = await _searched(logs, query)
    except UserError as error:
        error.hint = _for_a_terminal(error.hint)
        raise
    names, total = log_names(logs), sum(counts.values())
    is_cut = total > len(matches)
    lines = await asyncio.to_thread(_lines, logs, sorted(matches))
    if as_json:
        told = [{"rank": names[each.rank], "offset": each.offset, "line": line} for each, line in lines]
        by_rank = {names[rank]: count for rank, count in sorted(counts.items())}
        console.document({"run": found.run, "count": total, "counts": by_rank, "matches": told, "truncated": is_cut})
        return 0 if total else 1
    for each, line in lines:
        console.log_line(f"[{names[each.rank]}] {line}", sys.stdout)
    sys.stdout.flush()
    console.note(f"{_count(total)}: {_by_rank(counts, names)}." if total else f"No line has “{query.text}”.")
    if is_cut:
        console.note(f"Only {len(matches):,} of them are listed: --rank takes one rank alone, a longer text has fewer.")
    return 0 if total else 1


async def _searched(logs: Sequence[LogSource], query: Query) -> tuple[list[Match], Mapping[int, int]]:
    matches: list[Match] = []
    counts: Mapping[int, int] = {}
    async with contextlib.aclosing(search(logs, query)) as parts:
        async for part in parts:
            matches += part.matches
            counts = part.counts
    return matches, counts


def _for_a_terminal(hint: str) -> str:
    """Return a hint that speaks of the window's switch with the option that does the same."""
    return hint.replace("Switch .* off", "Use --search").replace("switch .* off", "use --search")


def _by_rank(counts: Mapping[int, int], names: Mapping[int, str]) -> str:
    """Return `rank 3: 40; 63 ranks: 12 each`."""
    said = []
    for ranks, count in grouped(counts):
        few = ", ".join(names[each] if not names[each].isdigit() else f"rank {names[each]}" for each in ranks)
        who = few if len(ranks) <= 4 else f"{len(ranks)} ranks"
        said.append(f"{who}: {count}{' each' if len(ranks) > 1 else ''}")
    return "; ".join(said)


def _count(total: int) -> str:
    return "1 match" if total == 1 else f"{total:,} matches"


def _lines(logs: Sequence[LogSource], matches: Sequence[Match]) -> list[tuple[Match, str]]:
    """Return each line that has a match, once, as it is shown."""
    files = {each.rank: LogFile(each.log) for each in logs}
    found: dict[tuple[int, int], tuple[Match, str]] = {}
    for each in matches:
        if (each.rank, each.offset) not in found:
            raw = next(files[each.rank].lines_from(each.offset), None)
            text = shown_text(raw.data, files[each.rank].encoding) if raw else ""
            found[each.rank, each.offset] = each, text
    return list(found.values())


def _wanted(found: RunSnapshot, rank: int | None) -> dict[str, int | None]:
    """Return the rank of each log's name; a launcher has none."""
    logs: dict[str, int | None] = {each.log: each.rank for each in found.ranks if rank in (None, each.rank)}
    if rank is not None and not logs:
        raise UserError(f"{found.run} has no rank {rank}.", hint=no_rank(found.ranks))
    return logs if rank is not None else logs | dict.fromkeys(found.launcher_logs)


def _print(found: RunSnapshot, logs: Sequence[LogSource]) -> None:
    if not logs:
        raise UserError(f"{found.run} has no log.", hint=f"It is {found.status.value}. {found.reason}".rstrip())
    if len(logs) == 1:
        _print_one(logs[0].log)
        return
    names = log_names(logs)
    for line in _merged(logs):
        print(f"[{names[line.rank]}] {line.text}")


def _print_one(path: Path) -> None:
    """Copy the log, byte for byte unless it goes to a terminal."""
    sys.stdout.flush()
    if not sys.stdout.isatty():
        with path.open("rb") as log:
            shutil.copyfileobj(log, sys.stdout.buffer)
        return
    tail = LogTail(path)
    while lines := tail.lines() or tail.rest():
        for line in lines:
            console.log_line(line, sys.stdout)


def _merged(sources: Sequence[LogSource]) -> Iterator[LogLine]:
    """Yield the lines of all ranks by time, a window after the other: memory does not grow with the logs."""
    log = MergedLog(sources)
    place = (0.0, -1, 0)
    while lines := log.around(place, 0, WINDOW).lines:
        yield from lines
        last = lines[-1]
        place = (last.time, last.rank, last.offset + last.size)


async def _follow(workbench: Workbench, found: RunSnapshot, rank: int | None) -> int:
    """Copy what comes until the run is over; Ctrl+C ends the following and leaves the run alone."""
    follower = Follower(workbench.backend_of(found.handle), found.handle, _write, rank)
    interrupts = Interrupts(asyncio.get_running_loop())
    with interrupts.leaving():
        snapshot = await follower.follow(interrupts)
    workbench.archive.record(snapshot)
    console.note(ending(snapshot))
    return 0


def _write(line: str) -> None:
    console.log_line(line, sys.stdout)
