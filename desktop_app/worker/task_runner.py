"""Runs one function of a plugin's `worker_tasks.py`; started by path in a toolchain's interpreter.

Standard input holds one JSON object: `module`, `function`, `arguments`. Standard output carries JSON lines:
{"progress": [message, part]}, then one {"result": value} or {"error": {...}}. What the function or its framework
prints goes to standard error. Standard library only; runs in any Python from 3.8 on.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, TextIO


class Answers:
    """The lines to the program; threads of the function may report at once."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def write(self, **line: Any) -> None:
        """Write one line. Raises TypeError or ValueError for what JSON can't hold."""
        text = json.dumps(line)
        with self._lock:
            self._stream.write(text + "\n")
            self._stream.flush()

    def report(self, message: str, part: float | None = None) -> None:
        """Say what is being done and the part done; a part that is no number is unknown."""
        self.write(progress=[str(message), float(part) if isinstance(part, (int, float)) else None])


def load(path: str) -> Any:
    """Import a file, whose neighbours it may import by their names."""
    sys.path.insert(0, str(Path(path).parent))
    name = Path(path).stem
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def run(request: dict[str, Any], answers: Answers) -> None:
    """Call the function and write its result, or what went wrong."""
    try:
        function = getattr(load(request["module"]), request["function"])
        answers.write(result=function(report=answers.report, **request["arguments"]))
    except BaseException as error:  # noqa: BLE001 - sys.exit() in a framework is a message as well
        answers.write(error=described(error))


def described(error: BaseException) -> dict[str, str]:
    """Return an error in words; `message` and `hint` are set where it was meant for the person."""
    return {
        "type": type(error).__name__,
        "text": str(error),
        "message": str(getattr(error, "message", "")),
        "hint": str(getattr(error, "hint", "")),
        "traceback": traceback.format_exc(),
    }


def main() -> None:
    """Take the protocol's end of standard output before anything can print into it."""
    answers = Answers(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)
    request = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    del sys.path[0]  # this file's own folder
    run(request, answers)
    sys.stderr.flush()
    os._exit(0)  # some frameworks hang or crash when they are taken down


if __name__ == "__main__":
    main()
