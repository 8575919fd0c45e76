"""A run's folder and its names; the format is described in docs/architecture.md."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import UserError

SCHEME = "local://"
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,120}", re.ASCII)
_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that are mistaken for another


def new_name(runs: Path) -> str:
    """Return a name that no run has yet: `r-20261121-7f3k`."""
    day = datetime.now(UTC).strftime("%Y%m%d")
    while True:
        name = f"r-{day}-{''.join(secrets.choice(_LETTERS) for _ in range(4))}"
        if not (runs / name).exists():
            return name


def folder_of(runs: Path, handle: str) -> Path:
    """Return where the run of a handle lies. Raises UserError for what is no handle of a local run."""
    name = handle.removeprefix(SCHEME)
    if not handle.startswith(SCHEME) or not _NAME.fullmatch(name):
        raise UserError(f"“{handle}” is no run of this machine.", hint="Handles look like local://r-20261121-7f3k.")
    return runs / name


def existing(runs: Path, handle: str) -> Path:
    """Return the folder of a run that is there. Raises UserError where it is not."""
    folder = folder_of(runs, handle)
    if not (folder / "run.json").is_file():
        raise UserError(f"The folder of {folder.name} is gone.", hint=f"It was {folder}.")
    return folder


def discover(runs: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the handles of all runs that have a folder here, and the names of what may become one."""
    try:
        named = [each for each in sorted(os.listdir(runs)) if _NAME.fullmatch(each)]  # noqa: PTH208 - there may be thousands
    except OSError:
        return (), ()
    found = [each for each in named if is_begun(runs, each)]
    return tuple(f"{SCHEME}{name}" for name in found), tuple(set(named).difference(found))


def is_begun(runs: Path, name: str) -> bool:
    """Return whether the folder of this name is a run's."""
    return os.path.isfile(f"{runs}/{name}/run.json")  # noqa: PTH113 - called for thousands


def log_files(folder: Path) -> Mapping[str, Path]:
    """Return the logs by name: one for each rank in order, those of launchers, then what scripts write into ./logs."""
    ranks = sorted((folder / "user_logs").glob("*.txt"), key=_by_number)
    own = sorted(each for each in (folder / "code" / "logs").rglob("*") if each.is_file())
    named = {f"user_logs/{each.name}": each for each in ranks}
    return named | {each.relative_to(folder / "code").as_posix(): each for each in own}


def _by_number(path: Path) -> tuple[bool, int, str]:
    digits = re.sub(r"\D", "", path.stem)
    return not digits, int(digits) if digits else 0, path.name
