"""How many processes a job means, and whether this machine can start so many."""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.api import Diagnostic, Host, Job, Severity, Topology
from desktop_app.core.rank_words import role_text

MOST_RANKS = 1000
_TASKS = "tensorflow"


def shape(job: Job) -> Topology:
    """Return nodes × processes per node; each task of a TensorFlow job has a node of its own."""
    distribution = job.distribution
    if distribution is None or distribution.type.strip().lower() != _TASKS:
        return job.topology
    servers, workers = distribution.parameter_server_count or 0, distribution.worker_count
    return Topology(job.topology.nodes if workers is None else servers + workers, 1)


def check_counts(job: Job, host: Host) -> Iterator[Diagnostic]:
    """Say which counts can't be, and which are too many for here."""
    for place, count, least in _counts(job):
        if count < least:
            message = f"{place} is {count}: it must be at least {least}."
            yield Diagnostic(Severity.ERROR, "process-count", message, place)
    world = shape(job).world_size
    said, place = _said(job)
    if world > MOST_RANKS:
        message = f"{said} are more than this machine is asked to start ({MOST_RANKS})."
        yield Diagnostic(Severity.ERROR, "process-count", message, place)
    elif world > host.cpu_count:
        message = f"{said} share {host.cpu_count} cores: the run will be slow here."
        yield Diagnostic(Severity.WARNING, "more-ranks-than-cores", message, place)


def _counts(job: Job) -> Iterator[tuple[str, int, int]]:
    """Yield each count's place, what it is, and its least."""
    yield "resources.instance_count", job.topology.nodes, 1
    distribution = job.distribution
    if distribution is None:
        return
    yield "distribution.process_count_per_instance", job.topology.processes_per_node, 1
    if distribution.type.strip().lower() == _TASKS:
        servers, workers = distribution.parameter_server_count or 0, distribution.worker_count
        yield "distribution.parameter_server_count", servers, 0
        yield "distribution.worker_count", job.topology.nodes - servers if workers is None else workers, 1


def _said(job: Job) -> tuple[str, str]:
    """Return the processes in words, and the place of the count that a person would change."""
    topology, distribution = job.topology, job.distribution
    if distribution is not None and distribution.type.strip().lower() == _TASKS:
        servers, total = distribution.parameter_server_count or 0, shape(job).world_size
        parts = f"{role_text('worker', total - servers)} + {role_text('ps', servers)} = " if servers else ""
        return f"{parts}{total} processes", "distribution.worker_count"
    place = "distribution.process_count_per_instance" if distribution else "resources.instance_count"
    return f"{topology.nodes} × {topology.processes_per_node} = {topology.world_size} processes", place
