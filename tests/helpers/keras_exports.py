"""A served process of the Keras exporter: many small models with one import of TensorFlow."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.helpers.made_toolchains import toolchain_or_skip

ROOT = Path(__file__).resolve().parents[2]
TASKS = ROOT / "plugins" / "tensorflow" / "worker_tasks.py"
SERVER = ROOT / "desktop_app" / "worker" / "task_server.py"


class RefusedError(Exception):
    """What a task said instead of a result."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(told["message"] or told["traceback"])
        self.told = told


class Served:
    """A process that runs the exporter's tasks, one after the other."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def call(self, function: str, **arguments: Any) -> Any:
        """Return what a task returns. Raises RefusedError."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"module": str(TASKS), "function": function, "arguments": arguments}) + "\n")
        stdin.flush()
        for line in stdout:
            told = json.loads(line)
            if "error" in told:
                raise RefusedError(told["error"])
            if "progress" not in told:
                return told["result"]
        raise AssertionError("the process ended")


@contextmanager
def served(toolchain: str, log: Path) -> Iterator[Served]:
    """Serve the exporter's tasks in a toolchain until the block ends."""
    backend = "torch" if toolchain == "keras-torch" else "tensorflow"
    environment = {**os.environ, "KERAS_BACKEND": backend, "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1"}
    command = [str(toolchain_or_skip(toolchain)), str(SERVER)]
    pipe = subprocess.PIPE
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=errors, env=environment, text=True) as process,
    ):
        try:
            yield Served(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(60)


def request(path: Path, folder: Path, kind: str = "python", **more: Any) -> dict[str, Any]:
    """Return a request to export a model."""
    told = {"kind": kind, "path": str(path), "callable": more.pop("callable", "build"), "code": more.pop("code", "")}
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "id": f"e-{folder.name}",
        "model": told,
        "folder": str(folder),
        "weights": "",
        "inputs": [],
        "options": {},
        "allowed": [],
        "scripts": [],
        **more,
    }
