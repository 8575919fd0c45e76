"""The sample projects: each person gets a copy of their own to change."""

from __future__ import annotations

import shutil
from pathlib import Path

from desktop_app.api import OutsideError
from desktop_app.places import Places, shipped

DIGITS = "digits"


def own_copy(places: Places, name: str = DIGITS) -> Path:
    """Return the person's copy of a sample project, made where it is missing.

    A file that is there is left as it is: it may have been changed.
    """
    source, target = shipped("resources") / "samples" / name, places.home / "samples" / name
    try:
        for each in sorted(source.rglob("*")):
            _copy(each, target / each.relative_to(source))
    except OSError as error:
        raise OutsideError(f"The sample can't be copied to {target}: {error.strerror}.") from error
    return target


def _copy(source: Path, target: Path) -> None:
    if "__pycache__" in source.parts or source.is_dir() or target.exists():
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
