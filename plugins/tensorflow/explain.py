"""Explains the end of a TensorFlow run from the lines in its logs that are known, causes before echoes."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from desktop_app.api import Explanation, FailureReport, Fix, Job
from desktop_app.api.kit import explain_by, load_knowledge

from .strategies import ALONE, MIRRORED
from .tasks import cluster_of

_KNOWLEDGE = Path(__file__).parent / "knowledge"
_OVERWRITES = re.compile(r"^(.+): The script overwrites TF_CONFIG\b")
_OF_WORKERS = frozenset({"peer-silent", "peers-silent", "task-restarted", "peer-not-there"})
"""What speaks of a worker by its index, which is not its rank where parameter servers come first."""
_OF_FILES = frozenset({"checkpoint", "missing-file", "permission"})
"""What goes wrong with files that several machines write at once."""
_SURE = 0.6
"""The least certainty of a cause beside which a task's echoes need not be told."""


def explain(report: FailureReport) -> tuple[Explanation, ...]:
    """Return what is known in the logs: of each rank its causes, and its echoes where nothing else is known of it."""
    distribution = report.job.distribution
    if not report.is_foreign and distribution is not None and distribution.type.lower() == "pytorch":
        return ()
    found = list(_meant(report))
    sure = {each.rank for each in found if not (each.is_echo or each.is_symptom) and each.certainty >= _SURE}
    if not report.is_foreign:  # a log from elsewhere may be one of many tasks
        found = [each for each in found if each.rank not in sure or not (each.is_echo or each.is_symptom)]
    return tuple(sorted(found, key=lambda each: (each.is_echo, each.is_symptom, each.rank != report.first_rank)))


def _meant(report: FailureReport) -> Iterator[Explanation]:
    for each in explain_by(load_knowledge(_KNOWLEDGE), report, {"as-tensorflow": _as_tensorflow}):
        if each.rank is not None and report.exit_codes.get(each.rank) == 0:
            continue  # the last words of one that ended well mean nothing
        if each.code == "port-in-use":
            yield _of_its_own_making(each, report)
        elif each.category in _OF_FILES and not (each.is_echo or each.is_symptom):
            yield _of_machines_apart(each, report)
        elif each.code in _OF_WORKERS and each.about is not None:
            yield dataclasses.replace(each, about=each.about + _servers(report))
        else:
            yield each


def _servers(report: FailureReport) -> int:
    cluster = None if report.is_foreign else cluster_of(report.job)
    return 0 if cluster is None else cluster.servers


def _as_tensorflow(job: Job) -> Fix | None:
    """Return a fix for a job that gets no TF_CONFIG."""
    if job.distribution is not None and job.distribution.type.lower() == "tensorflow":
        return None
    gone = ("distribution.process_count_per_instance",) if job.distribution else ()
    return Fix("Start the tasks the TensorFlow way", {"distribution.type": "tensorflow"}, gone)


def _of_machines_apart(cause: Explanation, report: FailureReport) -> Explanation:
    """Return what is wrong with a file, and that every machine writes it, where the plan saw that each trains alone."""
    seen = next((each for each in report.findings if each.code == ALONE), None)
    if seen is None:
        return cause
    where = seen.message.partition(": ")[0]
    said = (
        f"Each machine trains a model of its own here, and writes the same files ({where}): take "
        f"tf.distribute.{MIRRORED}, and let the chief alone write."
    )
    return dataclasses.replace(cause, advice=(*cause.advice, said))


def _of_its_own_making(taken: Explanation, report: FailureReport) -> Explanation:
    """Return what a taken port means: where the plan saw the script overwrite TF_CONFIG, that is the likelier cause."""
    seen = next(filter(None, (_OVERWRITES.match(each.message) for each in report.findings)), None)
    if seen is None:
        return taken
    return dataclasses.replace(
        taken,
        code="tf-config-overwritten",
        category="tf-config",
        cause=f"The script overwrites TF_CONFIG ({seen[1]}), so this task wanted a port that is not its own.",
        advice=("Leave TF_CONFIG as it is set for each task, or use os.environ.setdefault.", taken.cause),
    )
