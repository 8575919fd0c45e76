"""The lines between the program and a child: one JSON object each, requests by number.

To the child: {"id": 1, "do": "ask", …}, {"id": 1, "do": "cancel"}, {"id": 1, "do": "answer", "value": …}.
From it, for a request: {"id": 1, "progress": [message, part]}, {"id": 1, "prompt": {…}}, {"id": 1, "question": {…}},
then one {"id": 1, "result": …} or {"id": 1, "fault": {…}}. What libraries print goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, BinaryIO

from .faults import Fault


class Talk:
    """Both ends of the conversation; any thread may write."""

    def __init__(self, reading: BinaryIO, writing: BinaryIO) -> None:
        self._reading = reading
        self._writing = writing
        self._lock = threading.Lock()

    @classmethod
    def open(cls) -> Talk:
        """Take standard input and output away from everybody else in this process."""
        reading = os.fdopen(os.dup(0), "rb")
        writing = os.fdopen(os.dup(1), "wb")
        os.dup2(2, 1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)  # neither git nor az may read what is meant for us
        os.close(nothing)
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115
        return cls(reading, writing)

    def requests(self) -> Iterator[dict[str, Any]]:
        """Yield what the program says until it is gone, perhaps in the middle of a line."""
        for line in self._reading:
            if line.endswith(b"\n"):
                yield json.loads(line)

    def write(self, number: int, **said: Any) -> None:
        """Write one line. A program that is gone is no error: this process ends with it."""
        line = json.dumps({"id": number, **said}).encode() + b"\n"
        with self._lock:
            try:
                self._writing.write(line)
                self._writing.flush()
            except OSError:
                os._exit(0)

    def progress(self, number: int, message: str, part: float | None = None) -> None:
        """Say what is being done for a request and the part done."""
        self.write(number, progress=[message, part])

    def fault(self, number: int, error: BaseException) -> None:
        """Say why a request failed; what is no fault of the world is one of this program."""
        fault = error if isinstance(error, Fault) else Fault.bug(error)
        self.write(number, fault=fault.as_json())
