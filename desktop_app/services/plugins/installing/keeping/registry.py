"""The list of installed plugins: one file whose replacement is the switch from the old state to the new one.

Paths below the registry's own folder are kept relative, so that a home may be moved. A second copy of the file and a
note in each generation's folder bring the list back where the file was damaged by hand.
"""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop_app.api import UserError
from desktop_app.services.files import set_aside, write_atomically
from desktop_app.services.plugins.installing.keeping.shapes import (
    FAULTS,
    Line,
    installed_from,
    installed_shape,
    line_from,
    line_shape,
)
from desktop_app.services.plugins.installing.models import Installed

FOLDER = ".installed"
FILE = "registry.json"
COPY = "registry-copy.json"
LOCK = "lock"
NOTE = "installed.json"
FORMAT = 1
_HISTORY = 500  # lines that are kept


@dataclass(frozen=True, slots=True)
class Former:
    """How one plugin was before the last change: None where it was not installed; `off` where it was switched off."""

    installed: Installed | None = None
    off: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """What is installed, what was done (oldest first), and what taking back the last change brings back.

    `newer` is set where a later version of the program wrote the file: it is read, and left alone.
    """

    generation: int = 0
    plugins: Mapping[str, Installed] = field(default_factory=dict)
    history: tuple[Line, ...] = ()
    former: Mapping[str, Former] = field(default_factory=dict)
    newer: bool = False

    def generations(self) -> set[str]:
        """Return the names of the folders that are in use, or that taking back the last change brings back."""
        former = (each.installed for each in self.former.values())
        return {each.lib.parent.name for each in (*self.plugins.values(), *former) if each and each.lib}


class DamagedError(Exception):
    """A registry that can't be understood; the text says why."""


class Registry:
    """The registry in one folder. Who writes holds its lock. Everything here blocks, shortly."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @property
    def file(self) -> Path:
        """The list itself."""
        return self.root / FILE

    @property
    def lock(self) -> Path:
        """What writers of all processes take."""
        return self.root / LOCK

    def read(self) -> State:
        """Return what is installed; in a damaged list's place its copy or the generations' own notes.

        Nothing is written. Raises OSError where the file is there and can't be read.
        """
        try:
            return self._read(self.file)
        except (FileNotFoundError, NotADirectoryError, DamagedError):
            return self._again()

    def mend(self) -> str:
        """Keep a damaged list aside and write what replaces it; return what to say of it, or nothing."""
        try:
            self._read(self.file)
        except FileNotFoundError:
            return self._written_again("was gone") if self._again().plugins else ""
        except DamagedError:
            kept = set_aside(self.file).name
            return self._written_again(f"was damaged (it is kept as {kept})")
        return ""

    def write(self, state: State) -> None:
        """Switch to a state, all at once. Raises OSError, and then the old state stands."""
        text = _text(self._shape(state))
        write_atomically(self.file, text)
        with contextlib.suppress(OSError):  # it is a spare part: the switch is done
            write_atomically(self.root / COPY, text, durable=False)

    def note(self, state: State) -> None:
        """Have those generations that are in use say what they are, and no others; what can't be written is left."""
        noted = {each.lib.parent: each for each in state.plugins.values() if each.lib}
        for folder in (self.root / each for each in state.generations()):
            with contextlib.suppress(OSError):
                if folder in noted:
                    shape = installed_shape(noted[folder], self.root)
                    write_atomically(folder / NOTE, _text(shape), durable=False)
                else:
                    (folder / NOTE).unlink(missing_ok=True)

    def clean(self, state: State) -> None:
        """Delete all that no state needs; what can't be deleted stays for the next time."""
        wanted = {FILE, COPY, LOCK, *state.generations()}
        for each in _children(self.root):
            if each.name in wanted or ".damaged-" in each.name:
                continue
            if each.is_dir() and not each.is_symlink():
                shutil.rmtree(each, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    each.unlink(missing_ok=True)

    def _written_again(self, what: str) -> str:
        self.write(self._again())
        return f"The list of installed plugins {what}, and was made anew from what lies beside it."

    def _again(self) -> State:
        """Return what a copy says whose generations are there, else what the generations say of themselves."""
        with contextlib.suppress(OSError, DamagedError):
            copy = self._read(self.root / COPY)
            if all(each.lib is None or each.lib.is_dir() for each in copy.plugins.values()):
                return copy
        noted = sorted(self._noted(), key=lambda each: str(each.installed or ""))
        return State(generation=1 if noted else 0, plugins={each.id: each for each in noted})

    def _noted(self) -> Iterator[Installed]:
        for folder in _children(self.root):
            with contextlib.suppress(OSError, *FAULTS):
                yield installed_from(json.loads((folder / NOTE).read_text("utf-8")), self.root)

    def _read(self, path: Path) -> State:
        try:
            data = json.loads(path.read_text("utf-8"))
            return self._newer(data) if int(data["format"]) > FORMAT else self._state(data)
        except FAULTS as error:
            raise DamagedError(f"{type(error).__name__}: {error}") from error

    def _shape(self, state: State) -> dict[str, Any]:
        return {
            "format": FORMAT,
            "generation": state.generation,
            "plugins": [installed_shape(each, self.root) for each in state.plugins.values()],
            "former": {key: self._former_shape(each) for key, each in state.former.items()},
            "history": [line_shape(each) for each in state.history[-_HISTORY:]],
        }

    def _state(self, data: Mapping[str, Any]) -> State:
        plugins = [installed_from(each, self.root) for each in data["plugins"]]
        return State(
            generation=int(data["generation"]),
            plugins={each.id: each for each in plugins},
            history=tuple(line_from(each) for each in data.get("history", ())),
            former={str(key): self._former(each) for key, each in data.get("former", {}).items()},
        )

    def _newer(self, data: Mapping[str, Any]) -> State:
        """Return what can be understood of what a later version of the program wrote."""
        found: dict[str, Installed] = {}
        for each in data.get("plugins", ()):
            with contextlib.suppress(*FAULTS):
                one = installed_from(each, self.root)
                found[one.id] = one
        return State(plugins=found, newer=True)

    def _former_shape(self, former: Former) -> dict[str, Any]:
        shape = installed_shape(former.installed, self.root) if former.installed else None
        return {"installed": shape, "off": former.off}

    def _former(self, data: Mapping[str, Any]) -> Former:
        installed = installed_from(data["installed"], self.root) if data["installed"] else None
        return Former(installed, bool(data["off"]))


def refuse_newer(state: State) -> None:
    """Raise UserError for a list that a later version of the program wrote."""
    if state.newer:
        message = "The list of installed plugins was written by a newer Rank Zero, and this one leaves it alone."
        raise UserError(message, hint="Change plugins with the newer version, or update this one.")


def _text(shape: dict[str, Any]) -> str:
    return json.dumps(shape, ensure_ascii=False, indent=1) + "\n"


def _children(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []
