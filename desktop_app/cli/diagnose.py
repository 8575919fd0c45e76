"""The root cause of a failed run from log files alone: files, one per rank or not, or folders of them."""

from __future__ import annotations

import shlex
from argparse import ArgumentParser, Namespace
from pathlib import Path

from desktop_app.api import UserError
from desktop_app.cli import console
from desktop_app.cli.explained import diagnosis_lines, diagnosis_shape
from desktop_app.cli.taking_part import failed_shape, remember
from desktop_app.cli.terminal_text import plain
from desktop_app.core.diagnosis.model import Diagnosis, Verdict
from desktop_app.places import find_places
from desktop_app.services.diagnosing.foreign import diagnosed
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="a log, or a folder of logs")


def run(options: Namespace) -> int:
    """Look and print."""
    for each in options.paths:
        if not each.exists():
            raise UserError(f"There is no {each}.", hint=_hint(each))
    places = find_places(options.home)
    plugins = PluginHost(places, Settings(places.settings), safe_mode=options.safe_mode)
    plugins.discover()
    remember(options, plugins)
    known = diagnosed(plugins, options.paths)
    _refuse_nothing(known, options.paths)
    if options.json:
        console.document({**diagnosis_shape(known, plugins), "plugins_failed": failed_shape(plugins)})
    else:
        print_diagnosis(known)
    return 0


def _hint(path: Path) -> str:
    hint = "Give log files, or a folder that holds them."
    may_be_run = len(path.parts) == 1 and not path.suffix
    return f"{hint} If it is a run: rankzero runs diagnose {shlex.quote(str(path))}" if may_be_run else hint


def print_diagnosis(known: Diagnosis) -> None:
    """Print a diagnosis for a person."""
    for title, text in diagnosis_lines(known):
        print(plain(f"{title:<11} {text}"))


def _refuse_nothing(known: Diagnosis, paths: list[Path]) -> None:
    if known.verdict is Verdict.NOTHING and not known.is_read:
        named = " and ".join(map(str, paths[:3]))
        said = " ".join(known.missing[:4])
        raise UserError(f"There is no log to read in {named}. {said}".rstrip(), hint="Give the logs of the ranks.")
