"""Set values in a YAML or JSON file in place; every other byte stays. All that is asked for is done, or nothing is."""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from desktop_app.api import Diagnostic, Severity, UserError, Value
from desktop_app.cli import console
from desktop_app.cli.refusals import UsageError
from desktop_app.cli.shapes import diagnostic_shape
from desktop_app.cli.taking_part import opened
from desktop_app.cli.terminal_text import plain
from desktop_app.cli.words import place
from desktop_app.core.paths import join_path, split_path
from desktop_app.documents.edits import diff, parse_assignment, set_values
from desktop_app.documents.layouts import is_json
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.yaml_text import parse

INTERMIXED = True
"""Keys to remove and values to set may stand in any order."""


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
    _say_twice(options.file, before, (*values, *unset))
    after = _edited(options.file, before, values, unset)
    home, name = _patched(options.file)
    difference = diff(file.as_written(before), file.as_written(after), name)
    if not options.check and after != before:
        _save(file, after)
    found = _new_errors(options, before, after)
    if options.json:
        console.document(_shape(options, difference, found))
    elif options.check:
        _print_patch(difference)
        if difference and home:
            console.note(f"The patch is for {home}: apply it there.")
    else:
        _print_lines(options.file, diff(before, after, ""))
    for each in found:
        console.warning(f"{place(options.file, each)}: {each.message}")
    return 0


def _edited(path: Path, text: str, values: Mapping[str, Value], unset: Sequence[str]) -> str:
    try:
        after = set_values(text, values, unset)
    except UserError as error:
        error.message = f"{path}: {error.message}"
        raise
    if path.suffix.lower() == ".json" and after != text and not is_json(parse(after)):
        raise UserError(f"{path} would be no JSON any more.", hint="Edit it by hand; it is as it was.")
    return after


def _say_twice(path: Path, text: str, keys: Sequence[str]) -> None:
    """Warn of a key that stands several times: the last counts, and it is the one that is set."""
    asked = {join_path(split_path(each)) for each in keys}
    for each in parse(text).problems:
        if each.code == "duplicate-key" and each.path in asked:
            console.warning(f"{place(path, each)}: {each.path} stands here again: the last one counts, and is set.")


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
    if before == after:
        return []
    jobs = opened(options).jobs
    known = {(each.code, each.path, each.message) for each in jobs.check_text(options.file, before).diagnostics}
    found = jobs.check_text(options.file, after).diagnostics
    return [
        each for each in found if each.severity is Severity.ERROR and (each.code, each.path, each.message) not in known
    ]


def _patched(path: Path) -> tuple[str, str]:
    """Return where a patch of the file is to be applied, and what the file is called from there.

    That is here (empty) for a file below this folder, or else the root of its Git repository, or its own folder.
    """
    there, here = Path(os.path.abspath(path)), Path.cwd()  # noqa: PTH100 - without `..`, and links stay as they are
    if there.is_relative_to(here):
        return "", there.relative_to(here).as_posix()
    home = next((each for each in there.parents if (each / ".git").exists()), there.parent)
    return str(home), there.relative_to(home).as_posix()


def _shape(options: Namespace, difference: str, found: Sequence[Diagnostic]) -> dict[str, Any]:
    return {
        "path": os.fspath(options.file),
        "changed": bool(difference),
        "written": bool(difference) and not options.check,
        "diff": difference,
        "new_errors": [diagnostic_shape(each) for each in found],
    }


def _print_patch(difference: str) -> None:
    """Print a patch: every byte of it, unless a terminal would obey some."""
    if sys.stdout.isatty():
        difference = "".join(f"{plain(each)}\n" for each in difference.split("\n")[:-1])
    sys.stdout.write(difference)


def _print_lines(path: Path, difference: str) -> None:
    if not difference:
        print(f"{path}: nothing to change, it says so already.")
    for each in difference.split("\n")[2:]:
        if each.startswith(("+", "-")):
            print(plain(each))
