"""What is said about runs and ranks in a word or a line; what depends on the locale is left to the window."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from types import MappingProxyType

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.core.diagnosis.timed_out import is_of_limit
from desktop_app.core.rank_words import ranks_by_role
from desktop_app.core.words import clock_text
from desktop_app.services.run_staging import LOGS_IN

_SIGNALS = {
    "SIGSEGV": "a crash: it touched memory that was not its own",
    "SIGKILL": "killed from outside; often the system, when memory ran out",
    "SIGABRT": "it gave up on itself; its log says why",
    "SIGBUS": "a crash: memory it had mapped was gone, often a full /dev/shm",
    "SIGFPE": "a crash: arithmetic that the processor refuses",
    "SIGILL": "a crash: an instruction that this processor lacks",
    "SIGTERM": "it was asked to end",
    "SIGINT": "it was interrupted",
    "SIGPIPE": "who it wrote to was gone",
}
_CODES = {
    2: "wrong usage, as most programs mean it",
    126: "the command can't be executed",
    127: "the command was not found",
}


def duration_of(run: RunSnapshot, now: datetime) -> float | None:
    """Return for how many seconds the run went on, or goes on already; None before it started."""
    if run.started is None:
        return None
    end = run.ended or (now if not run.is_over else run.started)
    return max(0.0, (end - run.started).total_seconds())


def exit_words(code: int) -> str:
    """Return what an exit code says: `exit code 1`, `signal 11 (SIGSEGV): a crash …`.

    A shell reports the signal that ended its command as 128 plus its number.
    """
    number = -code if code < 0 else code - 128 if code > 128 else 0
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = ""
    if name:
        meaning = f": {_SIGNALS[name]}" if name in _SIGNALS else ""
        return f"signal {number} ({name}){meaning}"
    return f"exit code {code}" + (f": {_CODES[code]}" if code in _CODES else "")


def exit_words_only(code: int) -> str:
    """Return `signal 9 (SIGKILL)`, or `exit code 1`, without a word on where that may come from."""
    return exit_words(code).partition(":")[0]


def short_exit(code: int) -> str:
    """Return `exit 1` or `SIGKILL`."""
    words = exit_words(code)
    return words.partition("(")[2].partition(")")[0] if words.startswith("signal") else f"exit {code}"


def rank_called(run: RunSnapshot, rank: int) -> str:
    """Return what a rank is called in a sentence: `rank 2`, and `w1 (rank 2)` where the picture has roles."""
    return ranks_by_role(run).get(rank, f"rank {rank}")


def rank_span(ranks: Sequence[int], names: Mapping[int, str] = MappingProxyType({})) -> str:
    """Return `0–3`, `0, 2`, `0–2, 5`, or `0, mpirun` where a number has a name instead."""
    parts: list[list[int]] = []
    numbers = sorted(each for each in ranks if each not in names) if names else sorted(ranks)
    if len(numbers) > 1 and len(set(numbers)) == len(numbers) == numbers[-1] - numbers[0] + 1:
        parts, numbers = [[numbers[0], numbers[-1]]], []  # mostly they are a stretch
    for each in numbers:
        if parts and each == parts[-1][-1] + 1:
            parts[-1].append(each)
        else:
            parts.append([each])
    spans = [f"{each[0]}–{each[-1]}" if len(each) > 1 else str(each[0]) for each in parts]
    return ", ".join([*spans, *(names[each] for each in ranks if each in names)])


def origin_words(run: RunSnapshot) -> str:
    """Return where a run that only is looked at comes from: `from a bundle: HOST, date`, `logs in FOLDER, date`."""
    if not run.from_bundle or is_logs_alone(run):
        return run.from_bundle
    return f"from a bundle: {run.from_bundle}"


def origin_short(run: RunSnapshot) -> str:
    """Return the same as a cell of a table shows it, without the date."""
    said = run.from_bundle.rpartition(", ")[0]
    return f"Logs: {said.removeprefix(LOGS_IN)}" if is_logs_alone(run) else f"Bundle: {said}"


def is_logs_alone(run: RunSnapshot) -> bool:
    """Whether a run is nothing but logs from elsewhere."""
    return run.from_bundle.startswith(LOGS_IN)


def state_shown(run: RunSnapshot) -> RunStatus | str:
    """Return a run's state; logs from elsewhere have none: whether a failure stands in them is told on their page."""
    return "Logs" if is_logs_alone(run) else run.status


class Past(Enum):
    """How long ago something was, as far as words for it differ."""

    NOW = auto()
    MINUTES = auto()
    TODAY = auto()
    YESTERDAY = auto()
    EARLIER = auto()


@dataclass(frozen=True, slots=True)
class Ago:
    """A time as it is said: `minutes` for MINUTES, the local time `at` for the rest."""

    past: Past
    at: datetime
    minutes: int = 0


def ago(time: datetime, now: datetime) -> Ago:
    """Return how to say `time` at `now`, an aware datetime whose zone is the person's."""
    at = time.astimezone(now.tzinfo)
    minutes = int((now - at).total_seconds() // 60)
    if minutes < 1:
        return Ago(Past.NOW, at)
    if minutes < 60:
        return Ago(Past.MINUTES, at, minutes)
    if at.date() == now.date():
        return Ago(Past.TODAY, at)
    if at.date() == (now - timedelta(days=1)).date():
        return Ago(Past.YESTERDAY, at)
    return Ago(Past.EARLIER, at)


def framework_title(name: str) -> str:
    """Return a framework's name as its makers write it."""
    known = {"pytorch": "PyTorch", "tensorflow": "TensorFlow", "horovod": "Horovod", "mpi": "MPI", "ray": "Ray"}
    return known.get(name.lower(), name) or "–"


def note_of(run: RunSnapshot, now: datetime) -> str:
    """Return what follows a run's state in its heading: `00:41`, `exit 1 after 01:12`, `time limit after 10:00`."""
    seconds = duration_of(run, now)
    if seconds is None:
        return ""
    text = clock_text(seconds)
    if run.status is RunStatus.FAILED and run.first_failure is not None:
        return f"{short_exit(run.first_failure.exit_code)} after {text}"
    if is_of_limit(run):
        return f"time limit after {text}"
    if run.status in (RunStatus.FAILED, RunStatus.CANCELED):
        return f"after {text}"
    return text
