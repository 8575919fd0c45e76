"""A toolchain's interpreter that stays warm, as the program keeps one: many tasks with one import of the framework."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SERVER = Path(__file__).resolve().parents[2] / "desktop_app/worker/task_server.py"


@dataclass
class Served:
    """A process that runs functions of one file."""

    process: subprocess.Popen[str]
    module: Path

    def call(self, function: str, **arguments: Any) -> Any:
        """Return what a task returns, or {"error": …}."""
        stdin, stdout = self.process.stdin, self.process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"module": str(self.module), "function": function, "arguments": arguments}) + "\n")
        stdin.flush()
        told = next(each for each in map(json.loads, stdout) if "progress" not in each)
        return told.get("result", told)


def served(python: Path, module: Path) -> Iterator[Served]:
    """Yield a process for a file's tasks; it ends with its input."""
    command = [str(python), str(_SERVER)]
    with subprocess.Popen(
        command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        yield Served(process, module)
