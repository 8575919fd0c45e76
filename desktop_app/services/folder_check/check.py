"""The open project, checked in the background by one or two child processes (`worker`); what changes comes anew."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from desktop_app.documents.checks import FileReport
from desktop_app.processes import end_child
from desktop_app.services.folder_check.wire import line, report_in

_LINE = 1 << 24
_MANY = 400  # files: more are shared between two processes


@dataclass(frozen=True, slots=True)
class CheckState:
    """How far the check is. `trouble` says why it stopped, empty where it goes on."""

    files: int = 0
    left: int = 0
    is_done: bool = False
    trouble: str = ""


class Listener(Protocol):
    """Who is told what is found; called on the loop, with at most a hundred reports at a time."""

    def take_reports(self, reports: tuple[FileReport, ...], looked: frozenset[Path]) -> None:
        """Called with files that were checked, or checked again; `looked`: as something changed on disk."""

    def take_gone(self, paths: tuple[Path, ...]) -> None:
        """Called with files that are no longer there."""

    def take_state(self, state: CheckState) -> None:
        """Called when the check gets on, is done, begins again, or ends by itself."""


class FolderCheck:
    """Checks a folder until it is closed."""

    def __init__(
        self,
        folder: Path,
        listener: Listener,
        *,
        home: Path,
        safe_mode: bool = False,
    ) -> None:
        self.folder = folder
        self._first = {"folder": str(folder), "home": str(home), "safe_mode": safe_mode}
        self._listener = listener
        self._children: dict[int, asyncio.subprocess.Process] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._texts: dict[str, str] = {}
        self._files = 0
        self._left: dict[int, int] = {}
        self._idle: set[int] = set()
        self._is_closed = False
        self._asked = 0
        self._answers: dict[int, asyncio.Future[FileReport | None]] = {}

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that check."""
        return tuple(each.pid for each in self._children.values())

    async def start(self) -> None:
        """Start checking; returns at once."""
        await self._start(0, 1)

    def set_text(self, path: Path, text: str | None) -> None:
        """Check a file as it stands in an editor; None: as it is on disk."""
        key = str(path)
        if self._texts.get(key) == text:
            return
        if text is None:
            del self._texts[key]
        else:
            self._texts[key] = text
        self._order({"text": key, "value": text})

    async def ask(self, path: Path, text: str) -> FileReport | None:
        """Check a text in a process of its own, before all else; None where there is none to do it."""
        if self._is_closed or 0 not in self._children:
            return None
        self._asked += 1
        number = self._asked
        answer: asyncio.Future[FileReport | None] = asyncio.get_running_loop().create_future()
        self._answers[number] = answer
        try:
            with contextlib.suppress(ConnectionError, RuntimeError):
                _write(self._children[0], {"ask": number, "path": str(path), "value": text})
            return await answer
        finally:
            self._answers.pop(number, None)

    def _answer(self, number: int, report: FileReport | None) -> None:
        answer = self._answers.get(number)
        if answer is not None and not answer.done():
            answer.set_result(report)

    def look_again(self) -> None:
        """Look now what changed on disk, not only after a while."""
        self._order({"look": True})

    def check_anew(self) -> None:
        """Check all files again: plugins, or their settings, are others now."""
        self._order({"anew": True})

    async def close(self) -> None:
        """End the processes; nothing is told any more."""
        self._is_closed = True
        children, self._children = list(self._children.values()), {}
        # The readers are not cancelled: they end with what they read, and leave no stream open.
        await asyncio.gather(*(end_child(each) for each in children), *self._tasks, return_exceptions=True)

    async def _start(self, number: int, of: int) -> None:
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", __name__.rpartition(".")[0] + ".worker",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            limit=_LINE, env=_environment(),
        )  # fmt: skip
        if self._is_closed:
            await end_child(child)
            return
        self._children[number] = child
        _write(child, {**self._first, "share": [number, of]})
        for path, text in self._texts.items():
            _write(child, {"text": path, "value": text})
        task = asyncio.create_task(self._read(number, child), name=f"check {self.folder.name}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _read(self, number: int, child: asyncio.subprocess.Process) -> None:
        assert child.stdout is not None
        assert child.stderr is not None
        words = asyncio.create_task(child.stderr.read(), name="what a check says on its standard error")
        try:
            async for row in child.stdout:
                await self._take(number, json.loads(row))
            last = (await words).decode("utf-8", "replace").strip().rpartition("\n")[2]
            self._end(last or "The check of the folder ended.")
        except Exception as error:  # noqa: BLE001 - nobody waits for this task: what it says would go unheard
            self._end(f"What the check of the folder said could not be taken in ({type(error).__name__}: {error}).")
        finally:
            words.cancel()
            self._children.pop(number, None)
            for each in tuple(self._answers) if number == 0 else ():
                self._answer(each, None)
            await asyncio.gather(end_child(child), _drained(child.stdout))

    def _end(self, trouble: str) -> None:
        if not self._is_closed:
            self._listener.take_state(CheckState(self._files, 0, True, trouble))

    async def _take(self, number: int, message: Mapping[str, Any]) -> None:
        if self._is_closed:
            return
        if "files" in message:
            self._files = message["files"]
            if self._files > _MANY and len(self._children) == 1:
                self._order({"share": [0, 2]})
                await self._start(1, 2)
        if "gone" in message and number == 0:
            self._listener.take_gone(tuple(Path(each) for each in message["gone"]))
        if "reports" in message:
            self._left[number] = message["left"]
            self._idle.discard(number)
            looked = frozenset(Path(each) for each in message["looked"])
            self._listener.take_reports(tuple(report_in(each) for each in message["reports"]), looked)
        if "answer" in message:
            self._answer(message["answer"], report_in(message["report"]))
            return
        if "idle" in message:
            self._left[number] = 0
            self._idle.add(number)
        self._listener.take_state(
            CheckState(self._files, sum(self._left.values()), self._idle >= self._children.keys())
        )

    def _order(self, order: dict[str, Any]) -> None:
        for each in self._children.values():
            with contextlib.suppress(ConnectionError, RuntimeError):
                _write(each, order)


async def _drained(stream: asyncio.StreamReader) -> None:
    """Read to the end: a stream that is left full holds its pipe open for good."""
    while await stream.read(_LINE):
        pass


def _write(child: asyncio.subprocess.Process, message: dict[str, Any]) -> None:
    assert child.stdin is not None
    if not child.stdin.is_closing():
        child.stdin.write(line(message))


def _environment() -> dict[str, str]:
    """Return the child's environment: it finds this very package, however it was found here."""
    package = Path(__file__).resolve().parents[3]
    path = os.pathsep.join(each for each in (str(package), os.environ.get("PYTHONPATH", "")) if each)
    return {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
