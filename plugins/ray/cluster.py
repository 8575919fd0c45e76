"""Reads what a job file says of its Ray cluster.

Sources: azure-ai-ml 1.35, RayDistribution (an experimental class) and its schema; azure-rest-api-specs 42027 and 42127,
where Ray became a distribution of the service ("starts a Ray cluster on AmlCompute; port 6379 by default").
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from desktop_app.api import Distribution, Job, UserError

AZURE_PORT = 6379
HEAD_ARGUMENTS = "head_node_additional_args"
WORKER_ARGUMENTS = "worker_node_additional_args"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A Ray cluster as a job asks for it: its nodes, and further words for `ray start`."""

    nodes: int
    head_arguments: tuple[str, ...] = ()
    worker_arguments: tuple[str, ...] = ()


def is_ray(job: Job) -> bool:
    """Whether Azure ML would start a Ray cluster for this job."""
    return job.distribution is not None and job.distribution.type.strip().lower() == "ray"


def cluster_of(job: Job) -> Cluster:
    """Return the cluster; raises UserError for further arguments whose quotes don't match."""
    said = job.distribution or Distribution("ray")
    return Cluster(job.topology.nodes, words_of(said, HEAD_ARGUMENTS), words_of(said, WORKER_ARGUMENTS))


def words_of(said: Distribution, key: str) -> tuple[str, ...]:
    """Return further words for `ray start`; raises UserError where a quote is not closed."""
    text = str(said.extra.get(key) or "")
    try:
        return tuple(shlex.split(text))
    except ValueError:
        message = f"A quote in distribution.{key} is not closed: {text}"
        raise UserError(message, hint="Close the quote, or leave it out.") from None
