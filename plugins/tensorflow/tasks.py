"""The tasks of a TensorFlow job: parameter servers and workers, one on each node, and the TF_CONFIG of each.

Source: Azure ML, "Distributed GPU training guide" (TensorFlow) and the command job's YAML reference: `worker_count` is
by default the number of nodes, a node runs at most one parameter server, and TF_CONFIG is the one variable that is set.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from desktop_app.api import Job

WORKER, SERVER = "worker", "ps"
MOST_TASKS = 4096
"""More tasks than this are a slip of the pen; no plan is made for them (the rules for all jobs say so)."""


@dataclass(frozen=True, slots=True)
class Task:
    """A process: `number` counts through all tasks, parameter servers first, and is its node too."""

    number: int
    kind: str
    index: int


@dataclass(frozen=True, slots=True)
class Cluster:
    """How many parameter servers and workers there are; Azure ML gives the servers the first hosts."""

    servers: int
    workers: int

    @property
    def size(self) -> int:
        """The number of tasks, which is the number of nodes they need."""
        return self.servers + self.workers

    def tasks(self, first: int = 0, count: int | None = None) -> Iterator[Task]:
        """Yield the tasks from number `first` on, at most `count` of them."""
        end = self.size if count is None else min(self.size, first + count)
        for number in range(first, end):
            is_server = number < self.servers
            yield Task(number, SERVER if is_server else WORKER, number if is_server else number - self.servers)

    def configs(self, tasks: Iterable[Task], address: Callable[[int], str]) -> Iterator[tuple[Task, str]]:
        """Yield tasks with their TF_CONFIG; what all share, as long as the cluster, is made once and not for each."""
        addresses = [address(number) for number in range(self.size)]
        cluster = {SERVER: addresses[: self.servers]} if self.servers else {}
        cluster[WORKER] = addresses[self.servers :]
        shared = _json({"cluster": cluster})[:-1]
        for task in tasks:
            own = _json({"task": {"type": task.kind, "index": task.index}, "environment": "cloud"})[1:]
            yield task, f"{shared},{own}"


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def is_tensorflow(job: Job) -> bool:
    """Whether Azure ML would start this job's processes for TensorFlow."""
    return job.distribution is not None and job.distribution.type.strip().lower() == "tensorflow"


def cluster_of(job: Job) -> Cluster | None:
    """Return the tasks that the job's counts mean; None for another kind of job, and for counts that mean none."""
    if not is_tensorflow(job) or job.distribution is None:
        return None
    nodes = job.topology.nodes
    servers = job.distribution.parameter_server_count or 0
    workers = job.distribution.worker_count
    cluster = Cluster(servers, nodes - servers if workers is None else workers)
    return cluster if servers >= 0 and cluster.workers > 0 and cluster.size <= MOST_TASKS else None
