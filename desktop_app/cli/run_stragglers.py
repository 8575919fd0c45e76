"""`runs stragglers`: step time, data, CPU, GPU and memory of each rank side by side, and the slow one named."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from desktop_app.api._records import to_json
from desktop_app.cli import console
from desktop_app.cli.lookup import find_run
from desktop_app.cli.terminal_text import plain
from desktop_app.core.stragglers import Pace
from desktop_app.services.diagnosing.runs import is_told_of
from desktop_app.services.pace_table import table_of
from desktop_app.services.run_paces import Paces, read_paces
from desktop_app.services.workbench import Workbench


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options: it has none of its own."""


async def run(workbench: Workbench, options: Namespace) -> int:
    """Say who is slow, if anybody is; a straggler is no error."""
    found = await find_run(workbench, options.name)
    paces = await read_paces(workbench.backend_of(found.handle), found)
    if options.json:
        console.document(stragglers_shape(found.run, paces))
        return 0
    print(plain(paces.finding.sentence))
    if paces.advice:
        console.note(paces.advice)
    if is_told_of(found):
        console.note(f"`rankzero runs diagnose {found.run}` says what is known of why it ended.")
    _print_table(paces)
    return 0


def stragglers_shape(run: str, paces: Paces) -> dict[str, Any]:
    """Return what `runs stragglers --json` prints: times in seconds, loads in per cent, memory in bytes."""
    finding = paces.finding
    return {
        "run": run,
        "verdict": finding.verdict.value,
        "sentence": finding.sentence,
        "stragglers": list(finding.ranks),
        "by": str(finding.by),
        "advice": paces.advice,
        "ranks": [_pace_shape(each) for each in paces.ranks],
    }


def _pace_shape(pace: Pace) -> dict[str, Any]:
    shape: dict[str, Any] = to_json(pace)
    return {**shape, "times": {str(kind): each for kind, each in pace.times.items()}}


def _print_table(paces: Paces) -> None:
    table = table_of(paces)
    rows = [("*" if row.is_slow else "", row.name, *(each.text or "–" for each in row.bars)) for row in table.rows]
    if table.columns:
        console.table(("", "RANK", *(each.upper() for each in table.columns)), rows)
