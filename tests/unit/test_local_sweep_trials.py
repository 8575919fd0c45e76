"""What a sweep says of trials of which none came to an end by itself."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_app.api import RunStatus
from desktop_app.backends.local.sweep_trials import LiveTrial, lost, none_finished

LIMIT = "The time limit of 4 s (limits.trial_timeout) was reached."
CUT = (RunStatus.CANCELED, LIMIT)
ASKED = (RunStatus.CANCELED, "Somebody asked.")
FAILED = (RunStatus.FAILED, "Rank 0 failed with exit code 1.")
DONE = (RunStatus.COMPLETED, "")


def trials(*ends: tuple[RunStatus, str], stopped: bool = False) -> list[LiveTrial]:
    """Return trials that ended so."""
    made = [LiveTrial(number, f"r_{number}", {}, stopped=stopped) for number in range(len(ends))]
    for each, (status, reason) in zip(made, ends, strict=True):
        each.snapshot = replace(lost(each), status=status, reason=reason)
    return made


@pytest.mark.parametrize(
    ("ends", "limit", "said"),
    [
        ((CUT,), 4, "The only trial was ended by limits.trial_timeout (4 s) before it logged loss: give limits.trial_"),
        ((CUT, CUT), None, "All 2 trials were ended by limits.trial_timeout before they logged loss: give limits.tri"),
        ((CUT, FAILED), 4, "No trial finished: 1 was ended by limits.trial_timeout (4 s) before it logged loss, 1 fa"),
        ((ASKED, ASKED), 4, "No trial finished: 2 were canceled."),
        ((ASKED, FAILED), 4, "No trial finished: 1 was canceled, 1 failed."),
    ],
)
def test_why_no_trial_finished(ends: tuple[tuple[RunStatus, str], ...], limit: int | None, said: str) -> None:
    assert none_finished("loss", trials(*ends), limit).startswith(said)


def test_a_trial_that_finished_or_that_the_policy_ended_speaks_for_the_sweep() -> None:
    assert none_finished("loss", trials(CUT, DONE), 4) == ""
    assert none_finished("loss", [*trials(CUT), *trials(CUT, stopped=True)], 4) == ""
    assert none_finished("loss", [], 4) == ""
    assert none_finished("loss", [LiveTrial(0, "r_0", {})], 4) == ""
