"""Runs `rankzero` as a person would: a process of its own, with its exit code, output and errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.helpers.fork_server import WarmVerbs

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class Said:
    """How a verb ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The document on standard output."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class Program:
    """The program over one state folder; with `warm`, verbs are forked from a process that has imported it already."""

    home: Path
    cwd: Path
    environment: Mapping[str, str]
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)
    warm: WarmVerbs | None = None

    def __call__(self, *arguments: str | Path, timeout: float = 240) -> Said:
        """Run a verb to its end."""
        if self.warm is not None:
            words = self.command(*arguments)[3:]
            code, out, err = self.warm.run(words, self.cwd, self.variables(), timeout)
            return Said(code, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.cwd,
            env=self.variables(),
            capture_output=True,
            timeout=timeout,
            check=False,
        )
        return Said(done.returncode, done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace"))

    def start(self, *arguments: str | Path) -> subprocess.Popen[bytes]:
        """Start a verb and leave it running, with its output as pipes."""
        process = subprocess.Popen(
            self.command(*arguments),
            cwd=self.cwd,
            env=self.variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.started.append(process)
        return process

    def end(self) -> None:
        """End what a failed test left running, so that no later test finds it among its children."""
        for each in self.started:
            each.kill()
            each.wait()

    def command(self, *arguments: str | Path) -> list[str]:
        """Return the command line."""
        return [sys.executable, "-m", "desktop_app", "--home", str(self.home), *map(str, arguments)]

    def variables(self) -> dict[str, str]:
        """Return the environment."""
        return {**os.environ, "PYTHONPATH": str(ROOT), **self.environment}
