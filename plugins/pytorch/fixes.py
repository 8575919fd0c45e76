"""Changes of the job file that mend a failed PyTorch run; each is None where the job has nothing to mend."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from desktop_app.api import Fix, Job, Value

_SHARED_MEMORY = "16g"


def with_ranks(job: Job) -> Fix | None:
    """Return a fix for a job that asks for no processes of PyTorch."""
    if job.distribution is not None and job.distribution.type.lower() == "pytorch":
        return None
    count = job.topology.processes_per_node
    title = "Start the ranks the PyTorch way" if job.distribution else f"Start {count} rank on each node"
    sets: dict[str, Value] = {"distribution.type": "pytorch", "distribution.process_count_per_instance": count}
    others = ("worker_count", "parameter_server_count")
    gone = tuple(f"distribution.{each}" for each in others if getattr(job.distribution, each, None) is not None)
    return Fix(title, sets, gone)


def free_port(job: Job) -> Fix | None:
    """Return a fix that leaves the choice of the port to whoever starts the ranks."""
    if "MASTER_PORT" not in job.environment_variables:
        return None
    return Fix("Remove MASTER_PORT", unset=("environment_variables.MASTER_PORT",))


def more_shared_memory(job: Job) -> Fix | None:
    """Return a fix that asks for more shared memory than the job has."""
    if job.resources.shm_size == _SHARED_MEMORY:
        return None
    return Fix("Ask for 16 GB of shared memory", {"resources.shm_size": _SHARED_MEMORY})


FIXES: Mapping[str, Callable[[Job], Fix | None]] = {
    "with-ranks": with_ranks,
    "free-port": free_port,
    "more-shared-memory": more_shared_memory,
}
