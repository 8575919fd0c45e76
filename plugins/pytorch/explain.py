"""Explains the end of a PyTorch run: by what is known of lines in its logs, and by torchrun's report."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from desktop_app.api import Explanation, FailureReport
from desktop_app.api.kit import LogLines, explain_by, last_exceptions, lines_of, load_knowledge

from . import overwritten
from .fixes import FIXES
from .torchrun_report import FirstFailed, first_failed

_KNOWLEDGE = Path(__file__).parent / "knowledge"
_ABORT_AT_THE_END = "gloo-outlived-python"
_NOTHING_CAME = "gloo-nothing-came"
_MISSING = "ranks-missing"
_COUNTS = re.compile(r"Only (\d+) of (\d+) ranks")
_BARRIER = re.compile(r"\b\w*barrier\(")
_FRAMES = 12
_REPEATED = 0.1
_SILENT = 0.4
_KILLED = 0.5
_MESSAGE = 160
_RAISED = 0.6
"""How sure a rank's own exception is the cause, where nobody knows what it means: others may know its line better."""
_OF_EXITS = "Look for sys.exit and os._exit, and for programs that the script calls: what raises ends with code 1."
_MEANS: dict[str, tuple[str, ...]] = {
    "SIGKILL": (
        "oom-host",
        "The memory ran out, or somebody killed it: dmesg | grep -i oom (or journalctl -k) on that machine tells.",
        "If it was memory: take smaller batches, fewer data loader workers, or a larger machine.",
        "If it was not: a scheduler, a preemption, or a person with kill -9 ended it.",
    ),
    "SIGBUS": ("shared-memory", "SIGBUS most often means that shared memory is full: ask for more (shm_size)."),
    "SIGABRT": ("signal", "SIGABRT means that it ended itself: what it wrote last says why."),
    "SIGSEGV": ("signal", "SIGSEGV means a fault in native code: run it with PYTHONFAULTHANDLER=1 to see where."),
    "SIGTERM": ("stopped", "SIGTERM comes from outside: a scheduler, a canceled job, or a launcher on another node."),
}
"""Of signals by name: the category, and what to do, the best first."""


def explain(report: FailureReport) -> tuple[Explanation, ...]:
    """Return what the logs mean: causes first, then what tells of waiting in vain, then echoes."""
    found = explain_by(load_knowledge(_KNOWLEDGE), report, FIXES)
    found = tuple(each for each in found if each.code != _ABORT_AT_THE_END or _is_all(each, report))
    found = tuple(replace(each, is_symptom=True) if _is_of_a_barrier(each, report) else each for each in found)
    found = tuple(_of_count(each, report) if each.code == _MISSING else each for each in found)
    found = tuple(overwritten.of_its_own_making(each, report) for each in found)
    reported = (each for rank, tail in report.tails.items() for each in _of_torchrun(rank, lines_of(tail), found))
    return tuple(sorted((*found, *reported), key=lambda each: (each.is_echo, each.is_symptom)))


def _of_count(missing: Explanation, report: FailureReport) -> Explanation:
    """Return why ranks are missing, where all came that the run has: the script waits for more of them."""
    counts = _COUNTS.search(missing.cause)
    started = 0 if report.is_foreign else len(report.exit_codes)
    if counts is None or int(counts[1]) != started:
        return missing
    waited = counts[2]
    return replace(
        missing, is_symptom=False, category="launcher",
        cause=f"The script waits for {waited} ranks, and the run has {started}: all of them came.",
        advice=(
            f"See where WORLD_SIZE or world_size= becomes {waited}: the launcher sets it, the script only reads it.",
            f"If {waited} ranks are meant, ask for as many processes in the job file.",
        ),
    )  # fmt: skip


def _is_of_a_barrier(waited: Explanation, report: FailureReport) -> bool:
    """Whether a rank waited at a barrier, where no batches are counted: nothing tells what kept the others away."""
    if waited.code != _NOTHING_CAME or waited.position is None or waited.rank is None:
        return False
    before = lines_of(report.tails.get(waited.rank, "")).lines[max(0, waited.position - _FRAMES) : waited.position]
    return any(_BARRIER.search(each) for each in before)


def _is_all(abort: Explanation, report: FailureReport) -> bool:
    """Whether an abort is all that a log tells: after an exception it is only how Python ended."""
    return not last_exceptions(report.tails.get(-1 if abort.rank is None else abort.rank, ""))


def _of_torchrun(rank: int, log: LogLines, found: Sequence[Explanation]) -> Iterator[Explanation]:
    """Say what torchrun's reports in a log name as the first failure, by that rank's own words where they hold them."""
    for each in first_failed(log.lines):
        row = log.raw[each.row].strip()
        if each.signal:
            yield _killed(each, rank, row)
        elif each.raised is None:
            yield _silent(each, rank, row)
        elif not any(_is_of(other, rank, log.lines[each.raised]) for other in found):
            yield _raised(each, rank, log, each.raised)
        else:
            yield _repeated(rank, log, each.raised)


def _is_of(explanation: Explanation, rank: int, line: str) -> bool:
    """Whether an explanation is of this very line of a log, also where the line stands there a second time."""
    return explanation.rank == rank and line.strip() in explanation.line


def _raised(failed: FirstFailed, rank: int, log: LogLines, number: int) -> Explanation:
    return Explanation(
        "rank-of-torchrun-failed",
        f"The program raised {_exception(log.lines[number])}.",
        ("Its traceback stands in torchrun's report, in the same log.",),
        rank,
        log.raw[number].strip(),
        category="user-exception",
        about=failed.rank,
        position=number,
        certainty=_RAISED,
    )


def _exception(line: str) -> str:
    """Return an exception without its package, and its message where that is no long one."""
    name, _, message = line.strip().partition(":")
    message = message.strip().rstrip(".")
    return f"{name.rpartition('.')[2]}{f': {message}' if 0 < len(message) <= _MESSAGE else ''}"


def _repeated(rank: int, log: LogLines, number: int) -> Explanation:
    cause, line = "torchrun repeats what a rank raised.", log.raw[number].strip()
    advice = ("The rank's own error stands above, in the same log.",)
    return Explanation("child-failed", cause, advice, rank, line, is_echo=True, position=number, certainty=_REPEATED)


def _silent(failed: FirstFailed, rank: int, row: str) -> Explanation:
    return Explanation(
        "rank-of-torchrun-failed",
        f"Rank {failed.rank}, which torchrun started, failed first, with the exit code {failed.exit_code}.",
        (
            *((_OF_EXITS,) if failed.exit_code != 1 else ()),
            "Look for this rank's traceback: above, or in its own log (torchrun --log-dir LOGS --tee 3 keeps them).",
            "Decorate main with @record of torch.distributed.elastic.multiprocessing.errors: the report then holds it.",
        ),
        rank,
        row,
        category="user-exception",
        about=failed.rank,
        position=failed.row,
        certainty=_SILENT,
        links=("https://docs.pytorch.org/docs/stable/elastic/errors.html",),
    )


def _killed(failed: FirstFailed, rank: int, row: str) -> Explanation:
    category, *advice = _MEANS.get(failed.signal, ("signal",))
    return Explanation(
        "rank-of-torchrun-killed",
        f"Rank {failed.rank}, which torchrun started, was killed by {failed.signal}.",
        tuple(advice),
        rank,
        row,
        category=category,
        about=failed.rank,
        position=failed.row,
        certainty=_KILLED,
    )
