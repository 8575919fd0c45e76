"""Deleting a run's folder: never under a run that goes on, and gone at once however big it is."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from desktop_app.api import OutsideError, UserError
from desktop_app.backends.local.reading import lives_elsewhere, writers_of
from desktop_app.worker.supervisor import holding, processes
from desktop_app.worker.supervisor.journal import read_object

_TRASH = ".trash"


def refuse_if_alive(folder: Path) -> None:
    """Raise UserError if a run whose state is not known may still go on."""
    name, data = folder.name, read_object(folder / "run.json")
    if lives_elsewhere(data):
        hint = f"Remove it there, or delete {folder} by hand."
        raise UserError(f"{name} belongs to {data['host']} and may still go on there.", hint=hint)
    if is_supervised(folder):
        raise UserError(f"{name} is not over.", hint="Cancel it first.")
    left = processes.marked(str(folder), str(data.get("mark") or ""))
    if left:
        raise UserError(
            f"Processes of {name} are still there: {', '.join(map(str, left))}.", hint="End them, then remove the run."
        )


def is_supervised(folder: Path) -> bool:
    """Return whether somebody on this computer sees to the run, whatever run.json says."""
    with holding.held(folder) as mine:
        if not mine:
            return True
    data = read_object(folder / "run.json")
    with contextlib.suppress(TypeError, ValueError, KeyError):
        return "supervisor" in data and any(processes.is_same(*each) for each in writers_of(data))
    return False


def delete(folder: Path) -> None:
    """Delete a run's folder; from the first moment on it is no run any more. Raises OutsideError."""
    trash = folder.with_name(f".{folder.name}{_TRASH}")
    try:
        folder.rename(trash)
    except OSError:
        trash = folder
    try:
        shutil.rmtree(trash, onerror=_make_writable)
    except FileNotFoundError:
        return  # another program collected it
    except OSError as error:
        raise OutsideError(f"{trash} could not be deleted: {error.strerror or error}.") from error


def collect(runs: Path) -> None:
    """Delete what a program left that was killed while it deleted."""
    for each in runs.glob(f".*{_TRASH}"):
        with contextlib.suppress(OSError):
            shutil.rmtree(each, onerror=_make_writable)


def _make_writable(again: Callable[..., Any], path: str, _: object) -> None:
    """Scripts leave read-only folders: allow writing and try once more."""
    with contextlib.suppress(OSError):
        Path(path).parent.chmod(stat.S_IRWXU)
        if not Path(path).is_symlink():
            Path(path).chmod(stat.S_IRWXU)
    if again in (os.open, os.scandir):
        shutil.rmtree(path)
    else:
        again(path)
