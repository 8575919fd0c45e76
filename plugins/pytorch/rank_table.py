"""What every rank of a PyTorch job sees on Azure ML: the service's own six variables, or those of its launcher.

Sources: Azure ML, "Distributed GPU training guide" (the six variables and port 6105); PyTorch 2.13,
torch/distributed/elastic/agent/server/local_elastic_agent.py (what torchrun sets for each of its workers).
"""

from __future__ import annotations

from desktop_app.api import Host, Job, RankRow, RankTable, Topology, VmSize

from .launch import MOST_RANKS, is_pytorch, rank_variables
from .launchers import Launcher, find_launcher

MASTER = Host(shell=(), master_address="node-0", master_port=6105)
"""Where the ranks of a job meet on Azure ML; the address is known there only."""
FREE_PORT = "a free port"


def table(job: Job, size: VmSize | None, first: int, count: int) -> RankTable | None:
    """Return the ranks from `first` on, at most `count` of them, or None for a job of another kind."""
    if not is_pytorch(job):
        return None
    launcher = find_launcher(job.command)
    topology = job.topology if launcher is None else _launched(job, launcher, size)
    if topology.nodes < 1 or not 0 < topology.world_size <= MOST_RANKS:
        return RankTable(topology)
    last = min(first + count, topology.world_size)
    rows = tuple(_row(topology, launcher, size, rank) for rank in range(first, last))
    return RankTable(topology, rows, _says(job, launcher, size) if launcher else "")


def _row(topology: Topology, launcher: Launcher | None, size: VmSize | None, rank: int) -> RankRow:
    node, local = divmod(rank, topology.processes_per_node)
    variables = rank_variables(MASTER, topology.world_size, (rank, node, local))
    if launcher is not None:
        variables = {**variables, **_from_torchrun(topology, launcher, rank)}
    gpu = str(local) if size is not None and local < size.gpus else ""
    return RankRow(rank, node, local, name=str(rank), short=str(rank), gpu=gpu, environment=variables)


def _from_torchrun(topology: Topology, launcher: Launcher, rank: int) -> dict[str, str]:
    """Return what the launcher sets beside, or in place of, what Azure ML set for the launcher itself."""
    own = {
        "LOCAL_WORLD_SIZE": str(topology.processes_per_node),
        "GROUP_RANK": str(rank // topology.processes_per_node),
        "GROUP_WORLD_SIZE": str(topology.nodes),
        "ROLE_RANK": str(rank),
        "ROLE_WORLD_SIZE": str(topology.world_size),
    }
    return {**own, "MASTER_PORT": FREE_PORT} if _finds_port(launcher) else own


def _finds_port(launcher: Launcher) -> bool:
    """Whether the port of rank 0 is looked for when the nodes meet, and not given by whoever starts them."""
    return launcher.has_rendezvous or "standalone" in launcher.options


def _launched(job: Job, launcher: Launcher, size: VmSize | None) -> Topology:
    """Return the ranks that the launchers make: `gpu` and `auto` mean one for each GPU of a node."""
    per_node = launcher.processes_per_node
    if per_node is None:
        per_node = int(size.gpus) if size is not None and _counts_gpus(launcher) and size.gpus >= 1 else 1
    return Topology(job.topology.nodes, per_node)


def _counts_gpus(launcher: Launcher) -> bool:
    return launcher.options.get("nproc-per-node") in ("gpu", "auto")


def _says(job: Job, launcher: Launcher, size: VmSize | None) -> str:
    nodes = job.topology.nodes
    each = f"on each of {nodes} nodes" if nodes != 1 else "once"
    told = f"Azure ML starts {launcher.name} {each}, and {launcher.name} starts these ranks."
    if launcher.has_rendezvous and nodes > 1:
        told += " Which node gets which of them is settled when the nodes meet."
    if launcher.processes_per_node is not None:
        return told
    given = launcher.options.get("nproc-per-node", "")
    if not _counts_gpus(launcher):
        return f"{told} How many it starts, {given}, is known on the node only: one is shown."
    if size is None or size.gpus < 1:
        return f"{told} How many it starts, {given}, depends on the node's GPUs: name an instance_type to see them all."
    return f"{told} {size.name} has {int(size.gpus)} GPUs."
