"""What a run's page says: heading, phases, which actions make sense; without Qt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from desktop_app.api import PhaseName, RankState, RunSnapshot, RunStatus
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.rank_words import names_of
from desktop_app.core.words import spoken_duration
from desktop_app.presenters.clouds.run_files import was_never_sent
from desktop_app.presenters.run_words import exit_words, framework_title, is_logs_alone
from desktop_app.services.logs import sources
from desktop_app.services.logs.merge import LogSource
from desktop_app.services.logs.sources import logs_of

NONE = "–"
PATIENCE = 15.0
"""Seconds in which nobody wonders why a log is empty."""
MOMENT = 0.1
"""Seconds: what took less is but a moment."""


@dataclass(frozen=True, slots=True)
class PhaseView:
    """A part of the timeline: `status` gives icon and colour, `part` its share of the time (0 to 1)."""

    name: str
    status: RunStatus
    word: str
    duration: str
    seconds: float
    happened: bool
    lasts: bool

    @property
    def is_moment(self) -> bool:
        """Whether it was over at once: a bar as wide as its name would tell of time that it never took."""
        return self.happened and not self.lasts and self.seconds < MOMENT


_PHASE_STATUS = {
    PhaseName.PREPARING: RunStatus.PREPARING,
    PhaseName.QUEUED: RunStatus.QUEUED,
    PhaseName.RUNNING: RunStatus.RUNNING,
    PhaseName.FINALIZING: RunStatus.FINALIZING,
}


def phases_of(run: RunSnapshot, now: datetime) -> tuple[PhaseView, ...]:
    """Return the four phases in their order, also those that did not begin."""
    return tuple(_phase(run, name, now) for name in PhaseName)


def _phase(run: RunSnapshot, name: PhaseName, now: datetime) -> PhaseView:
    mine = [each for each in run.phases if each.name is name]
    if not mine:
        word = "did not happen" if run.is_over else "to come"
        return PhaseView(name.value, RunStatus.NOT_STARTED, word, NONE, 0.0, happened=False, lasts=False)
    seconds = sum(((each.ended or run.ended or now) - each.started).total_seconds() for each in mine)
    seconds = max(0.0, seconds)
    lasts = mine[-1].ended is None and not run.is_over
    last = name is _broken_phase(run)
    status = run.status if last else _PHASE_STATUS[name]
    word = run.status.value.lower() if last else "now" if lasts else "done"
    took = spoken_duration(seconds) if lasts or seconds >= MOMENT else f"< {spoken_duration(MOMENT)}"
    return PhaseView(name.value, status, word, took, seconds, happened=True, lasts=lasts)


def _broken_phase(run: RunSnapshot) -> PhaseName | None:
    """Return the phase that a run broke off in. What follows a failure or a cancel (Finalizing) is in good order."""
    if not run.is_over or run.status is RunStatus.COMPLETED:
        return None
    fallen = run.first_failure
    began = [each.name for each in run.phases if fallen is None or each.started <= fallen.at]
    if fallen is None and run.status is RunStatus.CANCELED and PhaseName.RUNNING in began:
        return PhaseName.RUNNING
    return began[-1] if began else None


def widths(phases: Sequence[PhaseView], total: float, gap: float, least: Sequence[float]) -> list[float]:
    """Return how wide each phase is drawn: by its share of the time, but never narrower than its text (`least`)."""
    free = total - gap * (len(phases) - 1)
    seconds = [each.seconds for each in phases]
    fixed = [False] * len(phases)
    while True:
        left = free - sum(width for width, known in zip(least, fixed, strict=True) if known)
        time = sum(each for each, known in zip(seconds, fixed, strict=True) if not known)
        shares = [
            width if known else left * each / time if time else 0.0
            for width, known, each in zip(least, fixed, seconds, strict=True)
        ]
        small = [i for i, known in enumerate(fixed) if not known and shares[i] < least[i]]
        if not small or all(fixed):
            return _spread(shares, free)
        for each in small:
            fixed[each] = True


def _spread(shares: list[float], free: float) -> list[float]:
    total = sum(shares)
    if total <= 0:
        return [free / len(shares)] * len(shares)
    return [each * free / total for each in shares]


@dataclass(frozen=True, slots=True)
class Actions:
    """Which actions make sense now."""

    cancel: bool
    again: bool
    clone: bool
    folder: bool
    download: bool
    remove: bool


def actions_of(run: RunSnapshot) -> Actions:
    """Return the actions that a run takes in its present state."""
    has_folder = bool(run.folder)
    over = run.is_over
    asked = run.status is RunStatus.CANCEL_REQUESTED
    return Actions(
        cancel=not over and not asked, again=has_folder and not run.from_bundle,
        clone=has_folder and not is_logs_alone(run), folder=has_folder,
        download=bool(run.outputs) and not was_never_sent(run) and not run.from_bundle, remove=over,
    )  # fmt: skip


def waiting_text(run: RunSnapshot, now: datetime) -> str:
    """Return what stands in an empty log of a run that goes on: what is waited for, once that takes a while."""
    began = next((each.started for each in run.phases if each.name is PhaseName.RUNNING), None)
    if began is None or (now - began).total_seconds() < PATIENCE:
        return "Nothing was written yet."
    starting = f"{framework_title(run.framework)} is starting" if run.framework else "The script is starting"
    return f"Nothing was written yet. {starting}: it runs since {began.astimezone():%H:%M:%S}."


def logs_told(run: RunSnapshot) -> tuple[object, ...]:
    """Return what tells which logs a run has: quick to learn and compare, as it is asked for whenever a run changes."""
    ranks = ((each.rank, each.log, each.role) for each in run.ranks)
    return (run.folder, run.framework, run.launcher_logs, *ranks) if run.folder else ()


def log_sources(run: RunSnapshot) -> tuple[LogSource, ...]:
    """Return the log and the clock of each rank, then of each launcher; none where the run has no folder here.

    A rank that the picture of ranks names by its role is named so here as well, with its number: `w1 (2)`.
    """
    if not run.folder:
        return ()
    names = {rank: f"{each.short} ({rank})" for rank, each in names_of(run.ranks, run.framework).items() if each.role}
    found = sources.log_sources(run)
    return tuple(replace(each, name=names[each.rank]) if each.rank in names else each for each in found)


def rank_tip(rank: RankState, *, first: bool, nodes: int) -> str:
    """Return what a rank's cell says when pointed at."""
    words = [f"Rank {rank.rank}: {rank.status.value}"]
    if first:
        words.append("first to fail")
    if rank.exit_code is not None and (rank.exit_code or first):
        words.append(exit_words(rank.exit_code))
    place = f"node {rank.node}, local rank {rank.local_rank}" if nodes > 1 else f"local rank {rank.local_rank}"
    words.append(place)
    if rank.pid is not None:
        words.append(f"process {rank.pid}")
    return " · ".join(words)


def log_of_cause(run: RunSnapshot, known: Diagnosis) -> int | None:
    """Return the number of the log that holds the cause, a rank's or a launcher's; None where that is not known."""
    place = known.place
    if place is not None:
        return next((each.number for each in logs_of(run) if each.path == place.file), None)
    return known.cause.rank if known.cause is not None else None
