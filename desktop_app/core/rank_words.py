"""How many ranks there are, in words: the same in the window, on the command line and in a plan's facts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from desktop_app.api import ProcessSpec, RankState, RunSnapshot, SweepState, Topology

ROLE_WORDS = {"ps": ("parameter server", "parameter servers")}
"""Roles whose word is not what a person says; others take an s where there are several."""
TASKS = "tensorflow"
_SHORT = {"worker": "w"}


@dataclass(frozen=True, slots=True)
class RankName:
    """What a rank is called: `worker 1`, and `w1` in a small cell; its number where all ranks are alike."""

    name: str
    short: str
    role: str = ""


def ranks(run: RunSnapshot) -> str:
    """Return nodes × processes per node, and the ranks they make; or how many launchers or roles there are."""
    if run.sweep is not None:
        return trials_text(run.sweep)
    if launches(run.ranks):
        return launchers_text(len(run.ranks), run.launched)
    if has_roles(each.role for each in run.ranks):
        return roles_text([each.role for each in run.ranks])
    total = run.nodes * run.processes_per_node
    return ranks_text(total) if run.nodes == 1 else f"{run.nodes} × {run.processes_per_node} = {ranks_text(total)}"


def trials_text(sweep: SweepState) -> str:
    """Return how many trials a sweep has begun, and of how many, where that is known: `3 of 8 trials`."""
    noun = "trial" if (sweep.total or sweep.started) == 1 else "trials"
    over = sweep.total is None or sweep.total == sweep.started
    return f"{sweep.started} {noun}" if over else f"{sweep.started} of {sweep.total} {noun}"


def count_of_ranks(run: RunSnapshot) -> int:
    """Return how many ranks a run has, as far as that is known: that of its launchers where they count themselves."""
    if launches(run.ranks):
        return len(run.ranks) if run.launched is None else run.launched
    if has_roles(each.role for each in run.ranks):
        return len(run.ranks)
    return run.nodes * run.processes_per_node


def launches(processes: Sequence[RankState | ProcessSpec]) -> bool:
    """Whether the processes are launchers, such as torchrun, which start the ranks themselves."""
    return bool(processes) and all(each.role == "agent" for each in processes)


def has_roles(roles: Iterable[str]) -> bool:
    """Whether ranks differ in what they are: a parameter server among workers, a head before them."""
    return len(set(roles)) > 1


def roles_text(roles: Sequence[str]) -> str:
    """Return `3 workers, 1 parameter server`: the most of a kind first."""
    return ", ".join(role_text(role, count) for role, count in Counter(roles).most_common())


def role_text(role: str, count: int) -> str:
    """Return `1 parameter server` or `3 workers`."""
    one, several = ROLE_WORDS.get(role, (role, f"{role}s"))
    return f"{count} {one if count == 1 else several}"


def names_of(processes: Sequence[RankState | ProcessSpec], framework: str = "") -> Mapping[int, RankName]:
    """Return what each rank is called: by its role where roles differ, numbered where a role has several.

    TensorFlow calls its processes workers even where there is nothing else, and so does TF_CONFIG.
    """
    are_tasks = framework == TASKS and len(processes) > 1 and not launches(processes)
    if not are_tasks and not has_roles(each.role for each in processes):
        return {each.rank: RankName(str(each.rank), str(each.rank)) for each in processes}
    many = Counter(each.role for each in processes)
    counted: Counter[str] = Counter()
    names: dict[int, RankName] = {}
    for each in sorted(processes, key=lambda each: each.rank):
        number = "" if many[each.role] == 1 and each.role in ("head", "chief", "driver") else str(counted[each.role])
        counted[each.role] += 1
        names[each.rank] = RankName(
            f"{each.role} {number}".strip(), f"{_SHORT.get(each.role, each.role)}{number}", each.role
        )
    return names


def ranks_by_role(run: RunSnapshot) -> Mapping[int, str]:
    """Return `w1 (rank 2)` for each rank where roles differ, nothing where a number says all."""
    if run.framework != TASKS and not has_roles(each.role for each in run.ranks):
        return {}  # quick: there may be thousands
    return {
        rank: f"{each.short} (rank {rank})" for rank, each in names_of(run.ranks, run.framework).items() if each.role
    }


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
