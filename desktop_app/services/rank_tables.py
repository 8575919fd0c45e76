"""What every process of a job will see on Azure ML: asked of the plugins, with the VM size from the catalogue."""

from __future__ import annotations

import json
from collections.abc import Sequence

from desktop_app.api import Job, RankRow, RankTable, Topology
from desktop_app.services.catalogues import vm_size
from desktop_app.services.plugins import PluginHost

PAGE = 64
"""How many rows are asked for at a time: a job may have thousands, and a screen shows a few dozen."""

LONGEST = 20
"""A variable with a longer value, such as TF_CONFIG, gets no column of its own."""


def rank_table(plugins: PluginHost, job: Job, first: int = 0, count: int = PAGE) -> RankTable:
    """Return the rows from rank `first` on, at most `count`; of a job that no plugin knows, what the file says."""
    found = plugins.rank_table(job, vm_size(job.resources.instance_type), first, count)
    return _plain(job, first, count) if found is None else found


def total_of(table: RankTable, first: int, count: int) -> int:
    """Return how many processes there are in all, from a table of which `count` rows were asked for from `first` on.

    Roles need not fill every node evenly, so the last rows tell better than nodes × processes per node.
    """
    end = first + len(table.rows)
    return end if table.rows and len(table.rows) < count else max(table.topology.world_size, end)


def columns_of(rows: Sequence[RankRow]) -> tuple[str, ...]:
    """Return the variables that deserve a column: those of the rows whose values are short, as the rows order them."""
    names = dict.fromkeys(name for row in rows for name in row.environment)
    return tuple(each for each in names if max(len(row.environment.get(each, "")) for row in rows) <= LONGEST)


def pretty(value: str) -> str:
    """Return a variable's value to read: JSON, such as TF_CONFIG, with a line for each part; others as they are."""
    if not value.startswith(("{", "[")):
        return value
    try:
        return json.dumps(json.loads(value), indent=2, ensure_ascii=False)
    except ValueError:
        return value


def _plain(job: Job, first: int, count: int) -> RankTable:
    if job.distribution is None:
        says = "The job names no distribution: Azure ML starts its command once, with no variables for ranks."
        return RankTable(Topology(), _plain_rows(Topology(), first, count), says)
    says = f"No plugin that is switched on knows what a {job.distribution.type} job's processes will see."
    return RankTable(job.topology, _plain_rows(job.topology, first, count), says)


def _plain_rows(topology: Topology, first: int, count: int) -> tuple[RankRow, ...]:
    if topology.nodes < 1 or topology.processes_per_node < 1:
        return ()
    places = (divmod(rank, topology.processes_per_node) for rank in range(topology.world_size)[first : first + count])
    return tuple(
        RankRow(rank, node, local, name=str(rank), short=str(rank)) for rank, (node, local) in enumerate(places, first)
    )
