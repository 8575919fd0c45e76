"""One child that talks to Azure: requests by number, what it says meanwhile, its answers, and its end."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeAlias

from desktop_app.backends.azureml.client.wire import CloudFault
from desktop_app.core.redact import redact
from desktop_app.processes import end_group, group_options

Role: TypeAlias = Literal["wire", "sdk"]
Hear: TypeAlias = Callable[[str, Any], None]
"""Called with `progress`, `prompt` or `question` and what the child says."""

_SCRIPT = Path(__file__).resolve().parents[1] / "gateway" / "__main__.py"
_LONGEST_LINE = 256 * 1024 * 1024
_SHORT = 64 * 1024
_TAIL = 32_000  # bytes of standard error for the details of an error


class ChildGone(Exception):  # noqa: N818 - no error: whoever asked decides whether to ask again
    """The child ended before it answered; `details` are its last words."""

    def __init__(self, details: str) -> None:
        super().__init__("the child is gone")
        self.details = details


class Child:
    """A child process and the requests that it has not answered yet."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._waiting: dict[int, tuple[asyncio.Future[Any], Hear]] = {}
        self._number = 0
        self._errors = b""
        self._is_ending = False
        self.keeps_secrets = False
        self._reading = asyncio.create_task(self._read(), name="gateway's answers")
        self._draining = asyncio.create_task(self._drain(), name="gateway's standard error")

    @classmethod
    async def start(cls, python: str, role: Role) -> Child:
        """Start a child. Raises CloudFault where its Python can't be run."""
        try:
            process = await asyncio.create_subprocess_exec(
                python, "-I", "-X", "utf8", str(_SCRIPT), role,
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                limit=_LONGEST_LINE, **group_options(),
            )  # fmt: skip
        except OSError as error:
            message = f"The Azure ML client can't be started: {error.strerror or error}."
            hint = "`rankzero toolchains create azureml` makes it anew."
            raise CloudFault(message, kind="gateway", hint=hint, details=python) from error
        return cls(process)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for an answer."""
        return bool(self._waiting)

    @property
    def is_alive(self) -> bool:
        """Whether it can be asked."""
        return not self._is_ending and not self._reading.done() and self._process.returncode is None

    async def ask(self, do: str, hear: Hear, **asked: Any) -> Any:
        """Ask and return the answer; cancelling cancels it in the child. Raises CloudFault, and ChildGone."""
        self._number += 1
        number = self._number
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = (answer, hear)
        try:
            await self._write({"id": number, "do": do, **asked})
            return await answer
        except (ChildGone, CloudFault):
            raise
        except BaseException:  # who asked is gone, or could not hear what was said
            if self.is_alive:
                self._send({"id": number, "do": "cancel"})
            raise
        finally:
            self._waiting.pop(number, None)

    def answer(self, number: int, **said: Any) -> None:
        """Answer a question of the child."""
        if self.is_alive:
            self._send({"id": number, "do": "answer", **said})

    async def end(self) -> None:
        """End the child with all its own and wait for it."""
        assert self._process.stdin is not None
        self._is_ending = True
        self._process.stdin.close()
        await end_group(self._process)
        for each in (self._reading, self._draining):
            each.cancel()
        await asyncio.gather(self._reading, self._draining, return_exceptions=True)
        self._give_up()

    async def _write(self, said: Mapping[str, Any]) -> None:
        if not self.is_alive:
            raise ChildGone(self._last_words())
        self._send(said)
        assert self._process.stdin is not None
        with contextlib.suppress(ConnectionError):  # its end is noticed by its answers' end
            await self._process.stdin.drain()

    def _send(self, said: Mapping[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(said, default=_plain).encode() + b"\n")

    async def _read(self) -> None:
        assert self._process.stdout is not None
        try:
            async for line in self._process.stdout:
                with contextlib.suppress(ValueError):  # half a line of a child that was killed while it wrote
                    self._take(json.loads(line) if len(line) < _SHORT else await asyncio.to_thread(json.loads, line))
        finally:
            self._give_up()

    def _take(self, said: Mapping[str, Any]) -> None:
        answer, hear = self._waiting.get(said["id"], (None, None))
        self.keeps_secrets = said.get("keep", self.keeps_secrets)
        if answer is None or hear is None or answer.done():
            return
        if "result" in said:
            answer.set_result(said["result"])
        elif "fault" in said:
            answer.set_exception(fault_of(said["fault"]))
        else:
            try:
                name = next(each for each in ("question", "progress", "prompt") if each in said)
                hear(name, (said["id"], said[name]) if name == "question" else said[name])
            except Exception as error:  # noqa: BLE001 - it is of who asked, and of nobody else who waits for the child
                answer.set_exception(error)

    def _give_up(self) -> None:
        """Tell all who wait that no answer will come."""
        for answer, _ in self._waiting.values():
            if not answer.done():
                answer.set_exception(ChildGone(self._last_words()))

    def _last_words(self) -> str:
        return redact(self._errors.decode("utf-8", "replace"), os.environ)

    async def _drain(self) -> None:
        assert self._process.stderr is not None
        while chunk := await self._process.stderr.read(65_536):
            self._errors = (self._errors + chunk)[-_TAIL:]


def fault_of(said: Mapping[str, Any]) -> CloudFault:
    """Return what a child said as the error to raise."""
    return CloudFault(
        said["message"],
        kind=said["kind"],
        hint=said["hint"],
        details=said["details"],
        status=said["status"],
        retry_after=said["retry_after"],
        code=said["code"],
    )


def _plain(value: Any) -> Any:
    """Return what JSON can hold of a mapping that is no dict, a tuple or a path."""
    return dict(value) if isinstance(value, Mapping) else str(value)
