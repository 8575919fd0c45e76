"""Set values in a YAML or JSON file in place; every other byte stays. All that is asked for is done, or nothing is."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.api import Diagnostic, Severity, UserError, Value
from desktop_app.cli import console
from desktop_app.cli.refusals import UsageError
from desktop_app.cli.shapes import diagnostic_shape
from desktop_app.cli.terminal_text import plain
from desktop_app.cli.words import place
from desktop_app.compose import open_workbench
from desktop_app.core.paths import split_path
from desktop_app.documents.edits import diff, parse_assignment, set_values
from desktop_app.documents.text_file import TextFile


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("file", metavar="FILE", type=Path, help="the file to change")
    parser.add_argument("sets", metavar="KEY=VALUE", nargs="*", type=_assignment, help="a path and its new value")
    parser.add_argument("--unset", metavar="KEY", action="append", default=[], type=_key, help="a path to remove")
    parser.add_argument("--check", action="store_true", help="show what would change, and write nothing")


def run(options: Namespace) -> int:
    """Change the file, or show what would change."""
    values, unset = _asked(options.sets, options.unset)
    file = TextFile.load(options.file)
    before = file.text
    after = set_values(before, values, unset)
    difference = diff(before, after, os.fspath(options.file))
    if not options.check and after != before:
        _save(file, after)
    found = _new_errors(options, before, after)
    if options.json:
        console.document(_shape(options, difference, found))
    else:
        _print(options, difference)
    for each in found:
        console.warning(f"{place(options.file, each)}: {each.message}")
    return 0


def _assignment(text: str) -> tuple[str, Value]:
    try:
        return parse_assignment(text)
    except UserError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from error


def _key(text: str) -> str:
    try:
        split_path(text)
    except UserError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from error
    return text


def _asked(sets: Sequence[tuple[str, Value]], unset: Sequence[str]) -> tuple[dict[str, Value], tuple[str, ...]]:
    if not sets and not unset:
        raise UsageError("Nothing to set.", hint="Write KEY=VALUE or --unset KEY, such as inputs.epochs=3.")
    paths = [split_path(each) for each in (*(key for key, _ in sets), *unset)]
    twice = next((each for index, each in enumerate(paths) if each in paths[:index]), None)
    if twice is not None:
        key = next(each for each in (*(key for key, _ in sets), *unset) if split_path(each) == twice)
        raise UsageError(f"{key} is named twice.", hint="Name each key once.")
    return dict(sets), tuple(unset)


def _save(file: TextFile, text: str) -> None:
    if file.changed_on_disk():
        message = f"{file.path} was changed by another program meanwhile."
        raise UserError(message, hint="Nothing was written. Try again.")
    file.save(text)


def _new_errors(options: Namespace, before: str, after: str) -> list[Diagnostic]:
    """Return the errors that the file has now and had not."""
    if before == after or options.file.suffix.lower() not in {".yml", ".yaml"}:
        return []
    jobs = open_workbench(options.home, options.safe_mode).jobs
    known = {(each.code, each.path, each.message) for each in jobs.check_text(options.file, before).diagnostics}
    found = jobs.check_text(options.file, after).diagnostics
    return [
        each for each in found if each.severity is Severity.ERROR and (each.code, each.path, each.message) not in known
    ]


def _shape(options: Namespace, difference: str, found: Sequence[Diagnostic]) -> dict[str, Any]:
    return {
        "path": os.fspath(options.file),
        "changed": bool(difference),
        "written": bool(difference) and not options.check,
        "diff": difference,
        "new_errors": [diagnostic_shape(each) for each in found],
    }


def _print(options: Namespace, difference: str) -> None:
    if options.check:
        sys.stdout.write(difference)
    elif not difference:
        print(f"{options.file}: nothing to change, it says so already.")
    else:
        lines = [each for each in difference.splitlines() if each[:1] in "+-"]
        for each in lines[2:]:
            print(plain(each))
