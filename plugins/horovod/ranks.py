"""Says what every rank of an MPI job sees, on Azure ML as under any Open MPI.

Sources: Azure ML, "Distributed GPU training guide": type mpi runs mpirun, and a rank finds its place in
OMPI_COMM_WORLD_*; Open MPI 4.1, mpirun(1), "Exported environment variables". The node rank counts the processes of a
node over all jobs of one mpirun, which has one: it equals the local rank, and is no number of a node.
"""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.api import Job, RankRow, RankTable, Topology, VmSize

MOST_RANKS = 4096
"""More processes than this are a slip of the pen; no plan is made for them, and no row."""

SAYS = "mpirun starts the ranks, node by node; a rank's number within its node picks its GPU."


def is_mpi(job: Job) -> bool:
    """Whether Azure ML would start this job's processes with mpirun."""
    return job.distribution is not None and job.distribution.type.strip().lower() == "mpi"


def table(job: Job, size: VmSize | None, first: int, count: int) -> RankTable | None:
    """Return the rows from rank `first` on, at most `count`; None for a job of another kind."""
    if not is_mpi(job):
        return None
    topology = job.topology
    if topology.nodes < 1 or not 0 < topology.world_size <= MOST_RANKS:
        return RankTable(topology)
    gpus = size.gpus if size is not None else 0
    return RankTable(topology, tuple(_row(topology, each, gpus) for each in _places(topology, first, count)), SAYS)


def variables(topology: Topology, place: tuple[int, int, int]) -> dict[str, str]:
    """Return what mpirun sets for the rank at (rank, node, local rank)."""
    rank, _, local_rank = place
    return {
        "OMPI_COMM_WORLD_SIZE": str(topology.world_size),
        "OMPI_COMM_WORLD_RANK": str(rank),
        "OMPI_COMM_WORLD_LOCAL_SIZE": str(topology.processes_per_node),
        "OMPI_COMM_WORLD_LOCAL_RANK": str(local_rank),
        "OMPI_COMM_WORLD_NODE_RANK": str(local_rank),
    }


def _places(topology: Topology, first: int, count: int) -> Iterator[tuple[int, int, int]]:
    """Yield the places of the ranks wanted, and look at no others."""
    per_node = topology.processes_per_node
    for rank in range(max(0, first), min(topology.world_size, first + count)):
        yield rank, rank // per_node, rank % per_node


def _row(topology: Topology, place: tuple[int, int, int], gpus: int) -> RankRow:
    rank, node, local_rank = place
    gpu = str(local_rank) if local_rank < gpus else ""
    return RankRow(rank, node, local_rank, str(rank), gpu=gpu, environment=variables(topology, place))
