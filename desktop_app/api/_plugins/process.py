"""The script that a plugin's process starts with: sees to what can be imported there, then goes on as it is told.

    python -I -S process.py nursery FD FOLDER           forks a process for each plugin, on systems that can
    python -I -S process.py alone FD FOLDER TRACE       is the process of one plugin

FD is a socket to the program (on Windows it comes through standard input), FOLDER holds the package pluggy, a crash
says to the descriptor TRACE where it was (not on Windows).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

HOUSE = "desktop_app"
OPEN = f"{HOUSE}.api"


class Walls:
    """Finds `desktop_app.api` and pluggy where they lie, and nothing else that lies there."""

    def __init__(self, folders: dict[str, str]) -> None:
        self._folders = folders

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Called by Python's import for every module, before anything else is asked."""
        if name in self._folders:
            return PathFinder.find_spec(name, [self._folders[name]], target)
        if name.startswith(f"{HOUSE}.") and not f"{name}.".startswith(f"{OPEN}."):
            raise ModuleNotFoundError(f"a plugin can import {OPEN} and nothing else of the program, not {name}")
        return None


def main(kind: str, descriptor: int, pluggy: str, trace: int) -> None:
    """Be what `kind` says until the program ends."""
    sys.meta_path.insert(0, Walls({HOUSE: str(Path(__file__).resolve().parents[3]), "pluggy": pluggy}))
    if kind == "nursery":
        from desktop_app.api._plugins.nursery import run

        run(descriptor)
    else:
        from desktop_app.api._plugins.alone import be_alone

        be_alone(descriptor, trace)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3], int([*sys.argv, "-1"][4]))
