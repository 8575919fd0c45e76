"""Judges logs of which there is no run: nothing is known of exit codes, and at times not even whose each log is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desktop_app.api import Explanation
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.diagnosis.own import own_explanations


def judged_logs(found: Sequence[Explanation], logs: Mapping[int, str]) -> Diagnosis:
    """Return what explanations of logs mean together with what the logs say beyond them; `logs` go by number."""
    return judged([*found, *own_explanations(found, logs)], None, logs)
