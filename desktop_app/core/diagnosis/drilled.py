"""Which fault drill a run failed of: what was done to it on purpose is no riddle, in the window and on a terminal."""

from __future__ import annotations

from datetime import timedelta

from desktop_app.api import Drill, DrillKind, RunSnapshot

_STANDING = (DrillKind.STOP, DrillKind.NODE)
_SLACK = timedelta(seconds=1)
"""Times in run.json are rounded."""


def drill_before(run: RunSnapshot) -> Drill | None:
    """Return the last drill that hit the first rank to fall, or any rank, as the supervisor tells it."""
    fallen = run.first_failure
    if fallen is None or not fallen.drill:
        return None
    faults = [each for each in run.drills if each.kind != DrillKind.RESUME and each.at <= fallen.at + _SLACK]
    hits = [each for each in faults if fallen.rank in each.ranks] or faults
    return hits[-1] if hits else None


def drill_behind(run: RunSnapshot) -> Drill | None:
    """Return the drill that a run failed of; None where none came before, or all that stood still was resumed since.

    Nothing resumes what was killed.
    """
    drill = drill_before(run)
    return None if drill is not None and drill.kind in _STANDING and not _stands(run, drill) else drill


def drill_at_the_end(run: RunSnapshot) -> Drill | None:
    """Return the last drill that made ranks stand still, where any of them was not resumed since."""
    return next((each for each in reversed(run.drills) if each.kind in _STANDING and _stands(run, each)), None)


def _stands(run: RunSnapshot, drill: Drill) -> bool:
    later = [each for each in run.drills if each.kind == DrillKind.RESUME and each.at > drill.at]
    resumed = {rank for each in later for rank in each.ranks}
    return bool(set(drill.ranks) - resumed) and all(each.ranks for each in later)
