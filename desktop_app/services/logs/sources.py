"""A run's logs: one of each rank, then those of its launchers, which are no ranks but have a number here as well."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from desktop_app.api import RunSnapshot
from desktop_app.services.logs.merge import LogSource

FIRST_LAUNCHER = 1 << 20
"""The number of the first launcher's log among those of ranks, of which no run has so many."""


@dataclass(frozen=True, slots=True)
class NamedLog:
    """A log by its `path` relative to the run's folder; `label` says whose it is, `name` only where a launcher's."""

    number: int
    path: str
    label: str
    name: str = ""


def logs_of(run: RunSnapshot) -> Iterator[NamedLog]:
    """Yield the logs of the ranks, then of the launchers; what did not start has a place for them already."""
    for each in sorted(run.ranks, key=lambda each: each.rank):
        log = each.log or f"user_logs/std_log_process_{each.rank}.txt"
        yield NamedLog(each.rank, log, str(each.rank))
    for number, log in enumerate(run.launcher_logs, FIRST_LAUNCHER):
        yield NamedLog(number, log, PurePosixPath(log).stem, PurePosixPath(log).stem)


def log_sources(run: RunSnapshot) -> Iterator[LogSource]:
    """Yield each log with its clock."""
    folder = Path(run.folder)
    for each in logs_of(run):
        yield LogSource(each.number, folder / each.path, folder / "clock" / f"{each.label}.bin", each.name)


def log_names(sources: Sequence[LogSource]) -> Mapping[int, str]:
    """Return what each log is called where several are shown: the rank's number, or the launcher's name."""
    return {each.rank: each.name or str(each.rank) for each in sources}
