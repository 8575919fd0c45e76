"""Heavy work in a toolchain's interpreter: a crash there is an error message here.

A worker does one task after the other, and stays warm between them; it ends with who started it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self, cast

import psutil

from desktop_app.api import OutsideError, Progress, UserError, Value, WorkerTask
from desktop_app.processes import end_group, exited, group_options, kill_group

_SERVER = Path(__file__).resolve().parents[1] / "worker" / "task_server.py"
_LONGEST_LINE = 256 * 1024 * 1024
_TAIL = 64_000  # bytes of standard error for the details of an error
_STEPS = {"prepare": "Loading the model", "export_route": "The export", "judge": "The check of the ONNX model"}
_LAST_WORDS = 1.0  # seconds for the last lines of a worker that is gone


class TaskFailedError(UserError):
    """A task said why it failed. `final`: no other way may be tried; `ask`: what the person must decide first."""

    def __init__(
        self, message: str, hint: str = "", details: str = "", *, final: bool = False, ask: Mapping[str, Any] | None
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.final = final
        self.ask = ask


class WorkerGoneError(UserError):
    """The worker's process ended in the middle of a task."""


async def run_task(task: WorkerTask, python: str, progress: Progress) -> Value:
    """Run one task in a worker of its own; nothing of it outlives this call, however it ends."""
    session = await Session.start([python])
    try:
        return await session.call(task, progress)
    finally:
        await session.end()


class Session:
    """A worker's process. One call at a time; a call that is cancelled or late ends the process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._errors = b""
        self._drain = asyncio.create_task(self._read_errors(), name="worker's standard error")
        self._turn = asyncio.Lock()
        self.peak_bytes = 0
        self.ended_because = ""

    @classmethod
    async def start(
        cls, argv: Sequence[str], folder: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Self:
        """Start the Python that `argv` ends with (before it may stand what holds it back) in `folder`."""
        try:
            process = await asyncio.create_subprocess_exec(
                *argv, str(_SERVER),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE, cwd=folder, env=None if environment is None else dict(environment),
                **group_options(),
            )  # fmt: skip
        except OSError as error:
            message = f"The Python {argv[-1]} can't be run: {error.strerror or error}."
            raise OutsideError(message, hint="`rankzero toolchains list` shows what there is.") from error
        return cls(process)

    @property
    def pid(self) -> int:
        """The worker's process; its group has the same number."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether another call can be made."""
        return self._process.returncode is None

    async def call(self, task: WorkerTask, progress: Progress) -> Value:
        """Do one task. Raises TaskFailedError with what it said, or WorkerGoneError."""
        async with self._turn:
            try:
                async with asyncio.timeout(task.timeout):
                    answer = await self._converse(task, progress)
            except TimeoutError:
                await self.end()
                raise _late(task) from None
            except BaseException:
                await self.end()
                raise
            self._measure()
        return _result(task, answer, self._errors.decode("utf-8", "replace"))

    def stop(self, because: str) -> None:
        """End the process and all that it started, at once; the task that it is at fails with these words."""
        self.ended_because = because
        kill_group(self._process)

    async def end(self) -> None:
        """End the process and all that it started."""
        if self.is_alive and self._process.stdin is not None:
            self._process.stdin.close()
        await end_group(self._process)
        self._drain.cancel()
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await self._drain

    async def _converse(self, task: WorkerTask, progress: Progress) -> Mapping[str, Any]:
        self._errors = b""
        asked = {"module": str(task.module), "function": task.function, "arguments": task.arguments}
        line = await asyncio.to_thread(json.dumps, asked)
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError):  # it died already; how, is said by its end
            self._process.stdin.write(line.encode() + b"\n")
            await self._process.stdin.drain()
        listening = asyncio.create_task(self._listen(progress), name="worker's answers")
        ending = asyncio.create_task(exited(self._process), name="worker's end")
        try:
            await asyncio.wait({listening, ending}, return_when=asyncio.FIRST_COMPLETED)
            if not listening.done():  # a child of the worker may hold its streams open: don't wait for their end
                await asyncio.wait({listening}, timeout=_LAST_WORDS)
            answer = listening.result() if listening.done() else None
            if answer is None:
                raise await self._gone(ending)
        finally:
            for each in (listening, ending):
                each.cancel()
            await asyncio.gather(listening, ending, return_exceptions=True)
        return answer

    async def _gone(self, ending: asyncio.Task[int]) -> WorkerGoneError:
        code = await ending
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(self._drain), _LAST_WORDS)
        said = self._errors.decode("utf-8", "replace")
        return WorkerGoneError(self.ended_because or f"The worker's process {_ending(code)}.", details=said)

    async def _listen(self, progress: Progress) -> Mapping[str, Any] | None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            try:
                said = json.loads(line)
            except ValueError:
                continue  # half a line of a worker that was killed while it wrote
            if "progress" in said:
                message, part = said["progress"]
                progress(message, part)
            else:
                return cast("Mapping[str, Any]", said)
        return None

    async def _read_errors(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(65_536):
            self._errors = (self._errors + chunk)[-_TAIL:]

    def _measure(self) -> None:
        """Note the most memory that the worker has held, in bytes of RAM."""
        with contextlib.suppress(psutil.Error, OSError, ValueError, IndexError):
            self.peak_bytes = max(self.peak_bytes, _peak(self.pid))


def _peak(pid: int) -> int:
    status = Path(f"/proc/{pid}/status")
    if status.exists():
        lines = status.read_text("ascii", "replace").splitlines()
        return sum(int(each.split()[1]) for each in lines if each.startswith("VmHWM")) * 1024  # one just dead has none
    memory = psutil.Process(pid).memory_info()
    return int(getattr(memory, "peak_wset", memory.rss))


def _result(task: WorkerTask, answer: Mapping[str, Any], errors: str) -> Value:
    if "error" not in answer:
        return cast("Value", answer["result"])
    error = answer["error"]
    message = error["message"] or f"{_doing(task)} failed: {_why(error)}"
    details = f"{error['traceback']}\n{errors}".strip()
    raise TaskFailedError(
        message, hint=error["hint"], details=details, final=bool(error.get("final")), ask=error.get("ask")
    )


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"ended with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    known = {"SIGKILL": ", perhaps by the system for want of memory", "SIGSEGV": " (a crash in native code)"}
    return f"was ended by {name}{known.get(name, '')}"


def _doing(task: WorkerTask) -> str:
    """Return what a task does, in words where it is a known step."""
    return _STEPS.get(task.function, task.function)


def _why(error: Mapping[str, Any]) -> str:
    """Return in a sentence why code failed that did not mean its error for a person."""
    kind, text = error["type"], str(error["text"])
    if kind == "SystemExit":
        return f"its code ended the program with sys.exit({text})."
    if kind == "EOFError" and "reading a line" in text:
        return "its code asked for input, and nobody is there to answer."
    first = text.strip().splitlines()[0] if text.strip() else ""
    return f"{kind}: {first}".rstrip(": ")


def _late(task: WorkerTask) -> WorkerGoneError:
    seconds = f"{task.timeout:g} second{'' if task.timeout == 1 else 's'}"
    message = f"{_doing(task)} was stopped: it took longer than {seconds}."
    return WorkerGoneError(message, hint="If it only needs time, the option `timeout` gives it more, in seconds.")
