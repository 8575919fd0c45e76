"""Environments to train in: list curated ones, show one, compare two, check whether one fits together, try one here."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from typing import Any

from desktop_app.cli import console
from desktop_app.cli.dispatch import add_shared
from desktop_app.cli.environment_shapes import curated_shape
from desktop_app.compose import open_workbench
from desktop_app.core.environments import FRAMEWORKS, Curated
from desktop_app.services.environments.catalogue import EnvironmentCatalogue
from desktop_app.services.workbench import Workbench

Act = Callable[[Workbench, Namespace], int]


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    verbs = parser.add_subparsers(metavar="list|show|diff|check|try", required=True)
    listing = _add(verbs, "list", _list, "curated environments, current ones first")
    listing.add_argument("--all", action="store_true", help="retired ones as well")
    listing.add_argument("--framework", choices=FRAMEWORKS, help="only those for a framework")


def run(options: Namespace) -> int:
    """Do what the second verb says."""
    act: Act = options.act
    return act(open_workbench(options.home, options.safe_mode), options)


def _add(verbs: Any, name: str, act: Act, summary: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(name, help=summary, description=summary, allow_abbrev=False)
    parser.set_defaults(act=act)
    add_shared(parser)
    return parser


def catalogue_of(workbench: Workbench) -> EnvironmentCatalogue:
    """Return the catalogue with what plugins add."""
    return EnvironmentCatalogue(workbench.plugins.environment_presets())


def _list(workbench: Workbench, options: Namespace) -> int:
    found = catalogue_of(workbench).all(retired=options.all, framework=options.framework or "")
    if options.json:
        console.document({"environments": [curated_shape(each) for each in found]})
        return 0
    headings = ("NAME", "STATUS", "PYTHON", "CUDA", "FRAMEWORK", "SUCCESSOR", "AS OF")
    console.table(headings, [_row(each) for each in found])
    if not options.all:
        console.note("`rankzero environments list --all` shows retired ones as well.")
    return 0


def _row(each: Curated) -> tuple[str, ...]:
    versions = ", ".join(f"{name} {each.packages[name]}" for name in _SHOWN if name in each.packages)
    return (each.name, each.state, each.python or "–", each.cuda or "–", versions or "–", each.successor, each.as_of)


_SHOWN = ("torch", "tensorflow", "horovod", "scikit-learn", "lightgbm")
