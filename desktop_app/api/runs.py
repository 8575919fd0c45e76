"""What is known of a run: immutable snapshots. Times are aware datetimes in UTC.

Provisional, as `backends` is: no hook of API version 1 takes or gives anything of this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from desktop_app.api.sweeps import SweepState, Trial


class RunStatus(StrEnum):
    """A run's or a rank's state, in Azure ML's words."""

    NOT_STARTED = "NotStarted"
    QUEUED = "Queued"
    PREPARING = "Preparing"
    RUNNING = "Running"
    FINALIZING = "Finalizing"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCEL_REQUESTED = "CancelRequested"
    CANCELED = "Canceled"
    UNKNOWN = "Unknown"


TERMINAL = frozenset({RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELED})
"""The states that a run does not leave. Unknown is none of them: the run may well go on."""


class PhaseName(StrEnum):
    """The phases of a run, in their order."""

    PREPARING = "Preparing"
    QUEUED = "Queued"
    RUNNING = "Running"
    FINALIZING = "Finalizing"


@dataclass(frozen=True, slots=True)
class Phase:
    """A phase that began; `ended` is None while it lasts."""

    name: PhaseName
    started: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class RankState:
    """One process of a run. `exit_code` is negative for a signal, as in `subprocess`."""

    rank: int
    local_rank: int
    node: int
    status: RunStatus
    pid: int | None = None
    exit_code: int | None = None
    started: datetime | None = None
    ended: datetime | None = None
    log: str = ""
    role: str = "worker"


@dataclass(frozen=True, slots=True)
class FirstFailure:
    """The rank that fell first, when, with what code; `text` is the last line of its log's traceback, if any.

    `drill` says, where a fault drill came before, what that had done: the cause is known then.
    """

    rank: int
    at: datetime
    exit_code: int
    text: str = ""
    log_line: int | None = None
    drill: str = ""


@dataclass(frozen=True, slots=True)
class Drill:
    """A fault drill that was done: `ranks` are those it hit, `text` says what was done (`rank 1 was killed`)."""

    kind: str
    at: datetime
    text: str
    rank: int | None = None
    node: int | None = None
    ranks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricPoint:
    """One value of one metric. `time` is in seconds since the epoch."""

    name: str
    value: float
    step: int
    time: float
    rank: int | None = None


@dataclass(frozen=True, slots=True)
class ResourcePoint:
    """One sample of one rank with its children: CPU in per cent of one core, memory and GPU memory in bytes.

    `gpu` is the utilisation of its GPUs in per cent; None where there is no GPU.
    """

    rank: int
    time: float
    cpu: float
    memory: int
    gpu: float | None = None
    gpu_memory: int | None = None


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """A run as it was at one moment.

    `handle` names the run for good (`local://r-20261121-7f3k`); `run` is its short name. `reason` says in one
    sentence why the state is what it is, where that needs saying (failed, canceled, unknown). `metrics` maps
    a name to its last (value, step). `launched` is how many ranks its launchers (processes of the role agent)
    start, where they are launchers and that is known. `drills` are the fault drills done to it, in order. `plan`
    is the folder-relative path of the plan that was submitted. `outside` says of a failed run that neither the job nor
    what it started is at fault, but the world around (a full disk). `launcher_logs` are the logs of mpirun and its
    like, relative to the run's folder. `sweep` says of a sweep how far it is, `trial` of one of its trials which it is.
    `from_bundle` says of a run that was opened from a bundle, or from logs alone, where and when those were: nothing of
    it runs here.
    """

    handle: str
    run: str
    backend: str
    status: RunStatus
    display_name: str
    experiment: str
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    exit_code: int | None = None
    nodes: int = 1
    processes_per_node: int = 1
    framework: str = ""
    phases: tuple[Phase, ...] = ()
    ranks: tuple[RankState, ...] = ()
    first_failure: FirstFailure | None = None
    reason: str = ""
    metrics: Mapping[str, tuple[float, int]] = field(default_factory=dict)
    outputs: str = ""
    folder: str = ""
    source: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    launched: int | None = None
    drills: tuple[Drill, ...] = ()
    outside: bool = False
    launcher_logs: tuple[str, ...] = ()
    sweep: SweepState | None = None
    trial: Trial | None = None
    from_bundle: str = ""

    @property
    def is_over(self) -> bool:
        """Whether the run reached a state that it does not leave, as far as this machine will ever know."""
        return self.status in TERMINAL or bool(self.from_bundle)
