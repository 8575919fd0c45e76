"""What every process of a job will see on Azure ML, as rows to show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop_app.api.jobs import Topology


@dataclass(frozen=True, slots=True)
class RankRow:
    """One process as Azure ML starts it.

    `name` is what a person calls it (`3`, `worker 0`, `ps 1`, `head`), `short` the same for a small cell (`w0`);
    `gpu` is the GPU of its node that is its own (`0`), several of them (`0–3`), or empty where it has none or that is
    not known. `environment` holds the variables that tell it its place, as Azure ML sets them.
    """

    rank: int
    node: int
    local_rank: int
    name: str
    short: str = ""
    gpu: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RankTable:
    """A job's processes: nodes × processes per node, and the rows that were asked for.

    `says` is one sentence where the table needs one, such as who starts the ranks.
    """

    topology: Topology
    rows: tuple[RankRow, ...] = ()
    says: str = ""
