"""The table of a Ray job's processes as Azure ML starts them: a head or worker on every node, the command by the head.

What Azure ML documents of it is a sentence for each key; which variables it sets is not documented, so none is shown.
"""

from __future__ import annotations

from desktop_app.api import Job, RankRow, RankTable, Topology, VmSize

from .cluster import AZURE_PORT, is_ray

MOST_NODES = 4096
"""More nodes than this are a slip of the pen; there is no row for them."""


def table(job: Job, size: VmSize | None, first: int, count: int) -> RankTable | None:
    """Return the processes from number `first` on, at most `count`; None for a job of another kind."""
    if not is_ray(job):
        return None
    nodes = job.topology.nodes
    if not 0 < nodes <= MOST_NODES:
        return RankTable(Topology(nodes, 1))
    gpus = _gpus(size.gpus if size is not None else 0)
    numbers = range(max(0, first), min(nodes + 1, first + count))
    return RankTable(Topology(nodes, 1), tuple(_row(each, gpus) for each in numbers), _says(job))


def _row(number: int, gpus: str) -> RankRow:
    if number < 2:
        name = short = "head" if number else "driver"
        return RankRow(number, 0, number, name, short, gpus if number else "")
    return RankRow(number, number - 1, 0, f"worker {number - 2}", f"w{number - 2}", gpus)


def _gpus(count: int) -> str:
    """Return a node's GPUs, which Ray hands out to its tasks itself."""
    return "" if count < 1 else "0" if count == 1 else f"0–{count - 1}"


def _says(job: Job) -> str:
    port = (job.distribution.extra.get("port") if job.distribution else None) or AZURE_PORT
    return (
        f"Azure ML starts Ray's head on node 0 at port {port}, a worker on every other node, and the command beside "
        'the head; it documents no variables for them, so connect with ray.init(address="auto").'
    )
