"""Says which processes a PyTorch job means: a rank per process, or one launcher per node.

Source: Azure ML, "Distributed GPU training guide" (how-to-train-distributed-gpu.md): with `type: pytorch` the service
sets MASTER_ADDR, MASTER_PORT, NODE_RANK, WORLD_SIZE, RANK and LOCAL_RANK for every process, and no others.
"""

from __future__ import annotations

from desktop_app.api import Host, Job, ProcessSpec

from .launchers import find_launcher

RANK_VARIABLES = frozenset({"MASTER_ADDR", "MASTER_PORT", "RANK", "WORLD_SIZE", "LOCAL_RANK", "NODE_RANK"})

MOST_RANKS = 4096
"""More processes than this are a slip of the pen; no plan is made for them (`check_job` says so)."""


def processes(job: Job, host: Host) -> tuple[ProcessSpec, ...] | None:
    """Return every process of a PyTorch job by rank, or None for a job of another kind."""
    if not is_pytorch(job):
        return None
    topology = job.topology
    if not 0 < topology.world_size <= MOST_RANKS or topology.nodes < 1:
        return ()
    role = "agent" if find_launcher(job.command) else "worker"
    return tuple(_process(job, host, role, place) for place in topology.ranks())


def is_pytorch(job: Job) -> bool:
    """Whether Azure ML would start this job's processes for PyTorch."""
    return job.distribution is not None and job.distribution.type.strip().lower() == "pytorch"


def rank_variables(host: Host, world_size: int, place: tuple[int, int, int]) -> dict[str, str]:
    """Return the six variables that the rank at (rank, node, local rank) finds in its environment."""
    rank, node, local_rank = place
    return {
        "MASTER_ADDR": host.master_address,
        "MASTER_PORT": str(host.master_port),
        "NODE_RANK": str(node),
        "WORLD_SIZE": str(world_size),
        "RANK": str(rank),
        "LOCAL_RANK": str(local_rank),
    }


def _process(job: Job, host: Host, role: str, place: tuple[int, int, int]) -> ProcessSpec:
    rank, node, local_rank = place
    return ProcessSpec(
        rank=rank,
        local_rank=local_rank,
        node=node,
        argv=(*host.shell, job.command),
        environment=rank_variables(host, job.topology.world_size, place),
        role=role,
        log=f"user_logs/std_log_process_{rank}.txt",
    )
