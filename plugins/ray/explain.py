"""Explains failed Ray runs by what Ray's processes and the driver say."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from desktop_app.api import Explanation, FailureReport, Fix, Job
from desktop_app.api.kit import explain_by, load_knowledge

from .cluster import is_ray

_RAISED, _DIED = "ray-task-raised", "ray-actor-died"
_WRAPPER = "RayTaskError"
_KNOWLEDGE = Path(__file__).parent / "knowledge"


def explain(report: FailureReport) -> tuple[Explanation, ...]:
    """Return what is known in the logs, causes first, the surest of them before the others."""
    if not report.is_foreign and not is_ray(report.job):
        return ()
    found = explain_by(load_knowledge(_KNOWLEDGE), report, {"more-shared-memory": _more_shared_memory})
    found = tuple(_as_known(each, report) for each in found if not _is_wrapper(each))
    return tuple(sorted(found, key=lambda each: (each.is_echo, each.is_symptom, -each.certainty)))


def _is_wrapper(explanation: Explanation) -> bool:
    """Whether only the wrapper is shown of what a task raised: its traceback is read better as any other."""
    return explanation.code == _RAISED and _WRAPPER in explanation.line


def _as_known(explanation: Explanation, report: FailureReport) -> Explanation:
    """Of logs from elsewhere the end of an actor is a symptom: Ray says that its process is gone, and lists reasons."""
    is_symptom = report.is_foreign and explanation.code == _DIED
    return replace(explanation, is_symptom=True) if is_symptom else explanation


def _more_shared_memory(job: Job) -> Fix | None:
    """Return a fix for a job that asks for none, and so gets what is usual, which is little."""
    if job.resources.shm_size:
        return None
    return Fix("Ask for 16 GB of shared memory", {"resources.shm_size": "16g"})
