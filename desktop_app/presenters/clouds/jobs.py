"""The jobs of a workspace, whoever sent them: as a table that grows while one scrolls, filtered by what is typed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from desktop_app.api import JobPage, WorkspaceJob
from desktop_app.core.words import plural

HEADERS = ("Job", "State", "Kind", "Created by", "Created", "Compute", "Experiment")
_KINDS = {"automl": "AutoML", "finetuning": "fine-tuning", "": "job"}
_OLDEST = datetime.min.replace(tzinfo=UTC)


def cells(job: WorkspaceJob, state: str, created: str) -> tuple[str, ...]:
    """Return a job's cells, in the order of `HEADERS`; `state` and `created` are said by the window."""
    return (
        job.display_name, state, _KINDS.get(job.kind, job.kind), job.created_by or "–", created or "–",
        job.compute or "–", job.experiment,
    )  # fmt: skip


def tip(job: WorkspaceJob, known: Collection[str]) -> str:
    """Return what else there is to say of a job."""
    return f"{job.run}, among your runs" if job.handle in known else job.run


def found(jobs: Iterable[WorkspaceJob], typed: str) -> list[WorkspaceJob]:
    """Return the jobs that hold every typed word."""
    wanted = typed.lower().split()
    return [each for each in jobs if all(word in _searched(each) for word in wanted)]


def _searched(job: WorkspaceJob) -> str:
    parts = (job.display_name, job.run, job.kind, str(job.status), job.created_by, job.compute, job.experiment)
    return " ".join(parts).lower()


def grown(known: Sequence[WorkspaceJob], page: JobPage) -> tuple[WorkspaceJob, ...]:
    """Return the jobs with those of the next page, each once: new ones at the top shift those that follow."""
    there = {each.handle for each in known}
    return (*known, *(each for each in page.jobs if each.handle not in there))


def renewed(known: Sequence[WorkspaceJob], page: JobPage) -> tuple[WorkspaceJob, ...] | None:
    """Return the jobs with what the first page says of now; None where that is all, or ends before what is known.

    What is known of the time that the page spans, and is not on it, was deleted.
    """
    new = {each.handle for each in page.jobs}
    if not page.after or not new.intersection(each.handle for each in known):
        return None
    last = min((each.created or _OLDEST for each in page.jobs), default=_OLDEST)
    rest = [each for each in known if each.handle not in new and (each.created or _OLDEST) < last]
    return (*page.jobs, *rest)


def summary(loaded: int, shown: int, typed: str, *, has_more: bool) -> str:
    """Return what the line below the table says."""
    if typed.strip():
        looked = f"{shown:,} of the {'newest ' if has_more else ''}{loaded:,} jobs"
        return f"{looked}; older ones were not looked through yet." if has_more else f"{looked}."
    return f"The newest {plural(loaded, 'job')}; more come as you scroll." if has_more else plural(loaded, "job") + "."
