"""What a wizard that goes on from a job file may know: the job, its text, its script, and what it logged before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TypeAlias

from desktop_app.api import Job, RunSnapshot
from desktop_app.core.commands import scripts_in
from desktop_app.documents.job_document import read_job

_LARGEST = 1_000_000

FindMetrics: TypeAlias = Callable[[Path], tuple[str, ...]]
"""Returns the names of the metrics that runs of a job file logged, the last run's first."""


@dataclass(frozen=True, slots=True)
class JobLook:
    """A job file as it is: its job (None where it holds none), its text, and its script relative to the folder."""

    job: Job | None = None
    text: str = ""
    script: str = ""


class JobLooks:
    """Looks at job files; at one that did not change, once."""

    def __init__(self) -> None:
        self._seen: tuple[tuple[Path, int, int], JobLook] | None = None

    def look(self, folder: Path, name: object) -> JobLook:
        """Return what the job file `name`, relative to `folder`, holds; what can't be read holds nothing."""
        if not isinstance(name, str) or not name.strip():
            return JobLook()
        path = folder / name.strip()
        try:
            facts = path.stat()
            key = (path, facts.st_mtime_ns, facts.st_size)
            if self._seen is None or self._seen[0] != key:
                text = path.read_text("utf-8-sig", "replace") if facts.st_size < _LARGEST else ""
                self._seen = (key, _looked(PurePosixPath(name.strip()).parent, text, path))
        except (OSError, ValueError):
            return JobLook()
        return self._seen[1]


def _looked(parent: PurePosixPath, text: str, path: Path) -> JobLook:
    job = read_job(text, path).job
    scripts = scripts_in(job.command) if job is not None else ()
    if job is None or not scripts or "://" in (job.code or ""):
        return JobLook(job, text)
    return JobLook(job, text, (parent / (job.code or ".") / scripts[0]).as_posix())


def logged_by(runs: Mapping[str, RunSnapshot]) -> FindMetrics:
    """Return what finds, among these runs, the metrics that those of a job file logged."""

    def find(path: Path) -> tuple[str, ...]:
        mine = sorted(_of_file(runs.values(), path), key=lambda run: run.created, reverse=True)
        return tuple(dict.fromkeys(name for run in mine for name in run.metrics))

    return find


def _of_file(runs: Iterable[RunSnapshot], path: Path) -> Iterable[RunSnapshot]:
    wanted = {str(path), str(path.resolve())}
    return (run for run in runs if run.source in wanted and run.metrics)
