"""The checks behind `bootstrap.py test`: style, types, walls, the suites without Qt, then all others."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer.clone import ROOT
from installer.say import line

WITHOUT_QT = ("-p", "no:pytest-qt", "-p", "tests.helpers.no_qt")
"""What makes pytest's Python one without Qt."""
_PURE = ("tests/unit", "tests/services")


@dataclass(frozen=True, slots=True)
class Check:
    """One command and what it is called; `quiet` shows its output only if it fails."""

    name: str
    command: tuple[str, ...]
    quiet: bool = True


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check ended."""

    name: str
    code: int
    seconds: float


def checks(tools: Path, python: Path) -> tuple[Check, ...]:
    """Return the checks in their order. `tools` is the Python that holds ruff and friends, `python` the clone's."""
    tool = (str(tools), "-m")
    walls = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    pytest = (str(python), "-m", "pytest")
    return (
        Check("ruff check", (*tool, "ruff", "check", ".")),
        Check("ruff format", (*tool, "ruff", "format", "--check", ".")),
        Check("mypy", (*tool, "mypy")),
        Check("import-linter", (str(tools), "-c", walls)),
        Check("unit and services without Qt", (*pytest, "-q", *WITHOUT_QT, *_PURE)),
        Check("all others", (*pytest, "--durations=10", *(f"--ignore={each}" for each in _PURE)), quiet=False),
    )


def run_checks(tools: Path, python: Path, found: Mapping[str, str]) -> int:
    """Run every check, also after one failed, and return 1 if any did; `found` tells tests where toolchains are.

    Examples that tests draw are the same each time: pytest by hand draws new ones.
    """
    environment = {**os.environ, **found, "PYTHONDONTWRITEBYTECODE": "1", "RANKZERO_TEST_SAME_EXAMPLES": "1"}
    outcomes = [run_one(each, environment) for each in checks(tools, python)]
    _summary(outcomes)
    return 1 if any(each.code for each in outcomes) else 0


def run_one(check: Check, environment: Mapping[str, str]) -> Outcome:
    """Run one check from the clone's root and say how it ended."""
    line(f"{check.name} …")
    began = time.monotonic()
    done = subprocess.run(
        check.command,
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE if check.quiet else None,
        stderr=subprocess.STDOUT if check.quiet else None,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode != 0 and check.quiet:
        print(done.stdout, flush=True)
    return Outcome(check.name, done.returncode, time.monotonic() - began)


def _summary(outcomes: Sequence[Outcome]) -> None:
    line("")
    for each in outcomes:
        line(f"  {'ok    ' if each.code == 0 else 'FAILED'}  {each.seconds:6.1f} s  {each.name}")
    line(f"          {sum(each.seconds for each in outcomes):6.1f} s  in all")
