"""What lines tell of the ends of processes, and which of these ends no other rank's end brought about."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from desktop_app.api import Explanation, RunSnapshot
from desktop_app.api.kit.log_lines import LogLines
from desktop_app.core.diagnosis.clock import agree, time_at
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.whose import guilty_of
from desktop_app.core.rank_words import launches

OWN_DEATHS = {4: "SIGILL", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 24: "SIGXCPU", 25: "SIGXFSZ"}
"""Signals by number that no peer's end brings, as it does SIGABRT and SIGTERM."""
_STATUSES = {
    0xC0000005: (11, "an access violation"), 0xC000001D: (4, "an illegal instruction"),
    0xC0000094: (8, "an integer division by zero"), 0xC00000FD: (11, "a stack overflow"),
}  # fmt: skip
"""What Windows ends a process with for what it did itself, by exit code: the like signal, and its name.

Source: [MS-ERREF] 2.3.1, NTSTATUS values.
"""
OF_A_SHELL = 128
_DEATHS = re.compile(
    r"signal\W{0,6}(?P<signal>\d{1,9})|(?:exit ?code|status)\W{0,6}?(?P<code>-?\d{1,10})|SIG(?P<name>[A-Z]+)",
    re.IGNORECASE,
)
_ENDS = re.compile(r"exit|terminated?\b|non-zero|abort|core dumped|process .*failed|^\s*Process name:", re.IGNORECASE)
_NAMES = frozenset(each.removeprefix("SIG") for each in OWN_DEATHS.values())
_BROUGHT = frozenset({0, 1, 6, 15, 134, 143})
"""Exit codes and signals with which processes end as well because others are gone."""
_BROUGHT_ANYWAY = frozenset({0, 15, 143})
"""Those that say so even where the log holds all that the rank wrote."""
_WRAPPERS = ("ChildFailedError", "ProcessExitedException", "ProcessRaisedException")
_OF_LAUNCHERS = re.compile(
    r"distributed[./]elastic|\b(?:mpirun|mpiexec|prterun|orted|horovodrun|srun|slurmstepd)\b|ORTE"
)


def died_of(code: int) -> int:
    """Return the signal that a process was killed by for what it did itself, 0 for none; of Windows the like one."""
    if _status(code) in _STATUSES:
        return _STATUSES[_status(code)][0]
    signal = -code if code < 0 else code - OF_A_SHELL
    return signal if signal in OWN_DEATHS else 0


def death_name(code: int) -> str:
    """Return what such a death is called: SIGSEGV, or Windows's name for it; empty where it is none."""
    if _status(code) in _STATUSES:
        return f"{_STATUSES[_status(code)][1]} (0x{_status(code):X})"
    return OWN_DEATHS.get(died_of(code), "")


def _status(code: int) -> int:
    """Return an exit code of Windows, which may be told as a negative number, as its documents have it."""
    return code & 0xFFFFFFFF


def is_wrapper(text: str) -> bool:
    """Whether a launcher's last words only say that one of its processes failed, and not which."""
    return text.rstrip(": ").endswith(_WRAPPERS)


def tells_of_end(line: str) -> bool:
    """Whether a line tells that a process ended."""
    return bool(_DEATHS.search(line) or _ENDS.search(line))


def tells_own_death(line: str) -> bool:
    """Whether a launcher's line tells that a process was killed for what it did itself, such as SIGKILL or SIGSEGV."""
    if any((found["name"] or "").upper() in _NAMES for found in _DEATHS.finditer(line)):
        return True
    return any(died_of(code) for code in codes_in(line))


def came_first(
    report: Explanation,
    ordered: Sequence[Explanation],
    logs: Mapping[int | None, LogLines],
    run: RunSnapshot | None = None,
) -> bool:
    """Whether a launcher's report of an end counts though others say that they lost somebody.

    It does where the process was killed for what it did itself, where the rank that it names is not among those that
    lost somebody, and where a launcher was told to stop before any other was in trouble.
    """
    in_vain = [each for each in ordered if each.is_echo or each.is_symptom]
    if tells_own_death(report.line) or _was_stopped_first(report, in_vain, logs):
        return True
    if guilty_of(report) is None or any(each.is_symptom for each in in_vain):
        return False
    brought = _BROUGHT_ANYWAY if run is not None else _BROUGHT  # logs from elsewhere may be without the rank's words
    codes = [abs(each) for each in codes_in(report.line)]
    is_open = run is None and report.about is not None and not codes
    if is_open or any(each in brought for each in codes):
        return False
    all_shared = run is not None and launches(run.ranks)
    if report.about is None and (all_shared or report.rank in _shared(ordered)):
        return False
    speakers = _speakers(in_vain, ordered, logs, all_shared=all_shared)
    return bool(speakers) and guilty_of(report) not in (speakers or ())


def lost_by(found: Sequence[Explanation], logs: Mapping[int | None, LogLines]) -> Collection[int] | None:
    """Return the ranks below launchers that say that they wait for others, or lost them; None where it is unsure."""
    in_vain = [each for each in found if each.is_echo or each.is_symptom]
    return _speakers(in_vain, found, logs, all_shared=True)


def codes_in(line: str) -> Iterator[int]:
    """Yield the exit codes that a line tells, negative for signals."""
    for found in _DEATHS.finditer(line):
        if found["signal"]:
            yield -int(found["signal"])
        elif found["code"]:
            yield int(found["code"])


def _speakers(
    in_vain: Sequence[Explanation],
    ordered: Sequence[Explanation],
    logs: Mapping[int | None, LogLines],
    *,
    all_shared: bool,
) -> Collection[int] | None:
    """Return the ranks that say somebody was gone; None where it is not known of one such line whose it is."""
    shared = _shared(ordered)
    found = set()
    for each in in_vain:
        if not (all_shared or each.rank in shared):
            rank = guilty_of(each)
        elif _OF_LAUNCHERS.search(each.line):
            continue
        else:
            rank = _writer(each, logs)
        if rank is None:
            return None
        found.add(rank)
    return found


def _shared(ordered: Sequence[Explanation]) -> Collection[int | None]:
    """Return the logs in which somebody reports of others: launchers."""
    return {each.rank for each in ordered if each.about is not None and each.certainty <= WEAK}


def _writer(explanation: Explanation, logs: Mapping[int | None, LogLines]) -> int | None:
    log, position = logs.get(explanation.rank), explanation.position
    return log.writers[position].rank if log is not None and position is not None else None


def _was_stopped_first(
    report: Explanation, in_vain: Sequence[Explanation], logs: Mapping[int | None, LogLines]
) -> bool:
    """Whether somebody was told to stop before the log of any other speaks of trouble, by clocks that agree."""
    others: dict[int | None, list[datetime]] = {}
    for each in in_vain:
        if each.rank != report.rank:
            others.setdefault(each.rank, []).extend(_times(each, logs))
    if report.category != "stopped" or not others or not all(others.values()):
        return False
    mine = list(_times(report, logs))
    compared = [logs[rank] for rank in (report.rank, *others) if rank in logs]
    return bool(mine) and agree(compared) and all(mine[0] < min(each) for each in others.values())


def _times(explanation: Explanation, logs: Mapping[int | None, LogLines]) -> Iterator[datetime]:
    log, position = logs.get(explanation.rank), explanation.position
    at = time_at(log, position) if log is not None and position is not None else None
    if at is not None:
        yield at
