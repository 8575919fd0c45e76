"""What is said of fault drills: which there are for a live run, what each asks first, what was done; without Qt."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from desktop_app.api import DrillKind, DrillOrder, RankState, RunSnapshot, RunStatus


@dataclass(frozen=True, slots=True)
class DrillChoice:
    """An entry of the menu: `question` and `text` are asked first, `yes` does it."""

    title: str
    question: str
    text: str
    yes: str
    order: DrillOrder


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
    """Return the drills of a run that goes on: for the rank that was picked (else the last that lives) and its node."""
    alive = [each for each in run.ranks if each.ended is None]
    if run.status is not RunStatus.RUNNING or not alive:
        return ()
    return tuple(_choices(run, next((each for each in alive if each.rank == picked), alive[-1])))


def _choices(run: RunSnapshot, rank: RankState) -> Iterator[DrillChoice]:
    for kind, (verb, text) in _RANK.items():
        yield _choice(f"{verb} rank {rank.rank}", text, DrillOrder(kind, rank=rank.rank))
    for kind, (verb, text) in _NODE.items():
        yield _choice(f"{verb} node {rank.node}", text, DrillOrder(kind, node=rank.node))
    if any(each.kind in (DrillKind.STOP, DrillKind.NODE) for each in run.drills):
        yield _choice("Resume all that stand still", "They go on where they were.", DrillOrder(DrillKind.RESUME))


def _choice(deed: str, text: str, order: DrillOrder) -> DrillChoice:
    return DrillChoice(deed, f"{deed}?", text, deed, order)


def drills_said(run: RunSnapshot) -> str:
    """Return what was last done to a run in a sentence, empty where nothing was."""
    if not run.drills:
        return ""
    last = run.drills[-1]
    more = f" It was the last of {len(run.drills)} drills." if len(run.drills) > 1 else ""
    return f"A drill: {last.text} at {last.at.astimezone():%H:%M:%S}.{more}"
