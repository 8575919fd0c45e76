"""What a file or folder that is handed over means for plugins."""

from __future__ import annotations

from enum import StrEnum
from itertools import islice
from pathlib import Path

_MOST = 200
"""Entries of a folder that are looked at: it may be anybody's home."""


class Entering(StrEnum):
    """What is to be done with a path."""

    INSTALL = "install"
    WHEELHOUSE = "wheelhouse"


def entering(path: Path) -> Entering | None:
    """Return what a path means: a wheel or a plugin's folder to install, a folder of wheels to look in, or nothing."""
    if path.suffix.lower() == ".whl":
        return Entering.INSTALL
    try:
        if not path.is_dir():
            return None
        if is_plugin_folder(path):
            return Entering.INSTALL
        inside = islice(path.iterdir(), _MOST)
        return Entering.WHEELHOUSE if any(each.suffix.lower() == ".whl" for each in inside) else None
    except OSError:
        return None


def is_plugin_folder(folder: Path) -> bool:
    """Return whether a folder has a plugin's manifest, in it or in a package of it."""
    if (folder / "plugin.toml").is_file():
        return True
    if not (folder / "pyproject.toml").is_file():
        return False
    sources = folder / "src"
    below = islice(sources.iterdir() if sources.is_dir() else folder.iterdir(), _MOST)
    return any((each / "plugin.toml").is_file() for each in below)
