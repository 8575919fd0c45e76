"""The ranks' cells of a run of which nobody tells how single ranks ended: as its logs have them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from desktop_app.api import UNKNOWN_RANKS, RankState, RunSnapshot, RunStatus
from desktop_app.core.diagnosis.model import Diagnosis, Part

_AS = {
    Part.CAUSE: RunStatus.FAILED,
    Part.OWN: RunStatus.FAILED,
    Part.SYMPTOM: RunStatus.CANCELED,
    Part.ECHO: RunStatus.CANCELED,
    Part.STOPPED: RunStatus.CANCELED,
    Part.FINISHED: RunStatus.COMPLETED,
}


def cells_of(run: RunSnapshot, known: Diagnosis) -> tuple[Sequence[RankState], int | None]:
    """Return the ranks as they are shown, and the one that fell first, None where that is not known.

    A cloud says of all ranks what it says of the run, and logs alone say nothing of states.
    """
    if run.first_failure is not None:
        return run.ranks, run.first_failure.rank
    if not run.is_over or any(each.exit_code is not None for each in run.ranks):
        return run.ranks, None
    states = {each.rank: _AS[each.part] for each in known.falls if each.part in _AS}
    ranks = tuple(replace(each, status=states[each.rank]) if each.rank in states else each for each in run.ranks)
    guilty = known.rank if known.cause is not None and known.rank in states else None
    return ranks, guilty if guilty is not None and guilty < UNKNOWN_RANKS else None
