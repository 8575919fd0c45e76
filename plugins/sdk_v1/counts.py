"""v1's counts as v2's: processes per node where v1 said the total, workers and parameter servers with their nodes."""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.api import Distribution

from .words import V1

_TYPES = {"Mpi": "mpi", "Nccl": "pytorch", "Gloo": "pytorch", "ParameterServer": "tensorflow"}


@dataclass(frozen=True, slots=True)
class Counts:
    """Nodes and processes as v2 counts them; `uneven` where the total can't be shared out evenly."""

    nodes: int
    per_node: int
    uneven: bool = False


def counts_of(v1: V1) -> Counts:
    """Return nodes and processes per node."""
    nodes, total = v1.count("node_count") or 1, v1.count("process_count")
    per_node = v1.count("process_count_per_node")
    if per_node is None and total is not None:
        return Counts(nodes, -(-total // nodes), total % nodes != 0)
    return Counts(nodes, per_node or 1)


def kind_of(v1: V1) -> str:
    """Return the distribution's type in v2, empty for a job without."""
    return _TYPES.get(v1.text("distributed_training"), "")


def distribution_of(v1: V1, *, launched: bool) -> Distribution | None:
    """Return the job's distribution; with a launcher in the command there is one process per node."""
    kind = "pytorch" if launched else kind_of(v1)
    if not kind:
        return None
    if kind == "tensorflow":
        servers = max(0, int(v1.count("parameter_server_count") or 0))
        return Distribution(kind, worker_count=v1.count("worker_count") or 1, parameter_server_count=servers)
    return Distribution(kind, process_count_per_instance=1 if launched else counts_of(v1).per_node)
