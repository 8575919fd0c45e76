"""Check files offline; folders are walked. Exits 1 if there is an error among the findings."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from desktop_app.api import Diagnostic, Severity
from desktop_app.cli import console
from desktop_app.cli.shapes import report_shape
from desktop_app.cli.taking_part import failed_shape, remember
from desktop_app.cli.words import place
from desktop_app.documents.checks import FileReport
from desktop_app.documents.kinds import UNKNOWN
from desktop_app.documents.project_files import PASSED_BY
from desktop_app.places import find_places
from desktop_app.services.checking import FileChecks
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings

_NAMED = 8  # folders


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument(
        "paths", metavar="PATH", nargs="+", type=Path, help=f"a file, or a folder to walk; passed by are {PASSED_BY}"
    )


def run(options: Namespace) -> int:
    """Check and print."""
    plugins = _open_plugins(options.home, options.safe_mode)
    remember(options, plugins)
    checks = FileChecks(plugins)
    passed: list[Path] = []
    reports = [_noted(each, options.paths) for each in checks.check_paths(options.paths, passed.append)]
    shape = {
        **report_shape(reports),
        "passed_by": [str(each) for each in passed],
        "plugins_failed": failed_shape(plugins),
    }
    if options.json:
        console.document(shape)
    else:
        _print(reports)
        _summary(reports, shape["errors"], shape["warnings"])
        if passed:
            console.note(_passed_text(passed))
    return 1 if shape["errors"] else 0


def open_checks(home: str | None = None, safe_mode: bool = False) -> FileChecks:
    """Return the checks with the plugins' own, and nothing of what runs jobs: that would take twice the time."""
    return FileChecks(_open_plugins(home, safe_mode))


def _open_plugins(home: str | None, safe_mode: bool) -> PluginHost:
    places = find_places(home)
    plugins = PluginHost(places, Settings(places.settings), safe_mode=safe_mode)
    plugins.discover()
    return plugins


def _noted(report: FileReport, named: Sequence[Path]) -> FileReport:
    """Say of a file that was asked for by its name, and of which there is nothing to say, that nothing was checked."""
    if report.kind != UNKNOWN or report.diagnostics or report.path not in named:
        return report
    message = "This is no kind of file that Rank Zero knows: nothing of it was checked."
    return replace(report, diagnostics=(Diagnostic(Severity.INFO, "unknown-kind", message),))


def _print(reports: Sequence[FileReport]) -> None:
    """Print every finding to stderr, in the order of the files: split over two streams, each would tell half."""
    for report in reports:
        for each in report.diagnostics:
            print(_line(report, each), file=sys.stderr)


def _line(report: FileReport, finding: Diagnostic) -> str:
    fix = f" Fix: {finding.fix.title}." if finding.fix else ""
    return f"{finding.severity.value}: {place(report.path, finding)}: {finding.message}{fix} [{finding.code}]"


def _summary(reports: Sequence[FileReport], errors: int, warnings: int) -> None:
    notes = sum(each.severity is Severity.INFO for report in reports for each in report.diagnostics)
    also = f", {_number(notes, 'note')}" if notes else ""
    sys.stderr.flush()
    print(f"{_number(len(reports), 'file')} checked: {_number(errors, 'error')}, {_number(warnings, 'warning')}{also}")


def _passed_text(passed: Sequence[Path]) -> str:
    more = f" and {len(passed) - _NAMED} more" if len(passed) > _NAMED else ""
    named = ", ".join(str(each) for each in passed[:_NAMED])
    return f"{_number(len(passed), 'folder')} passed by: {named}{more}"


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
