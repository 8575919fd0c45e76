"""Calls of plugins' processes: all are sent, then the answers are gathered as they come, each within its limits.

A foreign process can say anything: what is no answer to the question that was asked ends it.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import psutil

from desktop_app.api import UserError
from desktop_app.services.plugins.processes.connection import Connection
from desktop_app.services.plugins.processes.faults import FaultError, LostError, RefusedError, refused

_LONGEST = 16_000_000  # bytes that one call may say, prints included
_LOOK = 0.1  # seconds between two looks at a process whose time is over
_RUNS = (psutil.STATUS_RUNNING, psutil.STATUS_DISK_SLEEP, psutil.STATUS_WAKING)
_TELLS_STATUS = sys.platform == "linux"  # elsewhere psutil says that whatever sleeps is running


@dataclass(frozen=True, slots=True)
class Limit:
    """How long a call may take: `seconds`; if its process waits for the processor meanwhile, `most` at the longest.

    A process has waited that is ready to run and has had less than half of `seconds`.
    """

    seconds: float
    most: float


HOOK = Limit(2.0, 20.0)
IMPORT = Limit(10.0, 60.0)


class Call:
    """One question to a plugin's process, and what comes of it: `results`, or `error`."""

    def __init__(self, connection: Connection, what: str, order: bytes, limit: Limit, problem: str = "hook") -> None:
        self.connection = connection
        self.results: list[Any] = []
        self.error: FaultError | RefusedError | LostError | None = None
        self.is_done = False
        self.garbage_after = ""
        self.out = memoryview(order)
        self.what, self._limit, self._problem = what, limit, problem
        self._since = self._look_at = time.monotonic()
        self._look_at += limit.seconds
        self._heard = 0
        self._cpu_before = self._cpu_last = connection.cpu()

    @property
    def events(self) -> int:
        """What the call waits for."""
        return selectors.EVENT_READ | (selectors.EVENT_WRITE if self.out else 0)

    def wait_seconds(self) -> float:
        """Return how long there is nothing to do but listen."""
        return max(0.0, self._look_at - time.monotonic())

    def go_on(self) -> None:
        """Write and read what can be written and read now."""
        try:
            if self.out:
                self.out = self.out[self.connection.write(self.out) :]
            for line in self.connection.lines():
                self._take(line)
            self._check_size()
        except EOFError:
            self._fall()
        now = time.monotonic()
        if not self.is_done and now >= self._look_at:
            self._look_at = now + _LOOK
            self.look_again(now - self._since)

    def give_up(self) -> None:
        """End the process of a call that nobody waits for any more."""
        if not self.is_done:
            self.is_done = True
            with contextlib.suppress(LostError, OSError):
                self.connection.end()

    def _take(self, line: bytes) -> None:
        self._heard += len(line)
        if self.is_done:
            return
        try:
            message = json.loads(line)
        except (ValueError, RecursionError):
            message = None
        if b"\\ud" in line and not _is_text(message):
            self._cut("hook", f"{self.what} answered with what is no text")
            return
        if not isinstance(message, dict):
            self._cut("hook", f"{self.what} answered with what is no JSON", line[:200].decode("utf-8", "replace"))
        elif "said" in message:
            self.connection.say(message["said"])
        elif message.get("answer") != self.connection.number or isinstance(message["answer"], bool):
            self._cut("hook", f"{self.what} answered a question that nobody asked")
        else:
            self._answered(message)

    def _answered(self, message: dict[str, Any]) -> None:
        self.is_done = True
        results, garbage = message.get("results"), message.get("garbage")
        if isinstance(results, list):
            self.results = results
        elif isinstance(garbage, str):
            self.error = FaultError(self._problem, f"{self.garbage_after}{garbage[:1000]}", self._details(message))
        else:
            fault = self._raised(message)
            self.error = refused(message.get("refused"), fault) or fault

    def _raised(self, message: dict[str, Any]) -> FaultError:
        text = message.get("raised")
        if not isinstance(text, str):
            return FaultError(self._problem, f"{self.what} answered nothing that can be understood.")
        return FaultError(self._problem, f"{self.what} failed: {text[:1000]}", self._details(message))

    def _details(self, message: dict[str, Any]) -> str:
        text = message.get("traceback")
        return "\n".join(filter(None, (text if isinstance(text, str) else "", self.connection.said_last())))

    def _check_size(self) -> None:
        if not self.is_done and self._heard + self.connection.waiting > _LONGEST:
            self._cut("hook", f"{self.what} answered with more than {_LONGEST // 1_000_000} MB")

    def look_again(self, after: float) -> None:
        """Cut the call off, unless its process only waits for the processor; `after` so many seconds."""
        cpu = self.connection.cpu()
        used = cpu - self._cpu_before
        waits = (_TELLS_STATUS and self.connection.status() in _RUNS) or cpu > self._cpu_last
        self._cpu_last = cpu
        if not waits or used >= self._limit.seconds / 2 or after >= self._limit.most:
            verb = "end within" if self._problem == "import" else "answer for"
            self._cut("hang", f"{self.what} did not {verb} {self._limit.seconds:g} s", asks=True)

    def _cut(self, problem: str, reason: str, details: str = "", *, asks: bool = False) -> None:
        self.is_done = True
        where = ""
        with contextlib.suppress(LostError, OSError):  # the nursery went meanwhile: the reason holds all the same
            where = self.connection.end(asks=asks).trace
        text = "\n".join(filter(None, (details, where, self.connection.said_last())))
        self.error = FaultError(problem, f"{reason} and was cut off.", text)

    def _fall(self) -> None:
        """The process hung up: by itself, by our own doing, or with the nursery."""
        self.is_done = True
        if self.connection.is_ended:
            self.error = LostError("it was ended")
            return
        try:
            ended = self.connection.end()
        except (LostError, OSError) as error:
            self.error = LostError(str(error))
            return
        text = "\n".join(filter(None, (ended.trace, self.connection.said_last())))
        self.error = FaultError("crash", f"{self.what} ended its process ({ended.how}).", text)


def _is_text(message: Any) -> bool:
    """Whether all texts in a message are Unicode: half a character can be neither saved nor shown."""
    try:
        json.dumps(message, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_other(_done: Call) -> Call | None:
    return None


def gather(calls: Iterable[Call], after: Callable[[Call], Call | None] = _no_other) -> None:
    """Wait until each call has its answer, or is cut off. `after` is told of each at once, and may name one more."""
    with selectors.DefaultSelector() as selector:
        pending: set[Call] = set()

        def wait_for(call: Call | None) -> None:
            while call is not None and call.is_done:
                call = after(call)
            if call is not None:
                selector.register(call.connection, call.events, call)
                pending.add(call)

        for call in calls:
            wait_for(call)
        while pending:
            selector.select(min(each.wait_seconds() for each in pending))
            for call in tuple(pending):
                call.go_on()
                if call.is_done:
                    selector.unregister(call.connection)
                    pending.discard(call)
                    wait_for(call)
                else:
                    selector.modify(call.connection, call.events, call)


def answer(call: Call) -> list[Any]:
    """Return the results of a call that is done. Raises FaultError, LostError, or the plugin's UserError."""
    if isinstance(call.error, RefusedError):
        raise call.error.error
    if call.error is not None:
        raise call.error
    return call.results


__all__ = ["HOOK", "IMPORT", "Call", "Limit", "UserError", "answer", "gather"]
