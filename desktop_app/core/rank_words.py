"""How many ranks there are, in words: the same in the window, on the command line and in a plan's facts."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import ProcessSpec, RankState, RunSnapshot, Topology


def ranks(run: RunSnapshot) -> str:
    """Return nodes × processes per node, and the ranks they make; or how many launchers make the ranks."""
    if launches(run.ranks):
        return launchers_text(len(run.ranks), run.launched)
    total = run.nodes * run.processes_per_node
    return ranks_text(total) if run.nodes == 1 else f"{run.nodes} × {run.processes_per_node} = {ranks_text(total)}"


def count_of_ranks(run: RunSnapshot) -> int:
    """Return how many ranks a run has, as far as that is known: that of its launchers where they count themselves."""
    if launches(run.ranks):
        return len(run.ranks) if run.launched is None else run.launched
    return run.nodes * run.processes_per_node


def launches(processes: Sequence[RankState | ProcessSpec]) -> bool:
    """Whether the processes are launchers, such as torchrun, which start the ranks themselves."""
    return bool(processes) and all(each.role == "agent" for each in processes)


def launchers_text(count: int, started: int | None) -> str:
    """Return `2 launchers (4 ranks)`; without the ranks where it is not known how many they start."""
    launchers = "1 launcher" if count == 1 else f"{count} launchers"
    return launchers if started is None else f"{launchers} ({ranks_text(started)})"


def shape_text(topology: Topology) -> str:
    """Return `2 nodes × 4 processes = 8 ranks`."""
    nodes, processes = topology.nodes, topology.processes_per_node
    each = "1 process" if processes == 1 else f"{processes} processes"
    return f"{'1 node' if nodes == 1 else f'{nodes} nodes'} × {each} = {ranks_text(topology.world_size)}"


def ranks_text(count: int) -> str:
    """Return `1 rank` or `4 ranks`."""
    return "1 rank" if count == 1 else f"{count} ranks"
