"""A served process of PyTorch's toolchain: many files are loaded with one import of the framework."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
SERVER = ROOT / "desktop_app" / "worker" / "task_server.py"
FILES = ROOT / "tests" / "helpers" / "torch_files.py"


class RefusedError(Exception):
    """What a task said instead of a result."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__(told["message"] or told["traceback"])
        self.ask = told["ask"]
        self.hint = told["hint"]
        self.final = told["final"]


class Loading:
    """A process that loads what lies in a folder, which is the code's folder as well."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self.folder = folder

    def call(self, function: str, **arguments: Any) -> Any:
        """Return what a task returns. Raises RefusedError."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({"module": str(FILES), "function": function, "arguments": arguments}) + "\n")
        stdin.flush()
        for line in stdout:
            told = json.loads(line)
            if "error" in told:
                raise RefusedError(told["error"])
            if "progress" not in told:
                return told["result"]
        raise AssertionError("the process ended")

    def load(self, name: str, kind: str = "torch", scripts: tuple[str, ...] = ("train.py",), **more: Any) -> Any:
        """Return what was loaded from a file. Raises RefusedError."""
        options = {key: more.pop(key) for key in ("class", "arguments", "ignore") if key in more}
        options |= {"class": more.pop("cls")} if "cls" in more else {}
        told = {"kind": kind, "path": str(self.folder / name), "callable": more.pop("callable", ""), "code": ""}
        told["code"] = str(more.pop("code", self.folder))
        request = {"id": "e-1", "model": told, "folder": str(self.folder), "inputs": [], "options": options}
        return self.call("load", request={**request, "weights": "", "allowed": [], "scripts": [*scripts], **more})

    def refused(self, name: str, kind: str = "torch", **more: Any) -> RefusedError:
        """Return how a file is refused."""
        try:
            loaded = self.load(name, kind, **more)
        except RefusedError as error:
            return error
        raise AssertionError(f"{name} was loaded: {loaded}")


@contextmanager
def loading(python: Path, folder: Path) -> Iterator[Loading]:
    """Serve a toolchain until the block ends, with files of every kind in a folder."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipe = subprocess.PIPE
    with (
        (folder.parent / "log").open("wb") as log,
        subprocess.Popen([python, SERVER], stdin=pipe, stdout=pipe, stderr=log, env=environment, text=True) as process,
    ):
        try:
            made = Loading(process, folder)
            made.call("make", folder=str(folder))
            yield made
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(60)
