"""What the picture of ranks asks for: how many cells there are, and what stands in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from desktop_app.api import ProcessSpec, Topology
from desktop_app.core.rank_words import RankName, names_of, ranks_text, role_text
from desktop_app.presenters.topology import describe, drawable


@dataclass(frozen=True, slots=True)
class Mark:
    """One rank in the picture: `short` is written in its cell, `says` tells it in words; `role` is empty for a rank."""

    short: str
    says: str
    role: str = ""


class Cells(Protocol):
    """Ranks by their cells: cell `node * processes per node + place on it`."""

    @property
    def topology(self) -> Topology:
        """What is drawn: the nodes, and how many cells each has."""

    @property
    def total(self) -> int:
        """How many ranks there are."""

    @property
    def roles(self) -> Sequence[tuple[str, int]]:
        """The roles there are, each with how many have it (0: not counted); nothing where all are alike."""

    def mark(self, rank: int) -> Mark:
        """Return what stands in a rank's cell."""

    def cell_of(self, rank: int) -> int:
        """Return the cell of a rank."""

    def rank_in(self, cell: int) -> int | None:
        """Return the rank of a cell, None for one that is empty."""


def in_words(cells: Cells) -> str:
    """Return the picture in words."""
    if not cells.roles:
        return describe(cells.topology)
    nodes = cells.topology.nodes
    return f"{'1 node' if nodes == 1 else f'{nodes} nodes'}: {_roles_text(cells)}"


def _roles_text(cells: Cells) -> str:
    if not all(count for _role, count in cells.roles):
        return sum_text(cells)
    return ", ".join(role_text(role, count) for role, count in sorted(cells.roles, key=lambda each: -each[1]))


def sum_text(cells: Cells) -> str:
    """Return `8 ranks`, or `4 processes` where they differ in what they are."""
    if cells.roles:
        return "1 process" if cells.total == 1 else f"{cells.total} processes"
    return ranks_text(cells.total)


def place_text(name: str, rank: int, node: int, local_rank: int) -> str:
    """Return where a rank is, in words."""
    called = f"rank {rank}" if name == str(rank) else f"{name} (rank {rank})"
    return f"{called}: node {node}, local rank {local_rank}"


@dataclass(frozen=True, slots=True)
class PlainCells:
    """Ranks without roles, in their order: nothing is asked of anybody."""

    topology: Topology

    @property
    def total(self) -> int:
        """Nodes × processes per node; 0 for counts that make no sense."""
        return self.topology.world_size if drawable(self.topology) else 0

    @property
    def roles(self) -> Sequence[tuple[str, int]]:
        """None."""
        return ()

    def mark(self, rank: int) -> Mark:
        """Return a rank's number, and its place."""
        node, local = divmod(rank, self.topology.processes_per_node)
        return Mark(str(rank), place_text(str(rank), rank, node, local))

    def cell_of(self, rank: int) -> int:
        """Return the rank itself."""
        return rank

    def rank_in(self, cell: int) -> int | None:
        """Return the cell itself."""
        return cell if cell < self.total else None


class ListedCells:
    """Ranks that are all known: each stands on its node, wherever that is."""

    def __init__(self, places: Sequence[tuple[int, int, int]], names: Mapping[int, RankName]) -> None:
        """Take (rank, node, local rank) of each, and what it is called."""
        self._places = {rank: (node, local) for rank, node, local in places}
        self._names = names
        self.topology, self._cells = _placed(places)
        self._ranks = {cell: rank for rank, cell in self._cells.items()}
        counted = Counter(names[rank].role for rank, _node, _local in places)
        self.roles = tuple(counted.items()) if len(counted) > 1 or any(counted) else ()

    @property
    def total(self) -> int:
        """How many there are."""
        return len(self._places)

    def mark(self, rank: int) -> Mark:
        """Return a rank's short name, and its place."""
        name, (node, local) = self._names[rank], self._places[rank]
        return Mark(name.short, place_text(name.name, rank, node, local), name.role)

    def cell_of(self, rank: int) -> int:
        """Return the cell of a rank."""
        return self._cells[rank]

    def rank_in(self, cell: int) -> int | None:
        """Return the rank of a cell."""
        return self._ranks.get(cell)


def cells_of(processes: Sequence[ProcessSpec], framework: str = "") -> ListedCells:
    """Return the cells of a plan's processes."""
    return ListedCells([(each.rank, each.node, each.local_rank) for each in processes], names_of(processes, framework))


def _placed(places: Sequence[tuple[int, int, int]]) -> tuple[Topology, dict[int, int]]:
    """Return nodes with as many cells as the fullest has ranks, and the cell of each rank."""
    on_node = Counter(node for _rank, node, _local in places)
    nodes, widest = max(on_node, default=-1) + 1, max(on_node.values(), default=1)
    taken: Counter[int] = Counter()
    cells = {}
    for rank, node, _local in sorted(places):
        cells[rank] = node * widest + taken[node]
        taken[node] += 1
    return Topology(nodes, widest), cells
