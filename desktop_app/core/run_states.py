"""A run's states: which may follow which, and how a new report joins what was known."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TypeVar

from desktop_app.api import TERMINAL, Phase, RankState, RunSnapshot, RunStatus

T = TypeVar("T")
S = RunStatus

_AFTER_RUNNING = frozenset({S.FINALIZING, S.COMPLETED, S.FAILED, S.CANCEL_REQUESTED, S.CANCELED, S.UNKNOWN})
_AFTER_WAITING = _AFTER_RUNNING | {S.RUNNING}
TRANSITIONS: Mapping[RunStatus, frozenset[RunStatus]] = MappingProxyType({
    S.NOT_STARTED: _AFTER_WAITING | {S.PREPARING, S.QUEUED},
    S.PREPARING: _AFTER_WAITING | {S.QUEUED},
    # A queued run goes back to preparing where a node that was promised is lost before it starts.
    S.QUEUED: _AFTER_WAITING | {S.PREPARING},
    # A preempted run is queued anew: Azure ML, "low-priority VMs".
    S.RUNNING: _AFTER_RUNNING | {S.QUEUED, S.PREPARING},
    S.FINALIZING: _AFTER_RUNNING - {S.FINALIZING},
    # A run may end by itself before the request reaches it.
    S.CANCEL_REQUESTED: frozenset({S.CANCELED, S.COMPLETED, S.FAILED, S.FINALIZING, S.UNKNOWN}),
    S.UNKNOWN: frozenset(S) - {S.UNKNOWN},
    S.COMPLETED: frozenset(),
    S.FAILED: frozenset(),
    S.CANCELED: frozenset(),
})  # fmt: skip
"""The states that may follow a state, Azure ML's and ours alike; a state may always be reported again."""


def is_allowed(old: RunStatus, new: RunStatus) -> bool:
    """Whether a run in the state `old` may be in the state `new` when it is seen next."""
    return old is new or new in TRANSITIONS[old]


def merge(old: RunSnapshot, new: RunSnapshot) -> RunSnapshot:
    """Return what is known of a run after the report `new`.

    A state that the run can't go back to is a late report: the old state and its times stay. Unknown, and a report
    that leaves out what was known before, lose no fact: phases, ranks, metrics and times are kept.
    """
    if not is_allowed(old.status, new.status):
        return _completed(old, new)
    if new.status is S.UNKNOWN:
        reason = new.reason or old.reason
        return dataclasses.replace(_completed(old, new), status=S.UNKNOWN, reason=reason)
    return _completed(new, old)


def unknown(snapshot: RunSnapshot, reason: str, last_good: datetime | None) -> RunSnapshot:
    """Return the snapshot of a run that can't be asked: all facts stay, and it is said since when they are old."""
    if snapshot.is_over:
        return snapshot
    since = f" Last seen {_words(last_good)}." if last_good else ""
    return dataclasses.replace(snapshot, status=S.UNKNOWN, reason=f"{reason}{since}")


def _words(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} {time.tzname() or ''}".rstrip()


def _completed(main: RunSnapshot, other: RunSnapshot) -> RunSnapshot:
    """Return `main` with what only `other` knows."""
    return dataclasses.replace(
        main,
        started=_first(main.started, other.started),
        ended=_first(main.ended, other.ended if other.is_over == main.is_over else None),
        exit_code=main.exit_code if main.exit_code is not None or not main.is_over else other.exit_code,
        framework=main.framework or other.framework,
        phases=_phases(main.phases, other.phases),
        ranks=_ranks(main.ranks, other.ranks),
        first_failure=_first(main.first_failure, other.first_failure),
        metrics={**other.metrics, **main.metrics},
        outputs=main.outputs or other.outputs,
        folder=main.folder or other.folder,
        source=main.source or other.source,
        tags=main.tags or other.tags,
    )


def _first(one: T | None, other: T | None) -> T | None:
    return other if one is None else one


def _phases(main: Iterable[Phase], other: Iterable[Phase]) -> tuple[Phase, ...]:
    """Return the phases of both in the order they began; a preempted run may have one of them twice."""
    found = {(each.name, each.started): each for each in other}
    for each in main:
        before = found.get((each.name, each.started))
        found[each.name, each.started] = before if before and before.ended and not each.ended else each
    return tuple(sorted(found.values(), key=lambda each: each.started))


def _ranks(main: Iterable[RankState], other: Iterable[RankState]) -> tuple[RankState, ...]:
    known = {each.rank: each for each in other}
    ranks = {**known, **{each.rank: _rank(each, known.get(each.rank)) for each in main}}
    return tuple(ranks[rank] for rank in sorted(ranks))


def _rank(main: RankState, other: RankState | None) -> RankState:
    if other is None or main.status in TERMINAL or _is_anew(main, other):
        return main
    return other if other.status in TERMINAL else main


def _is_anew(main: RankState, other: RankState) -> bool:
    """Whether the rank was started again, as after a preemption."""
    return main.started is not None and other.started is not None and main.started > other.started
