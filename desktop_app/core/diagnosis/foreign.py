"""Judges logs of which there is no run: nothing is known of exit codes, and at times not even whose each log is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desktop_app.api import Explanation
from desktop_app.core.diagnosis.model import Diagnosis, Verdict


def judged_logs(found: Sequence[Explanation], logs: Mapping[int, str]) -> Diagnosis:
    """Return what explanations of logs mean together; `logs` are the logs by number."""
    causes = [each for each in found if not each.is_echo and not each.is_symptom]
    cause = max(causes, key=lambda each: each.certainty, default=None)
    verdict = Verdict.CAUSE if cause is not None else Verdict.SYMPTOMS_ONLY if found else Verdict.NOTHING
    return Diagnosis(verdict, cause, tuple(found))
