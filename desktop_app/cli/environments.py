"""Environments to train in: list, show, compare two, check whether one fits together, try one here, register."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop_app.api import Severity
from desktop_app.cli import console, environment_cloud, environment_show, environment_try
from desktop_app.cli.dispatch import add_shared
from desktop_app.cli.environment_shapes import checked_shape, curated_shape, difference_shape
from desktop_app.cli.taking_part import opened
from desktop_app.core.environments import FRAMEWORKS, Curated
from desktop_app.services.environments.catalogue import EnvironmentCatalogue
from desktop_app.services.environments.checking import check, job_in
from desktop_app.services.environments.comparing import compare
from desktop_app.services.environments.reading import Reader
from desktop_app.services.workbench import Workbench

Act = Callable[[Workbench, Namespace], int]


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    verbs = parser.add_subparsers(metavar="list|show|diff|check|try|register", required=True)
    listing = _add(verbs, "list", _list, "curated environments, current ones first; or what Azure ML has")
    listing.add_argument("--all", action="store_true", help="retired ones as well")
    listing.add_argument("--framework", choices=FRAMEWORKS, help="only those for a framework")
    environment_cloud.configure_list(listing)
    show = _add(verbs, "show", environment_show.run, "all that is known of an environment; --save writes its files")
    show.add_argument("--save", metavar="DIR", type=Path, help="write environment.yml and conda.yml into a folder")
    show.add_argument("--name", metavar="NEW", help="save it as a clone under this name")
    diff = _add(verbs, "diff", _diff, "what two environments differ in")
    checking = _add(verbs, "check", _check, "whether an environment fits together, before it is built")
    checking.add_argument(
        "--job", metavar="JOB.yml", type=Path, help="check it for this job's VM size and launch as well"
    )
    trying = _add(verbs, "try", environment_try.run, "install pip's part here and import it: not the image")
    trying.add_argument("--imports", metavar="A,B", default="", help="import these modules, not the packages' own")
    trying.add_argument("--python", metavar="3.x", default="", help="the Python to try it with, if it is here")
    trying.add_argument("--allow-local", action="store_true", help="install local paths and addresses as well")
    register = _add(verbs, "register", environment_cloud.register, "register an environment's file in the workspace")
    environment_cloud.configure_register(register)
    for each in (show, checking, trying):
        each.add_argument("target", metavar="NAME|FILE", help=_TARGET)
    for side in ("left", "right"):
        diff.add_argument(side, metavar=side.upper(), help=_TARGET)


def run(options: Namespace) -> int:
    """Do what the second verb says."""
    act: Act = options.act
    return act(opened(options), options)


def _add(verbs: Any, name: str, act: Act, summary: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(name, help=summary, description=summary, allow_abbrev=False)
    parser.set_defaults(act=act)
    add_shared(parser)
    return parser


def catalogue_of(workbench: Workbench) -> EnvironmentCatalogue:
    """Return the catalogue with what plugins add."""
    return EnvironmentCatalogue(workbench.plugins.environment_presets())


def _list(workbench: Workbench, options: Namespace) -> int:
    if environment_cloud.is_asked(options):
        return environment_cloud.show(workbench, options)
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


def _diff(workbench: Workbench, options: Namespace) -> int:
    reader = Reader(catalogue_of(workbench))
    found = compare(reader.read(options.left), reader.read(options.right))
    if options.json:
        console.document(difference_shape(found))
        return 0
    rows = [(each.name, each.left or "–", each.right or "–", each.note) for each in found.rows]
    if rows:
        console.table(("DIFFERENT", found.left.title, found.right.title, ""), rows)
    print(f"{len(rows) or 'Nothing'} different, {found.same} packages the same.")
    for each in found.unknown:
        console.note(each)
    return 0


def _check(workbench: Workbench, options: Namespace) -> int:
    environment = Reader(catalogue_of(workbench)).read(options.target)
    found = check(environment, options.job or job_in(options.target))
    if options.json:
        console.document(checked_shape(found))
    else:
        for each in found.findings:
            stream = sys.stderr if each.severity is Severity.ERROR else sys.stdout
            print(f"{each.severity.value}: {each.message} [{each.code}]", file=stream)
        errors, warnings = found.count(Severity.ERROR), found.count(Severity.WARNING)
        print(f"{environment.title} checked: {_number(errors, 'error')}, {_number(warnings, 'warning')}")
        for unknown in found.not_looked_at:
            console.note(unknown)
    return 1 if found.count(Severity.ERROR) else 0


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


_TARGET = "a curated environment's name, or an environment file, conda file, requirements.txt or job"
_SHOWN = ("torch", "tensorflow", "horovod", "scikit-learn", "lightgbm")
