"""`runs compare`: what differs between two runs, and nothing else."""

from __future__ import annotations

import asyncio
import json
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from typing import Any

from desktop_app.api import MetricPoint, OutsideError, RunSnapshot, UserError
from desktop_app.cli import console
from desktop_app.cli.lookup import find_run
from desktop_app.cli.terminal_text import plain
from desktop_app.core.records import to_json
from desktop_app.core.redact import COVER
from desktop_app.core.words import size_text
from desktop_app.services.code_compare import FileDifference
from desktop_app.services.run_compare import Comparison, Difference, MetricDifference, compare_runs
from desktop_app.services.workbench import Workbench

PARTS = ("result", "job", "plan", "code", "metrics", "phases", "ranks")
_NONE = "–"
_LONGEST = 60


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("other", metavar="S", help="the run to compare it with")
    parser.add_argument("--diff", action="store_true", help="show how small text files of the code differ")


async def run(workbench: Workbench, options: Namespace) -> int:
    """Compare and print; what differs is no error."""
    first, second = await find_run(workbench, options.name), await find_run(workbench, options.other)
    points = await _points(workbench, first), await _points(workbench, second)
    found = await asyncio.to_thread(compare_runs, first, second, points, with_diff=options.diff)
    if options.json:
        console.document(comparison_shape(found))
    else:
        _print(found)
    return 0


async def _points(workbench: Workbench, run: RunSnapshot) -> Sequence[MetricPoint]:
    """Return what a run logged; nothing where that can't be asked any more: its last values are known all the same."""
    try:
        return await workbench.backend_of(run.handle).metrics(run.handle)
    except (UserError, OutsideError, OSError):
        return ()


def comparison_shape(found: Comparison) -> dict[str, Any]:
    """Return a comparison as `runs compare --json` prints it."""
    parts = {name: to_json(getattr(found, name)) for name in PARTS}
    runs = [found.first.run, found.second.run]
    return {"runs": runs, "same": found.same, "differences": parts, "not_compared": list(found.not_compared)}


def _print(found: Comparison) -> None:
    names = (found.first.run, found.second.run)
    if found.same:
        limits = "" if len(found.not_compared) == 1 else ", as far as they could be compared"
        print(plain(f"Nothing differs between {names[0]} and {names[1]}{limits}."))
    _section("RESULT", names, map(_row, found.result))
    _section("JOB", names, map(_row, found.job))
    _section("PLAN", names, map(_row, found.plan))
    _section("CODE", names, map(_file_row, found.code))
    _section("METRIC", (*names, "CHANGE"), map(_metric_row, found.metrics))
    _section("PHASE", names, map(_phase_row, found.phases))
    _section("RANK", names, map(_row, found.ranks))
    for file in found.code:
        _print_diff(file)
    for each in found.not_compared:
        console.note(f"not compared: {each}")


def _section(title: str, names: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    shown = list(rows)
    if shown:
        console.table((title, *names), shown)
        print()


def _row(each: Difference) -> Sequence[str]:
    unlike = each.kind == "changed" and str(each.first) == str(each.second)
    if unlike and each.first == COVER:
        return (each.path, COVER, f"{COVER} (another)")
    return (each.path, *(_short(_text(value, unlike)) for value in _values(each)))


def _values(each: Difference) -> tuple[Any, Any]:
    first = _NONE if each.kind == "only-second" else each.first
    return first, _NONE if each.kind == "only-first" else each.second


def _text(value: Any, exact: bool) -> str:
    """Return a value as it is written; `exact` tells the text "1" from the number."""
    return value if isinstance(value, str) and not exact else json.dumps(value, ensure_ascii=False)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]} … {text[-_LONGEST // 2 :]}"


def _file_row(each: FileDifference) -> Sequence[str]:
    return (each.path, *(_NONE if size is None else size_text(size) for size in (each.first, each.second)))


def _metric_row(each: MetricDifference) -> Sequence[str]:
    sides = ((each.first, each.first_step), (each.second, each.second_step))
    shown = (_NONE if value is None else f"{value:g} at step {step}" for value, step in sides)
    return (each.name, *shown, _NONE if each.change is None else f"{each.change:+g}")


def _phase_row(each: Difference) -> Sequence[str]:
    shown = (f"{value:.1f} s" if isinstance(value, float) else value or "goes on" for value in _values(each))
    return (each.path, *shown)


def _print_diff(file: FileDifference) -> None:
    for line in (file.path, *file.diff) if file.diff else ():
        print(plain(line.expandtabs()))
    if file.diff:
        print()
