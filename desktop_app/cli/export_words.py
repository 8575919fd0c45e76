"""What an export says at its end: the verdict first, then what was looked at, the ways tried, and where it is."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop_app.cli import console
from desktop_app.core.exports.report import Check, ExportReport, RouteTried, Verdict
from desktop_app.core.words import size_text

_VERDICTS = {Verdict.PASS: "PASS", Verdict.FAIL: "FAIL", Verdict.CANNOT_TELL: "CANNOT TELL"}
_STATES = {"pass": "✓", "fail": "✗", "cannot-tell": "?", "skipped": "–"}


def print_report(report: ExportReport, folder: Path) -> None:
    """Print a report for a person; all of it is the result, so standard output has it."""
    print(f"{_VERDICTS[report.verdict]}: {report.reason}")
    if report.output:
        print(f"{report.output}  {size_text(report.bytes)}, opset {report.opset}, {report.nodes:,} nodes")
    elif (folder / "rejected.onnx").exists():
        print(f"No file was written; what was wrong is kept at {folder / 'rejected.onnx'}.")
    else:
        print("No file was written.")
    _print_sides("in ", report.inputs)
    _print_sides("out", report.outputs)
    for check in report.checks:
        print(_check(check))
    difference = report.first_difference
    if difference:
        print(f"First difference: {_difference(difference)}")
    if len(report.routes) > 1 or any(not each.ok or each.cures for each in report.routes):
        print("Ways tried:")
        for route in report.routes:
            print(f"  {_route(route)}")
    for note in report.notes:
        print(f"{'Warning: ' if note.level == 'warning' else 'Note: '}{note.text}")
    _print_keys(report.model.get("keys"))


def say_where(folder: Path) -> None:
    """Say where the report lies."""
    page = folder / "report.html"
    console.note(f"The report: {page if page.exists() else folder}")


def _print_sides(label: str, tensors: Any) -> None:
    for each in tensors:
        values = f"  {each.low:g}…{each.high:g}" if each.low is not None and each.high is not None else ""
        origin = f"  ({each.origin})" if each.origin else ""
        print(f"  {label}  {each.text}{values}{origin}")


def _check(check: Check) -> str:
    mark = _STATES.get(check.state, "–")
    return f"  {mark} {check.title or check.name}: {check.text}" if check.text else f"  {mark} {check.title}"


def _route(route: RouteTried) -> str:
    cures = f", with {', '.join(route.cures)}" if route.cures else ""
    if route.ok:
        return f"✓ {route.title or route.name}{cures} ({route.seconds:.1f} s)"
    return f"✗ {route.title or route.name}{cures}: {route.reason or 'it fell'}"


def _difference(difference: Mapping[str, Any]) -> str:
    if difference.get("text"):
        return str(difference["text"])
    node = difference.get("node") or difference.get("output") or "?"
    return f"{node} ({difference.get('op', '?')})"


def _print_keys(keys: Any) -> None:
    """Say which weights found no place, or which places no weight: nothing is dropped silently."""
    if not isinstance(keys, Mapping):
        return
    words = {"stripped": "Prefixes taken off", "missing": "Weights missing", "unexpected": "Weights left over"}
    for name, title in words.items():
        listed = [str(each) for each in keys.get(name) or ()]
        if listed:
            print(f"{title}: {', '.join(listed[:6])}{f' and {len(listed) - 6} more' if len(listed) > 6 else ''}")
