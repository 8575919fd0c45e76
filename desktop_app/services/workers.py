"""Heavy work in a toolchain's interpreter: a crash there is an error message here."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from desktop_app.api import OutsideError, Progress, UserError, Value, WorkerTask
from desktop_app.processes import end_group, exited, group_options

_RUNNER = Path(__file__).resolve().parents[1] / "worker" / "task_runner.py"
_LONGEST_LINE = 256 * 1024 * 1024
_SHORT = 64 * 1024
_AFTERMATH = 1.0  # seconds for the last words of a worker that is gone
_TAIL = 64_000  # bytes of standard error for the details of an error


async def run_task(task: WorkerTask, python: str, progress: Progress) -> Value:
    """Run a task to its end and return its result.

    Raises UserError with what went wrong; its details hold the traceback or the end of standard error. Nothing of
    the task outlives this call, however it ends.
    """
    request = await asyncio.to_thread(_request, task)
    process = await _start(python, task)
    talk = asyncio.create_task(_Talk(process, progress).run(request), name=f"worker {task.function}")
    try:
        async with asyncio.timeout(task.timeout):
            answer, errors = await talk
    except TimeoutError:
        raise UserError(f"{task.function} was stopped: it took longer than {task.timeout:g} seconds.") from None
    finally:
        talk.cancel()
        await end_group(process)
        with contextlib.suppress(asyncio.CancelledError, Exception):
            await talk
    return _result(task, answer, errors, process.returncode)


def _request(task: WorkerTask) -> bytes:
    asked = {"module": str(task.module), "function": task.function, "arguments": task.arguments}
    return json.dumps(asked).encode()


async def _parsed(line: bytes) -> Any:
    """Parse a worker's line; a long one beside the loop. Its progress, said often, is short."""
    return json.loads(line) if len(line) < _SHORT else await asyncio.to_thread(json.loads, line)


async def _start(python: str, task: WorkerTask) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            python,
            str(_RUNNER),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LONGEST_LINE,
            **group_options(),
        )
    except OSError as error:
        message = f"The Python of the toolchain “{task.toolchain}” can't be run: {error.strerror or error}."
        raise OutsideError(
            message, hint=f"`rankzero toolchains check {task.toolchain}` says more.", details=python
        ) from error


class _Talk:
    """The conversation with a worker: the request, its progress, its answer, what it wrote to standard error."""

    def __init__(self, process: asyncio.subprocess.Process, progress: Progress) -> None:
        self._process = process
        self._progress = progress
        self._errors = b""

    async def run(self, request: bytes) -> tuple[Mapping[str, Any] | None, str]:
        """Return the answer, None where the worker ended without one, and the end of its standard error."""
        errors = asyncio.create_task(self._drain(), name="worker's standard error")
        ending = asyncio.create_task(exited(self._process), name="worker's end")
        listening = asyncio.create_task(self._converse(request), name="worker's answers")
        try:
            await asyncio.wait({listening, ending}, return_when=asyncio.FIRST_COMPLETED)
            # A worker that is gone may have left a child that holds its streams open: don't wait for their end.
            await asyncio.wait({listening, errors} if ending.done() else {listening}, timeout=_AFTERMATH)
            answer = listening.result() if listening.done() else None
        finally:
            for each in (listening, ending, errors):
                each.cancel()
            await asyncio.gather(listening, ending, errors, return_exceptions=True)
        return answer, self._errors.decode("utf-8", "replace")

    async def _converse(self, request: bytes) -> Mapping[str, Any] | None:
        await self._ask(request)
        answer = await self._listen()
        if answer is None:
            await exited(self._process)
        return answer

    async def _ask(self, request: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError):  # it died already; how, is said by its end
            self._process.stdin.write(request)
            await self._process.stdin.drain()
        self._process.stdin.close()

    async def _listen(self) -> Mapping[str, Any] | None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            try:
                said = await _parsed(line)
            except ValueError:
                continue  # half a line of a worker that was killed while it wrote
            if "progress" in said:
                message, part = said["progress"]
                self._progress(message, part)
            else:
                return cast("Mapping[str, Any]", said)
        return None

    async def _drain(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(65_536):
            self._errors = (self._errors + chunk)[-_TAIL:]


def _result(task: WorkerTask, answer: Mapping[str, Any] | None, errors: str, code: int | None) -> Value:
    if answer is None:
        raise UserError(f"{task.function} did not finish: its process {_ending(code)}.", details=errors)
    if "error" not in answer:
        return cast("Value", answer["result"])
    error = answer["error"]
    details = f"{error['traceback']}\n{errors}".strip()
    if error["message"]:
        raise UserError(error["message"], hint=error["hint"], details=details)
    raise UserError(f"{task.function} failed: {error['type']}: {error['text']}".rstrip(": "), details=details)


def _ending(code: int | None) -> str:
    if code is None or code >= 0:
        return f"ended with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = str(-code)
    known = {"SIGKILL": ", perhaps by the system for want of memory", "SIGSEGV": " (a crash in native code)"}
    return f"was ended by {name}{known.get(name, '')}"
