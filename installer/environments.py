"""Python environments in the user's cache, keyed by what they hold and shared between clones.

An environment is made in place and counts only once its stamp is written, as the very last thing. Packages go in by
small batches, and a journal remembers the finished ones: a set-up that was killed goes on with the batch it was at.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import venv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from installer.locks import held
from installer.pip_runs import Pip
from installer.say import Progress, SetupError

STAMP = "rankzero-environment.json"
JOURNAL = "rankzero-journal.txt"
CREATED = "environment"
BATCH = 5


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an environment holds: the packages of `constraints`, on top of the environment at `base` if there is one.

    pip is started once for each `batch` packages: many at once where they are small.
    """

    name: str
    title: str
    constraints: Path
    base: Path | None = None
    batch: int = BATCH

    def packages(self) -> tuple[str, ...]:
        """Return the lines `name==version` of the constraint file."""
        lines = (each.strip() for each in self.constraints.read_text("utf-8").splitlines())
        return tuple(each for each in lines if each and not each.startswith("#"))

    def folder(self, cache: Path) -> Path:
        """Return where the environment lies: another Python or another list makes another folder."""
        facts = [platform.python_version(), sys.platform, platform.machine(), sys.base_prefix, str(self.base or "")]
        key = hashlib.sha256("\n".join([*facts, *self.packages()]).encode()).hexdigest()[:12]
        return cache / "environments" / f"{self.name}-{key}"


def ensure(recipe: Recipe, cache: Path) -> Path:
    """Return the folder of the environment, made or completed where that is needed."""
    folder = recipe.folder(cache)
    if is_complete(folder):
        return folder
    with held(folder.with_name(f"{folder.name}.lock")) as lock:
        if not is_complete(folder):
            _make(recipe, folder, lock)
    return folder


def is_complete(folder: Path) -> bool:
    """Whether the environment was finished and its Python is still there."""
    return (folder / STAMP).exists() and python_of(folder).exists()


def python_of(folder: Path) -> Path:
    """Return the interpreter of an environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def packages_of(folder: Path) -> Path:
    """Return where the packages of an environment lie."""
    if os.name == "nt":
        return folder / "Lib" / "site-packages"
    return folder / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"


def _make(recipe: Recipe, folder: Path, lock: int) -> None:
    packages = recipe.packages()
    batches = [packages[at : at + recipe.batch] for at in range(0, len(packages), recipe.batch)]
    progress = Progress(recipe.title, len(packages) + 1)
    progress.step("environment")
    if not (_was_created(folder) and python_of(folder).exists()):
        _create(recipe, folder)
        Journal(folder / JOURNAL).add(CREATED)
    journal = Journal(folder / JOURNAL)
    pip = Pip(python_of(folder), _constraints(recipe), lock)
    for number, batch in enumerate(batches):
        name = f"batch {number} {' '.join(batch)}"
        if name in journal.done:
            progress.skip(len(batch))
            continue
        # What a killed pip left half written looks installed to the next one: write it anew.
        again = journal.begin(name)
        pip.install(batch, progress.step, again=again)
        journal.add(name)
    _stamp(folder, packages)
    progress.finish()


def _was_created(folder: Path) -> bool:
    return CREATED in Journal(folder / JOURNAL).done


def _create(recipe: Recipe, folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if recipe.base is not None:
        light(folder, [packages_of(recipe.base)])
        return
    try:
        venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(folder)
    except subprocess.CalledProcessError as error:
        raise SetupError("This Python can't make an environment with pip.", _lines(error)) from error
    except OSError as error:
        raise SetupError(f"{folder} can't be written: {error.strerror}; --cache DIR takes another place.") from error


def _lines(error: subprocess.CalledProcessError) -> list[str]:
    text = error.output or b""
    return text.decode("utf-8", "replace").splitlines() if isinstance(text, bytes) else str(text).splitlines()


def light(folder: Path, paths: Sequence[Path]) -> None:
    """Make an environment without packages of its own that finds those of others, and modules, on `paths`."""
    venv.EnvBuilder(with_pip=False, symlinks=os.name != "nt", clear=True).create(folder)
    (packages_of(folder) / "rankzero.pth").write_text("".join(f"{each}\n" for each in paths), "utf-8")


def _constraints(recipe: Recipe) -> tuple[Path, ...]:
    below = () if recipe.base is None else (recipe.constraints.with_name("app.txt"),)
    return (recipe.constraints, *below)


def _stamp(folder: Path, packages: Sequence[str]) -> None:
    draft = folder / f"{STAMP}.new"
    draft.write_text(json.dumps({"packages": list(packages)}, indent=1), "utf-8")
    draft.replace(folder / STAMP)


class Journal:
    """What of an environment is done, a line each, and what was begun."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines = path.read_text("utf-8").splitlines() if path.exists() else []
        self.done = {each.removeprefix("done ") for each in self._lines if each.startswith("done ")}

    def begin(self, name: str) -> bool:
        """Note the beginning, and return whether it was begun before."""
        before = f"began {name}" in self._lines
        self._write(f"began {name}")
        return before

    def add(self, name: str) -> None:
        """Note that it is done."""
        self.done.add(name)
        self._write(f"done {name}")

    def _write(self, text: str) -> None:
        self._lines.append(text)
        with self._path.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
