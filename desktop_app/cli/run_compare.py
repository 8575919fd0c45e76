"""`runs compare`: what differs between two runs, and nothing else."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from typing import Any

from desktop_app.api._records import to_json
from desktop_app.cli import console
from desktop_app.cli.lookup import find_run
from desktop_app.cli.terminal_text import plain
from desktop_app.services.compare_words import Row, cells, cut, nothing_differs, sections
from desktop_app.services.run_causes import causes_of
from desktop_app.services.run_compare import PARTS, Comparison, compare_runs
from desktop_app.services.run_points import points_of
from desktop_app.services.workbench import Workbench

_LONGEST = 60


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("other", metavar="S", help="the run to compare it with")
    parser.add_argument("--diff", action="store_true", help="show how small text files of the code differ")


async def run(workbench: Workbench, options: Namespace) -> int:
    """Compare and print; what differs is no error."""
    first, second = await find_run(workbench, options.name), await find_run(workbench, options.other)
    points = await points_of(workbench, first), await points_of(workbench, second)
    causes = await causes_of(workbench.plugins, first, second)
    found = await asyncio.to_thread(compare_runs, first, second, points, causes, with_diff=options.diff)
    if options.json:
        console.document(comparison_shape(found))
    else:
        _print(found)
    return 0


def comparison_shape(found: Comparison) -> dict[str, Any]:
    """Return a comparison as `runs compare --json` prints it."""
    parts = {name: to_json(getattr(found, name)) for name in PARTS}
    runs = [found.first.run, found.second.run]
    likely = [{"about": each.group.title, "part": each.part, "path": each.path} for each in found.likely]
    shape = {"runs": runs, "same": found.same, "likely": likely, "differences": parts}
    return {**shape, "not_compared": list(found.not_compared)}


def _print(found: Comparison) -> None:
    names = (found.first.run, found.second.run)
    if found.same:
        print(plain(nothing_differs(found)))
    for section in sections(found):
        head = (section.title.upper(), *names, *(("CHANGE",) if section.has_change else ()))
        rows = ((cells(row, section), cut(row.first, row.second, _LONGEST)) for row in section.rows)
        console.table(head, [(name, *texts, *more) for (name, _, _, *more), texts in rows])
        print()
    for section in sections(found):
        for row in section.rows:
            _print_diff(row)
    for each in found.not_compared:
        console.note(f"not compared: {each}")


def _print_diff(row: Row) -> None:
    for line in (row.name, *row.diff) if row.diff else ():
        print(plain(line.expandtabs()))
    if row.diff:
        print()
