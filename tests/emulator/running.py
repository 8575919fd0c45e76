"""Jobs really run: each in the care of this program's own local backend, in the emulator's home."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from desktop_app.api import JobBackend, MetricPoint, OutsideError, UserError
from tests.emulator.job_records import JobRecord
from tests.emulator.state import Workspace

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench
    from tests.emulator.service import Service

PATIENCE = 20.0
"""Seconds for what still runs to end when the emulator ends."""


class Life(Protocol):
    """A job from its submission to its end; `go` returns when the job is over."""

    record: JobRecord
    holds: bool  # nodes of its compute
    waits: bool  # for nodes

    async def go(self) -> None:
        """Live."""

    def cancel(self) -> None:
        """Come to an end soon."""

    def preempt(self) -> None:
        """Lose the nodes, and queue again."""


class Runner:
    """The jobs that run, each in a task of its own. Jobs that only pretend need no task and are unknown here."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.handles: dict[str, list[str]] = {}
        """Local runs of each job by the job's name, the last attempt's last."""
        self._lives: dict[str, tuple[Life, asyncio.Task[None]]] = {}
        self._released: dict[str, asyncio.Event] = {}
        self._backend: JobBackend | None = None

    @property
    def backend(self) -> JobBackend:
        """This machine; opened by the first job that needs it, so that an emulator without jobs starts at once."""
        if self._backend is None:
            from desktop_app.compose import open_workbench

            workbench = open_workbench(self.service.options.home / "machine")
            _fill_in(workbench)
            self._backend = workbench.backends["local"]
        return self._backend

    def begin(self, life: Life) -> None:
        """Let a job live."""
        name = life.record.name
        task = asyncio.get_running_loop().create_task(life.go(), name=f"job {name}")
        self._lives[name] = life, task
        task.add_done_callback(lambda _done: self._lives.pop(name, None))

    def cancel(self, record: JobRecord) -> None:
        """Ask a job to end: CancelRequested at once, Canceled when it has ended (never, where it is stuck)."""
        now = self.service.clock.now()
        record.turn("CancelRequested", now)
        if record.name in self._lives:
            self._lives[record.name][0].cancel()
        elif not record.stuck:
            record.turn("Canceled", now)

    def unstick(self, record: JobRecord) -> None:
        """Let a job that was stuck in CancelRequested end."""
        record.stuck = False
        self._released.setdefault(record.name, asyncio.Event()).set()
        if record.name not in self._lives and record.status(self.service.clock.now()) == "CancelRequested":
            record.turn("Canceled", self.service.clock.now())

    async def released(self, record: JobRecord) -> None:
        """Wait until the job is stuck no more."""
        if record.stuck:
            await self._released.setdefault(record.name, asyncio.Event()).wait()

    def preempt(self, record: JobRecord) -> bool:
        """Take a running job's nodes away, as from low-priority nodes: it queues and runs again. False: it ran not."""
        if record.name not in self._lives or record.status(self.service.clock.now()) != "Running":
            return False
        self._lives[record.name][0].preempt()
        return True

    def busy(self, workspace: Workspace, compute: str | None) -> int:
        """Return how many nodes of a compute run jobs."""
        lives = (life for life, _ in self._lives.values() if life.holds)
        return sum(
            each.record.nodes for each in lives if each.record.workspace is workspace and each.record.compute == compute
        )

    def is_first(self, record: JobRecord, most: int) -> bool:
        """Whether no older job waits for nodes of the same compute, but for those that ask for more than there are."""
        waiting = (life.record for life, _ in self._lives.values() if life.waits)
        return not any(
            each.workspace is record.workspace
            and each.compute == record.compute
            and each.nodes <= most
            and each.created < record.created
            for each in waiting
        )

    async def metrics(self, record: JobRecord) -> Sequence[MetricPoint]:
        """Return what the job's last attempt logged, oldest first."""
        handles = self.handles.get(record.name)
        return await self.backend.metrics(handles[-1]) if handles else ()

    async def parameters(self, record: JobRecord) -> Mapping[str, str]:
        """Return the parameters that the job's last attempt logged."""
        handles = self.handles.get(record.name)
        if not handles:
            return {}
        snapshots = await self.backend.snapshots(handles[-1:])
        state = await asyncio.to_thread(_state, Path(snapshots[handles[-1]].folder))
        return {str(name): str(value) for name, value in (state.get("parameters") or {}).items()}

    async def end_leftovers(self) -> None:
        """End what an emulator with the same home, which was killed, has left running."""
        found = await self.backend.snapshots(await self.backend.discover())
        for handle, snapshot in found.items():
            if not snapshot.is_over:
                with contextlib.suppress(UserError, OutsideError):
                    await self.backend.cancel(handle)

    async def over(self, name: str) -> None:
        """Wait for a job's end."""
        if name in self._lives:
            await asyncio.wait([self._lives[name][1]])

    async def close(self) -> None:
        """End everything that runs; no process is left."""
        lives = tuple(self._lives.values())
        for life, _ in lives:
            self.unstick(life.record)
            life.cancel()
        tasks = [task for _, task in lives]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=PATIENCE)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _state(folder: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads((folder / "run.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found


def _fill_in(workbench: Workbench) -> None:
    """Let jobs of a plugin whose toolchains were never made run in this very Python, if it has what they import."""
    from desktop_app.services.toolchains.service import CHOSEN

    workbench.settings.set(CHOSEN, None)
    ready = {each.name for each in workbench.toolchains.list() if each.state == "ready"}
    specs = workbench.plugins.toolchain_specs()
    served = {each.plugin for each in specs if each.name in ready}
    workbench.settings.set(CHOSEN, {each.plugin: sys.executable for each in specs if each.plugin not in served} or None)


def prepare(service: Service) -> None:
    """Make a service able to run jobs."""
    runner = Runner(service)
    service.add_part(runner)
    service.node_users.append(runner.busy)
    service.at_end.append(runner.close)
    if (service.options.home / "machine" / "runs").is_dir():
        service.spawn(runner.end_leftovers())
