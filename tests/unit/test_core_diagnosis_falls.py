"""The part that each rank had in a failure."""

from __future__ import annotations

from desktop_app.api import Explanation
from desktop_app.core.diagnosis.falls import falls_of_logs
from desktop_app.core.diagnosis.model import Diagnosis, Part, Verdict

LINE = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x63 and 64x128)"


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
