"""A monitor of cloud runs over a told cloud, with a clock that goes when it is told to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.client.asking import Asking
from desktop_app.backends.azureml.client.links import Links
from desktop_app.backends.azureml.runs.monitoring import Monitoring
from desktop_app.backends.azureml.runs.records import Records
from tests.helpers.cloud_jobs import CloudJobs
from tests.helpers.told_wire import WORKSPACE


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    time: float = 1000.0

    def __call__(self) -> float:
        return self.time


@dataclass
class Watch:
    """A monitor of runs that were sent before, over a told cloud."""

    folder: Path
    jobs: CloudJobs = field(default_factory=CloudJobs)
    clock: Clock = field(default_factory=Clock)

    def __post_init__(self) -> None:
        self.records = Records(self.folder / "cloud")
        asking = Asking(self.jobs.wire, Links(self.jobs.wire, self.folder / "links.json"))
        self.monitoring = Monitoring(asking, self.records, lambda _key: WORKSPACE, clock=self.clock)

    def send(self, *names: str, state: str = "Queued") -> list[str]:
        """Have runs that were sent from here; return their handles."""
        self.jobs.states.update(dict.fromkeys(names, state))
        handles = [routes.handle_of(WORKSPACE, each) for each in names]
        created = datetime(2026, 11, 21, 10, tzinfo=UTC)
        self.records.write(
            RunSnapshot(handle, name, "azureml", RunStatus.NOT_STARTED, name, "e", created)
            for name, handle in zip(names, handles, strict=True)
        )
        return handles

    async def look(self, *handles: str) -> list[RunSnapshot]:
        """Return the runs as they are told now."""
        found = await self.monitoring.snapshots(handles)
        return [found[each] for each in handles]

    async def states(self, *handles: str) -> list[RunStatus]:
        """Return the runs' states after a minute."""
        self.clock.time += 60.0
        return [each.status for each in await self.look(*handles)]

    def polls(self) -> int:
        """Return how many requests were made for states."""
        return len(self.jobs.wire.urls("batchrundata")) + len(self.jobs.wire.urls("/jobs"))
