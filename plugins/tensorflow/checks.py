"""Checks a TensorFlow job: how its command starts, and words that mean nothing to it; counts are checked of any job.

Sources: Azure ML, YAML reference of the command job and distributed GPU training guide: the command starts once on
every node, and TF_CONFIG is set for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from desktop_app.api import Diagnostic, Fix, Job, simple_commands
from desktop_app.api.kit import warning

from .tasks import cluster_of, is_tensorflow

PER_NODE = "distribution.process_count_per_instance"
_LAUNCHERS = {
    "torchrun": "pytorch", "mpirun": "mpi", "mpiexec": "mpi", "horovodrun": "mpi", "torch.distributed.run": "pytorch",
    "torch.distributed.launch": "pytorch",
}  # fmt: skip


def check(job: Job) -> Iterator[Diagnostic]:
    """Yield what is wrong with a TensorFlow job; nothing for a job of another kind."""
    if not is_tensorflow(job) or job.distribution is None:
        return
    yield from _launchers(job)
    if job.distribution.process_count_per_instance is not None:
        message = (
            "process_count_per_instance means nothing to type tensorflow, which starts a task on each node: "
            "write worker_count."
        )
        yield warning("tensorflow-per-node", message, PER_NODE, fix=Fix("Remove it", unset=(PER_NODE,)))
    if "TF_CONFIG" in job.environment_variables:
        path = "environment_variables.TF_CONFIG"
        message = "TF_CONFIG is set for each task when the job starts; a fixed value here keeps tasks apart: remove it."
        yield warning("rank-variable-fixed", message, path, fix=Fix("Remove TF_CONFIG", unset=(path,)))
    yield from _coordinator(job)


def _launchers(job: Job) -> Iterator[Diagnostic]:
    for words in simple_commands(job.command):
        name = next((_name(each) for each in words if _name(each) in _LAUNCHERS), "")
        if name:
            message = (
                f"Type tensorflow starts the command once on each node, and {name} starts ranks of another kind: call "
                f"python, or use type {_LAUNCHERS[name]}."
            )
            yield warning("launcher-of-another-kind", message, "command")
            return


def _name(word: str) -> str:
    return PurePosixPath(word).name


def _coordinator(job: Job) -> Iterator[Diagnostic]:
    cluster = cluster_of(job)
    if cluster is not None and cluster.servers and cluster.workers == 1:
        message = (
            "With parameter servers TensorFlow 2 makes the first worker the coordinator, and one worker leaves none to "
            "compute: write at least 2."
        )
        yield warning("no-worker-left", message, "distribution.worker_count")
