"""A job as the emulator keeps it: what was asked for, and its course through the states of the service."""

from __future__ import annotations

import uuid
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.emulator.state import Json

if TYPE_CHECKING:
    from tests.emulator.state import Workspace

TERMINAL = frozenset({"Completed", "Failed", "Canceled"})
"""The states that a job does not leave."""

ARTIFACTS = "azureml"
"""The container behind `workspaceartifactstore`."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A state and when it began."""

    status: str
    at: datetime


@dataclass(slots=True)
class JobRecord:
    """One job, or one trial of a sweep.

    `asked` are the properties as they were PUT. `turns` are in order of time; those of a job that only pretends to run
    (`planned`) may lie ahead, and its state is read off the clock: a thousand such jobs cost nothing while they "run".
    """

    name: str
    workspace: Workspace
    asked: Json
    created: datetime
    turns: list[Turn]
    planned: bool = False
    version: str = ""
    description: str | None = None
    display_name: str = ""
    experiment: str = "Default"
    tags: dict[str, str] = field(default_factory=dict)
    properties: dict[str, str | None] = field(default_factory=dict)
    archived: bool = False
    parent: str | None = None
    children: list[str] = field(default_factory=list)
    error: Json | None = None
    warnings: list[Json] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    queueing: str = ""
    attempt: int = 1
    revision: int = 1
    stuck: bool = False
    modified: datetime | None = None
    uuid: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def kind(self) -> str:
        """What sort of job it is: Command, Sweep, Pipeline, ..."""
        return str(self.asked.get("jobType") or "Command")

    @property
    def prefix(self) -> str:
        """Where its logs and artifacts lie in the container of artifacts; ends in a slash."""
        return f"ExperimentRun/dcid.{self.name}/"

    @property
    def nodes(self) -> int:
        """The nodes that it asks for."""
        resources = self.asked.get("resources") or (self.asked.get("trial") or {}).get("resources") or {}
        return int(resources.get("instanceCount") or 1)

    @property
    def compute(self) -> str | None:
        """The compute's name; None without one (serverless)."""
        target = self.asked.get("computeId")
        return str(target).rstrip("/").rpartition("/")[2].removeprefix("azureml:") if target else None

    @property
    def is_local(self) -> bool:
        """Whether the client means to run it on its own machine; the service only keeps count of such jobs."""
        return "IsLocal" in ((self.asked.get("resources") or {}).get("properties") or {})

    def status(self, now: datetime) -> str:
        """Return the state at a moment."""
        return self.turns[self._reached(now) - 1].status

    def is_over(self, now: datetime) -> bool:
        """Whether the job has ended."""
        return self.status(now) in TERMINAL

    def began(self, now: datetime) -> datetime | None:
        """Return when the job's own processes began, for good (the last attempt's)."""
        times = [each.at for each in self.turns[: self._reached(now)] if each.status == "Running"]
        return times[-1] if times else None

    def ended(self, now: datetime) -> datetime | None:
        """Return when the job came to its end."""
        last = self.turns[self._reached(now) - 1]
        return last.at if last.status in TERMINAL else None

    def changed(self, now: datetime) -> datetime:
        """Return when anything about the job changed last."""
        return max(self.turns[self._reached(now) - 1].at, self.modified or self.created)

    def turn(self, status: str, now: datetime) -> None:
        """Go on to a state, unless the job is over or it is there already; what was planned beyond now is dropped."""
        reached = self._reached(now)
        if self.turns[reached - 1].status in TERMINAL or self.turns[reached - 1].status == status:
            return
        del self.turns[reached:]
        self.turns.append(Turn(status, max(now, self.turns[-1].at)))
        self.revision += 1

    def _reached(self, now: datetime) -> int:
        """Return how many turns lie behind; one at least. What really happened did, whatever the clock says."""
        if not self.planned:
            return len(self.turns)
        return max(1, bisect_right(self.turns, now, key=lambda each: each.at))


def course(created: datetime, phases: Sequence[tuple[str, float]]) -> list[Turn]:
    """Return the turns of a job that goes through states, each lasting some seconds."""
    turns, at = [], created
    for status, seconds in phases:
        turns.append(Turn(status, at))
        at += timedelta(seconds=seconds)
    return turns


def run_error(message: str, *, code: str = "UserError", component: str = "CommonRuntime") -> Json:
    """Return an error in the form in which run history keeps it."""
    error: Json = {"code": code, "severity": None, "message": message, "messageFormat": None, "messageParameters": {}}
    error |= {"referenceCode": None, "detailsUri": None, "target": None, "details": [], "innerError": None}
    error |= {"debugInfo": None, "additionalInfo": None}
    outer: Json = {"error": error, "correlation": None, "environment": None, "location": None}
    return outer | {"time": "0001-01-01T00:00:00+00:00", "componentName": component}


def find_job(workspace: Workspace, name: str) -> JobRecord | None:
    """Return a job of a workspace, or a trial of one of its sweeps."""
    return workspace.jobs.get(name)
