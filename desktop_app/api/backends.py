"""The seam behind which jobs run: this machine, a cloud, a cluster. Handles are one string with a scheme.

Provisional: no hook of API version 1 takes or gives anything of this module, and `contributes.backends` is but a list
of names. It is what the program's own backend is written against, and may change before plugins can bring backends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeAlias, runtime_checkable

if TYPE_CHECKING:
    from desktop_app.api.jobs import Job
    from desktop_app.api.plans import SubmissionPlan
    from desktop_app.api.runs import MetricPoint, ResourcePoint, RunSnapshot

Progress: TypeAlias = Callable[[str, float | None], None]
"""Called with what is being done and the part done (0 to 1), or None where that is not known."""


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file that goes along: `source` is absolute, `target` relative to the working copy; size in bytes."""

    source: str
    target: str
    size: int
    modified_ns: int = 0


@dataclass(frozen=True, slots=True)
class JobSource:
    """Where a job comes from: the file (None for one not saved yet) and the folder its paths are relative to.

    `text` is the job file as it is submitted, which differs from the file on disk where values were set for
    this one run or a text is not saved yet. `workspace` is the key of the workspace that a job in a cloud goes to;
    empty for the one in use.
    """

    path: Path | None
    folder: Path
    text: str = ""
    workspace: str = ""


class JobBackend(Protocol):
    """One place where jobs run. Every method may be called from the event loop's thread and must not block it."""

    @property
    def name(self) -> str:
        """The scheme of its handles: `local`."""

    @property
    def title(self) -> str:
        """What a person calls it: `This machine`."""

    async def plan(self, job: Job, source: JobSource) -> SubmissionPlan:
        """Work out what submitting would do, changing nothing; findings go into the plan's diagnostics."""

    async def submit(self, plan: SubmissionPlan, progress: Progress) -> str:
        """Start the plan and return the run's handle once it is certain that the run will be found again."""

    async def discover(self) -> Sequence[str]:
        """Return the handles of all runs that this backend can find by itself."""

    async def snapshots(self, handles: Iterable[str]) -> Mapping[str, RunSnapshot]:
        """Return the present state of each run, asked in one batch; what can't be found is left out."""

    async def cancel(self, handle: str) -> None:
        """Ask the run to end: SIGTERM, a grace period, SIGKILL. Returns when the request is recorded."""

    async def log_files(self, handle: str) -> Mapping[str, Path]:
        """Return a local file, which grows while the run lives, for each of the run's logs by its name."""

    async def metrics(self, handle: str) -> Sequence[MetricPoint]:
        """Return every metric point of the run; those of one source in the order of their arrival."""

    async def resources(self, handle: str) -> Sequence[ResourcePoint]:
        """Return the samples of every rank, in the order of their time."""

    async def remove(self, handle: str) -> None:
        """Forget a run that is over and delete its files."""


@runtime_checkable
class Looks(Protocol):
    """What a backend does beside `JobBackend` if logs lie elsewhere and are brought here; ask with `isinstance`."""

    async def look(self, handle: str) -> None:
        """Have the run's logs grow here for somebody who looks; called every few seconds as long as that is so.

        Raises OutsideError where nothing of them is here and they can't be had.
        """
