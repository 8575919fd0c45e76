"""The staged check: before a plugin is switched to, it is imported and asked in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import psutil

from desktop_app.api import UserError
from desktop_app.api._plugins import Manifest
from desktop_app.services.plugins.installing.changing.holding import in_thread, settled
from desktop_app.services.plugins.processes import Crew, FaultError, Member, Outcome, RefusedError
from desktop_app.services.plugins.processes.nursery import Born, Cradle

ASKED = ("job_wizards", "environment_presets", "onnx_exporters", "settings_form")
"""The hooks that a check calls: quick, without effects, and with nothing to ask beforehand."""
_SHOWN = 100
_TRIES = 2


@dataclass(frozen=True, slots=True)
class Staged:
    """A plugin that lies ready; its process may import from `paths`. `refused` and `hint` are said of a faulty one."""

    title: str
    manifest: Manifest
    package: str | None
    paths: tuple[Path, ...]
    refused: str = "was not installed, and nothing was changed"
    hint: str = "Its author has to mend that."


class Checker:
    """Tries plugins, each in a process of its own."""

    def __init__(self, cradle: Cradle, bytecode: Path) -> None:
        self._crew = Crew(cradle, bytecode, lambda _member, _fault: None)
        self._ending: list[asyncio.Task[None]] = []

    async def ended(self) -> None:
        """Wait until nothing is left of the processes."""
        for each in self._ending:
            await settled(each)

    async def check(self, staged: Staged) -> tuple[str, ...]:
        """Return the hooks that a plugin implements. Raises UserError with the reason why it is refused.

        Its process is ended, which may take a moment longer; a cancel ends it at once.
        """
        manifest = staged.manifest
        paths = tuple(os.fspath(each) for each in staged.paths)
        member = Member(manifest.id, manifest.name, manifest, staged.package, paths)
        work = asyncio.create_task(in_thread(self._checked, member), name="staged check")
        try:
            fault = await asyncio.shield(work)
        except asyncio.CancelledError:
            self._crew.forget(member)
            await settled(work)
            raise
        finally:
            ending = in_thread(self._crew.forget, member)
            self._ending.append(asyncio.create_task(ending, name="end of a staged check"))
        if fault is not None:
            message = f"{staged.title} {staged.refused}: {fault.reason.rstrip('.')}."
            raise UserError(message, hint=staged.hint, details=fault.details)
        return tuple(sorted(member.hooks or ()))

    def _checked(self, member: Member) -> FaultError | None:
        """Import a plugin and call its hooks; return what is wrong with it. Blocks."""
        fault = None
        for _ in range(_TRIES):  # it may have gone with the nursery, by no fault of its own
            fault = _fault(self._crew.load([member]).get(member.id))
            if fault or member.connection:
                break
        fault = fault or _untidy(member)
        for hook in ASKED if fault is None else ():
            asked = self._crew.ask([member], hook, {}, lambda _id: {}, _nothing)
            fault = fault or _fault(asked.get(member.id))
        return fault


@contextlib.asynccontextmanager
async def checking(cradle: Cradle, bytecode: Path) -> AsyncIterator[Checker]:
    """Yield what tries plugins. The process of the first one starts at once, beside what is done until then."""
    ready = _Ready(cradle)
    starting = asyncio.create_task(in_thread(ready.prepare), name="process of a staged check")
    checker = Checker(ready, bytecode)
    try:
        yield checker
    finally:
        await settled(starting)
        await checker.ended()
        await in_thread(ready.close)


class _Ready:
    """A cradle whose first process starts before it is asked for."""

    def __init__(self, cradle: Cradle) -> None:
        self._cradle = cradle
        self._first: Future[Born] | None = Future()

    def prepare(self) -> None:
        """Start the first process. Blocks."""
        first = self._first
        assert first is not None
        try:
            first.set_result(self._cradle.start())
        except BaseException as error:  # noqa: BLE001 - whoever takes it is told
            first.set_exception(error)

    def start(self) -> Born:
        """See `Cradle`."""
        first, self._first = self._first, None
        return first.result() if first is not None else self._cradle.start()

    def end(self, pid: int, *, asks: bool = False) -> int | None:
        """See `Cradle`."""
        return self._cradle.end(pid, asks=asks)

    def close(self) -> None:
        """End the first process where nobody took it."""
        first, self._first = self._first, None
        if first is not None and first.exception() is None:
            born = first.result()
            self._cradle.end(born.pid)
            born.connection.close()
            born.trace.close()


def _fault(outcome: Outcome) -> FaultError | None:
    if isinstance(outcome, RefusedError):
        return outcome.fault
    return outcome if isinstance(outcome, FaultError) else None


def _untidy(member: Member) -> FaultError | None:
    """Return what an import did beside importing: printing, or starting what goes on."""
    connection = member.connection
    if connection is None:
        return FaultError("crash", "Its process ended after its import.")
    said = connection.said_last()
    if said:
        printed = " ".join(said.partition("\n")[2].split())[:_SHOWN]
        return FaultError("import", f"Its import prints (“{printed}”).", said)
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(connection.pid)
        own = 1 if process.ppid() != os.getpid() else 2  # without a nursery a thread of ours watches the program
        if process.num_threads() > own:
            return FaultError("import", "Its import starts threads that go on.")
        if _has_children(process):
            return FaultError("import", "Its import starts processes that go on.")
    return None


def _has_children(process: psutil.Process) -> bool:
    try:  # Linux says it in one file; elsewhere all processes are looked through
        return bool(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii").strip())
    except OSError:
        return bool(process.children())


def _nothing() -> None:
    """Do nothing meanwhile."""
