"""Runs functions of worker-task files, one after the other, in a toolchain's interpreter that stays warm.

Started by path. Standard input carries a JSON object a line: `module`, `function`, `arguments`. Standard output
carries, for each of them, {"progress": [message, part]} lines and then one {"result": value} or {"error": {...}}. A
file of tasks may import its neighbours relatively (`from .loading import …`) and `rankzero_kit`; what lies in its
folder's `__init__.py` is not run. It ends, with all that it started, when its standard input does. Standard library
only; runs in any Python from 3.9 on.
"""

from __future__ import annotations

import importlib
import json
import os
import queue
import signal
import sys
import threading
import traceback
import types
from pathlib import Path
from typing import Any, BinaryIO, TextIO

KIT = Path(__file__).resolve().parent / "kit"


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


def package_of(folder: Path) -> str:
    """Return the name of the package that a folder's files are imported as; made when it is first asked for."""
    name = f"rankzero_tasks_{folder.name}_{abs(hash(str(folder))) % 10**8}"
    if name not in sys.modules:
        package = types.ModuleType(name)
        package.__path__ = [str(folder)]
        sys.modules[name] = package
    return name


def listen(stream: BinaryIO, requests: queue.Queue[bytes]) -> None:
    """Take in requests; when whoever asks is gone, however that came, end with all that was started here."""
    for line in stream:
        requests.put(line)
    if os.name != "nt" and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    requests.put(b"")


def serve(answers: Answers, requests: queue.Queue[bytes]) -> None:
    """Answer one request after the other until there are no more."""
    folder = Path.cwd()
    while line := requests.get():
        request = json.loads(line.decode("utf-8"))
        try:
            folder.mkdir(parents=True, exist_ok=True)  # the code before may have gone elsewhere, or cleaned up
            os.chdir(folder)
            path = Path(request["module"])
            if not path.is_file():
                raise FileNotFoundError(f"No such file: {path}")
            module = importlib.import_module(f"{package_of(path.parent)}.{path.stem}")
            function = getattr(module, request["function"])
            answers.write(result=function(report=answers.report, **request["arguments"]))
        except BaseException as error:  # noqa: BLE001 - sys.exit() in a framework is a message as well
            answers.write(error=described(error))
            error.__traceback__ = None  # it holds the frames, and with them the model
        sys.stderr.flush()


def described(error: BaseException) -> dict[str, Any]:
    """Return an error in words; `message` and `hint` are set where it was meant for the person."""
    return {
        "type": type(error).__name__,
        "text": str(error),
        "message": str(getattr(error, "message", "")),
        "hint": str(getattr(error, "hint", "")),
        "final": bool(getattr(error, "final", False)),
        "ask": getattr(error, "ask", None),
        "traceback": traceback.format_exc(),
    }


def main() -> None:
    """Take the protocol's ends of standard input and output before anything can read or print there."""
    answers = Answers(os.fdopen(os.dup(1), "w", encoding="utf-8"))
    os.dup2(2, 1)
    sys.path[0] = str(KIT)  # in the place of this file's own folder
    requests: queue.Queue[bytes] = queue.Queue()
    stream = os.fdopen(os.dup(0), "rb")
    with Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)  # a model's code that asks for input gets an end of file, not the next request
    threading.Thread(target=listen, args=(stream, requests), name="requests", daemon=True).start()
    serve(answers, requests)
    os._exit(0)  # some frameworks hang or crash when they are taken down


if __name__ == "__main__":
    main()
