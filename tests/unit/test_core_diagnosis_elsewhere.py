"""Logs from elsewhere: how a process ended is no cause there, unless it was SIGKILL, or the line says why."""

from __future__ import annotations

import pytest

from desktop_app.api import Explanation
from desktop_app.core.diagnosis.foreign import judged_from_elsewhere, judged_logs
from desktop_app.core.diagnosis.model import Verdict

CRASHED = "srun: error: n1: task 3: Segmentation fault (signal 11)"
CALLED = "subprocess.CalledProcessError: Command 'python train.py' died with <Signals.SIGSEGV: 11>."
WITH_WHY = "User program failed with ValueError: 3 exits with code 1"


def report(line: str, category: str) -> Explanation:
    return Explanation("ended", "A rank ended.", ("Look.",), 0, line, category=category, position=0, certainty=0.5)


@pytest.mark.parametrize(
    ("line", "category", "verdict"),
    [
        (CRASHED, "signal", Verdict.SYMPTOMS_ONLY),
        (CALLED, "signal", Verdict.SYMPTOMS_ONLY),
        ("rank 3 ended with exit code 1", "user-exception", Verdict.SYMPTOMS_ONLY),
        ("failed (exitcode: -9) local_rank: 3", "oom-host", Verdict.CAUSE),
        ("  what():  map::at", "signal", Verdict.CAUSE),
        ("command terminated with exit code 137", "killed", Verdict.SYMPTOMS_ONLY),
        ("mpirun noticed that process rank 7 exited on signal 9 (Killed).", "killed", Verdict.CAUSE),
        ("=   RANK 3 PID 4171 RUNNING AT n4", "user-exception", Verdict.SYMPTOMS_ONLY),
        (WITH_WHY, "user-exception", Verdict.CAUSE),
    ],
)
def test_how_a_process_ended_is_no_cause_but_of_sigkill_and_where_the_line_says_why(
    line: str, category: str, verdict: Verdict
) -> None:
    found = [report(line, category)]
    assert judged_from_elsewhere(found, {0: line}).verdict is verdict
    assert judged_logs(found, {0: line}).verdict is Verdict.CAUSE
    assert judged_from_elsewhere(found, {0: line}).all[0].line == line


def test_a_better_known_cause_stands_beside_such_a_report() -> None:
    log = f"{CRASHED}\nTraceback (most recent call last):\n  File 't.py', line 1, in <module>\nKeyError: 3"
    cause = judged_from_elsewhere([report(CRASHED, "signal")], {0: log}).cause
    assert cause is not None
    assert cause.line == "KeyError: 3"
