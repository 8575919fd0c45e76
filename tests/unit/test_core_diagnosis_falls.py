"""The part that each rank had in a failure."""

from __future__ import annotations

import time

import pytest

from desktop_app.api import Explanation
from desktop_app.api._records import to_json
from desktop_app.cli.explained import diagnosis_lines
from desktop_app.core.diagnosis.falls import falls_of_logs
from desktop_app.core.diagnosis.model import Diagnosis, Part, Verdict

LINE = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x63 and 64x128)"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone can't be set here")
@pytest.mark.parametrize(
    ("stamps", "here", "told"),
    [
        (("2026-11-22 10:03:04", "2026-11-22 10:03:05"), "10:03:04", "2026-11-22T09:03:04Z"),
        (("2026-07-22 10:03:04", "2026-07-22 10:03:05"), "10:03:04", "2026-07-22T08:03:04Z"),
        (("2026-11-22T10:03:04Z", "2026-11-22T10:03:05Z"), "11:03:04", "2026-11-22T10:03:04Z"),
        (("2026-11-22 10:03:04", "2026-11-22T10:03:05Z"), "11:03:04", "2026-11-22T10:03:04Z"),
    ],
)
def test_a_time_without_a_zone_is_shown_as_its_line_has_it(
    stamps: tuple[str, str], here: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")  # Berlin's
    time.tzset()
    try:
        lines = [f"{each} KeyError: {rank}" for rank, each in enumerate(stamps)]
        found = [Explanation("raised", "So.", rank=rank, line=each, position=0) for rank, each in enumerate(lines)]
        known = falls_of_logs(Diagnosis(Verdict.CAUSE, found[0], tuple(found), rank=0), dict(enumerate(lines)))
        first, second = known.falls
        assert here in " ".join(text for _, text in diagnosis_lines(known))
        assert to_json(first)["at"] == told
        assert (first.rank, second.order) == (0, 1)
        assert first.at is not None
        assert second.at is not None
        assert (second.at - first.at).total_seconds() == 1
    finally:
        monkeypatch.undo()
        time.tzset()


def parts(*found: Explanation) -> list[tuple[int, Part]]:
    tails = {each.rank or 0: f"{each.line}\n" for each in found}
    known = falls_of_logs(Diagnosis(Verdict.CAUSE, found[0], found, rank=found[0].rank), tails)
    return [(each.rank, each.part) for each in known.falls]


def test_all_ranks_that_fell_with_the_very_error_are_the_cause_together() -> None:
    assert parts(
        Explanation("shapes", "They differ.", rank=1, line=f"[rank1]: {LINE}"),
        Explanation("shapes", "They differ.", rank=0, line=f"[rank0]: {LINE.replace('32', '16')}"),
    ) == [(0, Part.CAUSE), (1, Part.CAUSE)]


def test_another_error_of_the_same_kind_is_one_of_its_own() -> None:
    assert parts(
        Explanation("raised", "It raised.", rank=1, line="ValueError: no label"),
        Explanation("raised", "It raised.", rank=0, line="ValueError: no image"),
        Explanation("gone", "Another was gone.", rank=2, line="Connection closed", is_echo=True),
    ) == [(1, Part.CAUSE), (0, Part.OWN), (2, Part.ECHO)]


def test_a_launchers_report_in_the_log_that_it_shares_with_a_rank_is_no_error_of_that_rank() -> None:
    alone = parts(
        Explanation("raised", "It raised.", rank=0, line="KeyError: 'label'", about=1),
        Explanation("rank-failed", "A rank ended.", rank=0, line="failed (exitcode: 1) local_rank: 1", certainty=0.4),
    )
    assert alone == [(1, Part.CAUSE), (0, Part.SILENT)]
    assert parts(
        Explanation("raised", "It raised.", rank=0, line="[rank1]: KeyError: 'label'", about=1),
        Explanation("rank-failed", "A rank ended.", rank=0, line="failed (exitcode: 1) local_rank: 1", certainty=0.4),
        Explanation("gone", "Another was gone.", rank=0, line="[rank0]: Connection closed", is_echo=True),
    ) == [(1, Part.CAUSE), (0, Part.ECHO)]


def test_who_lost_a_rank_did_not_wait_in_vain_where_the_cause_is_known() -> None:
    cause = Explanation("shapes", "They differ.", rank=1, line=LINE, certainty=0.9)
    waited = Explanation("waited", "It waited.", rank=0, line="Timed out", is_symptom=True)
    lost = Explanation("gone", "Gone.", rank=0, line="Connection closed by peer", is_echo=True)
    assert parts(cause, waited, lost) == [(1, Part.CAUSE), (0, Part.ECHO)]
    assert parts(cause, waited) == [(1, Part.CAUSE), (0, Part.SYMPTOM)]
    other = Explanation("more", "It says more.", rank=0, line=LINE, certainty=0.9)
    same = Explanation("shapes", "They differ.", rank=0, line=LINE, certainty=0.9)
    assert parts(cause, other, same) == [(0, Part.CAUSE), (1, Part.CAUSE)], "the very same error comes first"
