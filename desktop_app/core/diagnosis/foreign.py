"""Judges logs of which there is no run: nothing is known of exit codes, and at times not even whose each log is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from desktop_app.api import Explanation
from desktop_app.api.failures import UNKNOWN_RANKS
from desktop_app.core.diagnosis.ends import tells_of_end
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.diagnosis.own import with_own
from desktop_app.core.diagnosis.reported import ERROR_LINE

_OF_ENDS = frozenset({"signal", "stopped", "user-exception"})
"""Categories of reports that say how a process ended, and not why; of SIGKILL the reason is most often known."""
_SAYS_WHY = re.compile(r"what\(\):|terminate called|\b(?!CalledProcess|ChildFailed)\w+(?:Error|Exception)\b: \S")
_CRASH = "signal"
_RUNNING = re.compile(r"\bPID \d+ RUNNING AT ")  # MPICH's table of the rank that ended
_KILLED_IN_WORDS = re.compile(r"kill|signal:? 9\b|oom|exitcode: -9|return code = -9", re.IGNORECASE)


def judged_logs(found: Sequence[Explanation], logs: Mapping[int, str]) -> Diagnosis:
    """Return what explanations of logs mean together with what the logs say beyond them; `logs` go by number."""
    unshared = [each for each in logs if each < UNKNOWN_RANKS] if len(logs) > 1 else []
    return judged(with_own(found, logs, unshared, is_foreign=True), None, logs)


def judged_from_elsewhere(found: Sequence[Explanation], logs: Mapping[int, str]) -> Diagnosis:
    """Judge logs that may not be all there are: that a process ended is no cause, as long as nothing says why."""
    known = judged_logs(found, logs)
    if known.cause is None or not _says_only_how_it_ended(known.cause):
        return known
    return judged([_as_symptom(each) for each in known.all], None, logs)


def _as_symptom(explanation: Explanation) -> Explanation:
    return replace(explanation, is_symptom=True) if _says_only_how_it_ended(explanation) else explanation


def _says_only_how_it_ended(explanation: Explanation) -> bool:
    line = explanation.line
    if explanation.certainty > WEAK or explanation.code == ERROR_LINE:
        return False
    if explanation.category == "killed":  # 137 alone may be any end by a signal that a shell made a number of
        return _KILLED_IN_WORDS.search(line) is None
    ended = explanation.category == _CRASH or tells_of_end(line) or _RUNNING.search(line) is not None
    return explanation.category in _OF_ENDS and ended and _SAYS_WHY.search(line) is None
