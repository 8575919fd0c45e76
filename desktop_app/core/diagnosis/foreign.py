"""Judges logs of which there is no run: nothing is known of exit codes, and at times not even whose each log is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from desktop_app.api import Explanation
from desktop_app.core.diagnosis.ends import tells_of_end
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.diagnosis.own import ERROR_LINE, own_explanations

_OF_ENDS = frozenset({"signal", "stopped", "user-exception"})
"""Categories of reports that say how a process ended, and not why; of SIGKILL the reason is most often known."""
_SAYS_WHY = re.compile(r"what\(\):|terminate called|\b(?!CalledProcess|ChildFailed)\w+(?:Error|Exception)\b: \S")
_CRASH = "signal"


def judged_logs(found: Sequence[Explanation], logs: Mapping[int, str]) -> Diagnosis:
    """Return what explanations of logs mean together with what the logs say beyond them; `logs` go by number."""
    return judged([*found, *own_explanations(found, logs)], None, logs)


def judged_from_elsewhere(found: Sequence[Explanation], logs: Mapping[int, str]) -> Diagnosis:
    """Judge logs that may not be all there are: that a process ended is no cause, as long as nothing says why."""
    known = judged_logs(found, logs)
    if known.cause is None or not _says_only_how_it_ended(known.cause):
        return known
    return judged([_as_symptom(each) for each in known.all], None, logs)


def _as_symptom(explanation: Explanation) -> Explanation:
    return replace(explanation, is_symptom=True) if _says_only_how_it_ended(explanation) else explanation


def _says_only_how_it_ended(explanation: Explanation) -> bool:
    if explanation.certainty > WEAK or explanation.category not in _OF_ENDS or explanation.code == ERROR_LINE:
        return False
    ended = explanation.category == _CRASH or tells_of_end(explanation.line)
    return ended and _SAYS_WHY.search(explanation.line) is None
