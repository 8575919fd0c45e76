"""Asks the whole program about a plugin, where it is installed beside the test kit."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_REHEARSAL = "desktop_app.services.plugins.rehearsal"
_MINUTES = 5


@dataclass(frozen=True, slots=True)
class Told:
    """What the program said: what is wrong, or why it could not be asked."""

    problems: list[str]
    skipped: str = ""


def in_the_program(folder: Path) -> Told:
    """Have the program take a plugin in, look at it, and switch it off and on: in a process and a home of their own."""
    if not _is_there():
        return Told([], "The program is not installed beside the test kit.")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(each for each in sys.path if each)}
    command = [sys.executable, "-m", _REHEARSAL, str(folder)]
    done = subprocess.run(
        command,
        env=environment,
        capture_output=True,
        text=True,
        timeout=_MINUTES * 60,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    try:
        said = json.loads(done.stdout.splitlines()[-1])
        return Told(said["problems"], said["skipped"])
    except (ValueError, IndexError, KeyError, TypeError):
        return Told([f"the program could not try it:\n{done.stdout}{done.stderr}".rstrip()])


def _is_there() -> bool:
    """Whether the program and what it needs can be imported; nothing is."""
    try:
        return all(importlib.util.find_spec(each) is not None for each in ("desktop_app.services", "psutil", "yaml"))
    except ImportError:
        return False
