"""Tasks of a file run in a toolchain's interpreter, as the program runs them, and their answers."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / "desktop_app/worker/onnx_tools"
MODELS = ROOT / "tests/helpers/onnx_models.py"
_SERVER = ROOT / "desktop_app/worker/task_server.py"


class TaskFailedError(Exception):
    """What a task answered instead of a result."""

    def __init__(self, error: dict[str, Any]) -> None:
        super().__init__(error["message"] or error["traceback"])
        self.error = error


def in_toolchain(python: Path, module: Path, *calls: tuple[str, dict[str, Any]]) -> list[Any]:
    """Call functions of a file, one after the other in one interpreter, and return their results.

    Raises TaskFailedError with the first error.
    """
    asked = ({"module": str(module), "function": name, "arguments": arguments} for name, arguments in calls)
    ran = subprocess.run(
        [python, _SERVER], input="\n".join(map(json.dumps, asked)) + "\n", capture_output=True, text=True, check=False
    )
    answers = [each for each in map(json.loads, ran.stdout.splitlines()) if "progress" not in each]
    for each in answers:
        if "error" in each:
            raise TaskFailedError(each["error"])
    assert len(answers) == len(calls), ran.stderr
    return [each["result"] for each in answers]
