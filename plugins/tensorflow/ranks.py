"""The table of a TensorFlow job's tasks as Azure ML starts them: a task on each node, with its TF_CONFIG.

Source of the addresses: Azure ML, "Distributed GPU training guide" (TensorFlow), whose hosts are `host0:2222`.
"""

from __future__ import annotations

from desktop_app.api import Job, RankRow, RankTable, Topology, VmSize

from .tasks import SERVER, Cluster, Task, cluster_of, is_tensorflow

PORT = 2222


def table(job: Job, size: VmSize | None, first: int, count: int) -> RankTable | None:
    """Return the tasks from number `first` on, at most `count`; None for a job of another kind."""
    if not is_tensorflow(job):
        return None
    nodes = job.topology.nodes
    cluster = cluster_of(job)
    if cluster is None:
        return RankTable(Topology(nodes, 1))
    gpus = size.gpus if size is not None else 0
    configs = cluster.configs(cluster.tasks(first, count), lambda number: f"host{number}:{PORT}")
    rows = tuple(_row(task, config, gpus) for task, config in configs)
    return RankTable(Topology(max(nodes, cluster.size), 1), rows, _says(cluster, nodes))


def _row(task: Task, config: str, gpus: int) -> RankRow:
    return RankRow(
        rank=task.number,
        node=task.number,
        local_rank=0,
        name=f"{task.kind} {task.index}",
        short=f"{'ps' if task.kind == SERVER else 'w'}{task.index}",
        gpu=_gpus(gpus),
        environment={"TF_CONFIG": config},
    )


def _gpus(count: int) -> str:
    """Return a node's GPUs, all of which its one task sees."""
    return "" if count < 1 else "0" if count == 1 else f"0–{count - 1}"


def _says(cluster: Cluster, nodes: int) -> str:
    if cluster.size > nodes:
        return f"{cluster.size} tasks need {cluster.size} nodes, and the job asks for {nodes}."
    if cluster.size < nodes:
        return f"{nodes - cluster.size} of the {nodes} nodes would get no task."
    if cluster.servers:
        return "No task is named chief: the script makes worker 0 the coordinator."
    return ""
