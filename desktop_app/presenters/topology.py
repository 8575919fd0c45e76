"""Nodes and ranks as a picture: where every box and cell lies, worked out without drawing any of them.

All nodes are of one size, so a place is arithmetic: a picture of 100,000 ranks costs what it shows, not what it has.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from desktop_app.api import Job, Topology
from desktop_app.core.commands import launcher_in

CELL_SIZES = (44, 36, 28, 22, 16, 11, 7)
"""Sides of a cell in pixels, the largest that fits is taken; numbers fit into cells of `READABLE` and more."""
READABLE = 22
GAP = 7
NODE_GAP = 26
TITLE = 19
MOST_RANKS = 1_000_000
"""More than that is a slip of the finger, and is not drawn."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle, in pixels."""

    x: float
    y: float
    width: float
    height: float

    def holds(self, x: float, y: float) -> bool:
        """Whether a point lies inside."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


@dataclass(frozen=True, slots=True)
class TopologyLayout:
    """Where things lie for one topology in one width."""

    topology: Topology
    cell: int
    gap: int
    across: int  # cells beside each other in a node
    nodes_across: int
    scale: float = 1  # of the letters: they have to fit

    @property
    def title(self) -> float:
        """The height of a node's title."""
        return TITLE * self.scale

    @property
    def node_width(self) -> float:
        """The width of a node's cells together, at least enough for its title."""
        return max(self.across * (self.cell + self.gap) - self.gap, 52 * self.scale)

    @property
    def node_height(self) -> float:
        """The height of a node with its title."""
        rows = math.ceil(self.topology.processes_per_node / self.across)
        return self.title + rows * (self.cell + self.gap) - self.gap

    @property
    def node_gap(self) -> float:
        """The space between nodes."""
        return NODE_GAP if self.has_numbers else NODE_GAP / 2

    @property
    def height(self) -> float:
        """The height of the whole picture."""
        rows = math.ceil(self.topology.nodes / self.nodes_across)
        return rows * (self.node_height + self.node_gap) - self.node_gap

    @property
    def has_numbers(self) -> bool:
        """Whether a rank's number fits into its cell."""
        return self.cell >= READABLE * self.scale

    def node(self, index: int) -> Box:
        """Return where a node lies, with its title."""
        row, column = divmod(index, self.nodes_across)
        x, y = column * (self.node_width + self.node_gap), row * (self.node_height + self.node_gap)
        return Box(x, y, self.node_width, self.node_height)

    def rank(self, index: int) -> Box:
        """Return where a rank's cell lies."""
        node, local = divmod(index, self.topology.processes_per_node)
        row, column = divmod(local, self.across)
        box, step = self.node(node), self.cell + self.gap
        return Box(box.x + column * step, box.y + self.title + row * step, self.cell, self.cell)

    def nodes_between(self, top: float, bottom: float) -> range:
        """Return the nodes of which something is seen between two heights."""
        step = self.node_height + self.node_gap
        first = max(0, int(top // step)) * self.nodes_across
        last = (max(0, int(bottom // step)) + 1) * self.nodes_across
        return range(min(first, self.topology.nodes), min(last, self.topology.nodes))

    def ranks_between(self, node: int, top: float, bottom: float) -> Iterator[int]:
        """Yield the ranks of a node of which something is seen between two heights."""
        step, start = self.cell + self.gap, self.node(node).y + self.title
        per_node = self.topology.processes_per_node
        first = max(0, int((top - start) // step)) * self.across
        last = (max(-1, int((bottom - start) // step)) + 1) * self.across
        yield from range(node * per_node + min(first, per_node), node * per_node + min(last, per_node))

    def rank_at(self, x: float, y: float) -> int | None:
        """Return the rank whose cell holds a point."""
        for node in self.nodes_between(y, y):
            if self.node(node).holds(x, y):
                found = (each for each in self.ranks_between(node, y, y) if self.rank(each).holds(x, y))
                return next(found, None)
        return None


def lay_out(topology: Topology, width: float, height: float, scale: float = 1) -> TopologyLayout:
    """Return the layout with the largest cells whose picture fits, and the smallest there are where none does."""
    layout = _with_cell(topology, width, CELL_SIZES[0], scale)
    for cell in CELL_SIZES:
        layout = _with_cell(topology, width, cell, scale)
        if layout.height <= height:
            break
    return layout


def _with_cell(topology: Topology, width: float, side: int, scale: float) -> TopologyLayout:
    cell, gap = round(side * scale), GAP if side >= READABLE else 3
    fits = max(1, int((width + gap) // (cell + gap)))
    across = min(topology.processes_per_node, fits, _widest(topology.processes_per_node))
    one = TopologyLayout(topology, cell, gap, max(1, across), 1, scale)
    nodes_across = max(1, int((width + one.node_gap) // (one.node_width + one.node_gap)))
    return TopologyLayout(topology, cell, gap, max(1, across), nodes_across, scale)


def _widest(processes: int) -> int:
    """Return how many cells of a node stand beside each other at most: 8 as on a node of 8 GPUs, more in large ones."""
    return 8 if processes <= 16 else max(16, math.ceil(math.sqrt(processes)))


def drawable(topology: Topology) -> bool:
    """Whether there is a picture: counts are sane."""
    return topology.nodes >= 1 and topology.processes_per_node >= 1 and topology.world_size <= MOST_RANKS


def ranks_of(job: Job) -> Topology:
    """Return the ranks that a job ends up with: a launcher such as torchrun starts its own on each node."""
    launcher = launcher_in(job.command)
    per_node = launcher.nproc_per_node if launcher else None
    return Topology(job.topology.nodes, per_node) if isinstance(per_node, int) else job.topology


def describe(topology: Topology) -> str:
    """Return the picture in words."""
    nodes, per_node = topology.nodes, topology.processes_per_node
    each = f"{nodes} nodes with {_processes(per_node)} each" if nodes != 1 else f"1 node with {_processes(per_node)}"
    return f"{each}: {topology.world_size} {'rank' if topology.world_size == 1 else 'ranks'}"


def _processes(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"
