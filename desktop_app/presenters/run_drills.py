"""What is said of fault drills: which there are for a live run, what each asks first, what was done; without Qt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from desktop_app.api import Drill, DrillKind, DrillOrder, RankState, RunSnapshot, RunStatus
from desktop_app.core.diagnosis.drilled import drill_before
from desktop_app.presenters.run_words import rank_called


@dataclass(frozen=True, slots=True)
class DrillChoice:
    """An entry of the menu: `question` and `text` are asked first, `yes` does it.

    Entries of one `group` (`Kill a rank`) are a menu of their own.
    """

    title: str
    question: str
    text: str
    yes: str
    order: DrillOrder
    group: str = ""


MOST = 32
"""Ranks that a menu lists."""
_DEEDS = {
    "kill": "killed {}",
    "stop": "stopped {}",
    "memory": "starved {} of memory",
    "disk": "filled the disk of {}",
    "evict": "evicted {}",
    "node": "cut off {}",
}
_RANK = {
    DrillKind.KILL: ("Kill", "It is ended at once, with all its processes. The others get to see what that does."),
    DrillKind.STOP: ("Stop", "It stands still until you resume it; the others wait for it, or run into a timeout."),
    DrillKind.MEMORY: ("Starve the memory of", "It gets no more memory than it has: the next big step of it fails."),
    DrillKind.DISK: ("Fill the disk of", "Its files can't grow any more, as on a full disk; your disk is not touched."),
}
_NODE = {
    DrillKind.EVICT: ("Evict", "Its ranks get SIGTERM, and 30 seconds later they are killed, as on a Spot machine."),
    DrillKind.NODE: ("Cut off", "Its ranks stand still, silent to the others, until you resume them."),
}


def drills_of(run: RunSnapshot, picked: int) -> tuple[DrillChoice, ...]:
    """Return the drills of a run that goes on: for the rank that was picked and its node, else for each that lives.

    Of very many ranks the first `MOST` are offered; the rest have to be picked.
    """
    alive = [each for each in run.ranks if each.ended is None]
    if run.status is not RunStatus.RUNNING or not alive:
        return ()
    return tuple(_choices(run, ([each for each in alive if each.rank == picked] or alive)[:MOST]))


def _choices(run: RunSnapshot, ranks: Sequence[RankState]) -> Iterator[DrillChoice]:
    nodes = sorted({each.node for each in ranks})
    for kind, (verb, text) in _RANK.items():
        for each in ranks:
            group = f"{verb} a rank" if len(ranks) > 1 else ""
            yield _choice(f"{verb} {rank_called(run, each.rank)}", text, DrillOrder(kind, rank=each.rank), group)
    for kind, (verb, text) in _NODE.items():
        for node in nodes:
            group = f"{verb} a node" if len(nodes) > 1 else ""
            yield _choice(f"{verb} node {node}", text, DrillOrder(kind, node=node), group)
    if any(each.kind in (DrillKind.STOP, DrillKind.NODE) for each in run.drills):
        yield _choice("Resume all that stand still", "They go on where they were.", DrillOrder(DrillKind.RESUME))


def _choice(deed: str, text: str, order: DrillOrder, group: str = "") -> DrillChoice:
    return DrillChoice(deed, f"{deed}?", text, deed, order, group)


def drills_said(run: RunSnapshot) -> str:
    """Return what was last done to a run in a sentence, empty where nothing was."""
    if not run.drills:
        return ""
    last = run.drills[-1]
    more = f" It was the last of {len(run.drills)} drills." if len(run.drills) > 1 else ""
    return f"A drill: {last.text} at {last.at.astimezone():%H:%M:%S}.{more}"


def drill_deed(drill: Drill, run: RunSnapshot) -> str:
    """Return who did what: `You killed it (drill) at 17:08:18.`"""
    fallen = run.first_failure
    hit = fallen is not None and fallen.rank in drill.ranks
    who = rank_called(run, drill.ranks[0]) if len(drill.ranks) == 1 else "several ranks"
    if drill.node is not None:
        who = f"node {drill.node}"
    elif hit and len(drill.ranks) == 1:
        who = "it"
    deed = _DEEDS.get(drill.kind, "did something to {}").format(who)
    return f"You {deed} (drill) at {drill.at.astimezone():%H:%M:%S}."


def drill_text(run: RunSnapshot) -> str:
    """Return what the drill before a run's failure did, and the local time of it; empty where there was none."""
    drill, fallen = drill_before(run), run.first_failure
    if drill is not None:
        return f"{drill.text} at {drill.at.astimezone():%H:%M:%S}"
    return fallen.drill.partition(" at ")[0] if fallen is not None else ""
