"""What the checking process and the window say to each other: JSON lines, findings as short lists."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from desktop_app.api import Diagnostic, Fix, Severity
from desktop_app.documents.checks import FileReport


def line(message: dict[str, Any]) -> bytes:
    """Return a message as it is sent; a name that is no UTF-8 keeps its bytes."""
    return json.dumps(message).encode("ascii") + b"\n"


def report_out(report: FileReport) -> list[Any]:
    """Return a report as JSON holds it."""
    return [str(report.path), report.kind, [_out(each) for each in report.diagnostics]]


def report_in(data: list[Any]) -> FileReport:
    """Return the report that `report_out` made `data` of."""
    return FileReport(Path(data[0]), data[1], tuple(_in(each) for each in data[2]))


def _out(found: Diagnostic) -> list[Any]:
    fix = [found.fix.title, dict(found.fix.set), list(found.fix.unset)] if found.fix else None
    place = (found.line, found.column, found.end_line, found.end_column)
    return [found.severity.value, found.code, found.message, found.path, *place, fix]


def _in(data: list[Any]) -> Diagnostic:
    severity, code, message, path, row, column, end_row, end_column, mend = data
    fix = Fix(mend[0], mend[1], tuple(mend[2])) if mend else None
    return Diagnostic(Severity(severity), code, message, path, row, column, end_row, end_column, fix)
