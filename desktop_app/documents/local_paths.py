"""Makes paths of what a person or a file names on this machine; nothing that is named makes it raise."""

from __future__ import annotations

import os
from pathlib import Path


def local_path(given: str | Path) -> Path:
    """Return a path with `~` filled in; the home of somebody who is not known here stays as it is written."""
    path = Path(given)
    try:
        return path.expanduser()
    except (RuntimeError, ValueError):  # no such person, no home at all, or a NUL in the name
        return path


def is_there(path: Path) -> bool:
    """Whether something is at a path, as far as the disk tells: a name may be too long for it, a folder closed."""
    return os.path.exists(path)  # noqa: PTH110 - Path's own raises for such names


def is_folder(path: Path) -> bool:
    """Whether a folder is at a path, as far as the disk tells."""
    return os.path.isdir(path)  # noqa: PTH112 - Path's own raises


def is_file(path: Path) -> bool:
    """Whether a file is at a path, as far as the disk tells."""
    return os.path.isfile(path)  # noqa: PTH113 - Path's own raises
