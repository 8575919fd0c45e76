"""The program's verbs against the emulator: a person who has the Azure ML client and is signed in by a principal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop_app.places import Places
from tests.helpers.emulators import Emulator
from tests.helpers.made_toolchains import lend
from tests.helpers.program import Program


@contextmanager
def cloud_program(places: Places, emulator: Emulator, python: Path, folder: Path) -> Iterator[Program]:
    """Yield the program of a person who has added no workspace yet; what it leaves running is ended."""
    if not places.toolchains.exists():
        lend(places, "azureml", python)
    program = Program(places.home, folder, {**emulator.environment, "RANKZERO_CACHE": str(places.cache)})
    yield program
    program.end()
