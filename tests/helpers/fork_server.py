"""Runs verbs as processes of their own without importing the program each time: a warm process forks for each.

Started by `warm_verbs`; told of one verb at a time by a line of JSON, it answers with the exit code.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class WarmVerbs:
    """The warm process, as its user has it. One verb at a time."""

    process: subprocess.Popen[str]
    turn: threading.Lock

    def run(
        self, words: Sequence[str], cwd: Path, variables: Mapping[str, str], timeout: float
    ) -> tuple[int, bytes, bytes]:
        """Run a verb to its end; returns its exit code, and what it wrote to its two outputs."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        overdue = threading.Timer(timeout, self.process.kill)
        with self.turn, tempfile.TemporaryDirectory() as folder:
            outputs = [str(Path(folder, each)) for each in ("out", "err")]
            asked = {"words": [*words], "cwd": str(cwd), "variables": {**variables}, "outputs": outputs}
            overdue.start()
            self.process.stdin.write(json.dumps(asked) + "\n")
            self.process.stdin.flush()
            code = int(self.process.stdout.readline() or "-1000")
            overdue.cancel()
            return code, Path(outputs[0]).read_bytes(), Path(outputs[1]).read_bytes()


@contextlib.contextmanager
def warm_verbs() -> Iterator[WarmVerbs]:
    """Have such a process as long as this lasts."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.helpers.fork_server"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield WarmVerbs(process, threading.Lock())
        assert process.stdin is not None
        process.stdin.close()


def serve() -> int | None:
    """Fork for each verb that is asked for; returns its exit code in the child, None at the end."""
    import desktop_app.cli.plugins
    import desktop_app.cli.validate
    import desktop_app.services.plugins.installing.manager  # noqa: F401 - what the verbs would import

    answers = os.fdopen(os.dup(1), "w")
    while line := sys.stdin.readline():
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            answers.close()
            return _verb(asked["words"], asked["cwd"], asked["variables"], asked["outputs"])
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers, flush=True)
    return None


def _verb(words: list[str], cwd: str, variables: dict[str, str], outputs: list[str]) -> int:
    from desktop_app.__main__ import main

    for number, path in ((0, os.devnull), (1, outputs[0]), (2, outputs[1])):
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(variables)
    return main(words)


if __name__ == "__main__":
    sys.exit(serve())
