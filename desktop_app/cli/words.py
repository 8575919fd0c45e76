"""What is said about a run, or about a finding's place, in a line."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import Diagnostic, Explanation, FirstFailure, ProcessSpec, RankState, RunSnapshot, RunStatus
from desktop_app.api.kit.log_lines import lines_of
from desktop_app.core.diagnosis.ends import is_wrapper
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.rank_words import launches, ranks, ranks_by_role
from desktop_app.core.words import took_text

_LONGEST = 400
_NAMED = 6
_OF_A_SHELL = 128


def place(path: Path | None, finding: Diagnostic) -> str:
    """Return the file with line and column, as editors and terminals understand it."""
    return f"{path}:{finding.line}:{finding.column or 1}" if finding.line else f"{path}"


def summary(run: RunSnapshot) -> str:
    """Return name, size and state of a run."""
    return f"{run.run}: {run.display_name}, {ranks(run)}, {run.status.value}."


def no_rank(processes: Sequence[RankState | ProcessSpec]) -> str:
    """Return what there is instead of a rank that was asked for."""
    numbers = numbered([each.rank for each in processes])
    if not launches(processes):
        return f"Its ranks: {numbers}."
    return f"It has launchers, numbered {numbers}; what the ranks of each print stands in its log."


def numbered(ranks: Sequence[int]) -> str:
    """Return the numbers of ranks: 0, 1, or 0 to 7, or none."""
    if len(ranks) > 3 and list(ranks) == list(range(ranks[0], ranks[0] + len(ranks))):
        return f"{ranks[0]} to {ranks[-1]}"
    return ", ".join(map(str, ranks)) or "none"


def called(ranks: Sequence[int], run: RunSnapshot | None, noun: str = "rank") -> str:
    """Return `rank 1`, `ranks 0, 2`, or where roles have names `ps0 (rank 1), w0 (rank 2)`: of many, numbers alone."""
    names = ranks_by_role(run) if run is not None and len(ranks) <= _NAMED else {}
    if ranks and all(each in names for each in ranks):
        return ", ".join(names[each] for each in ranks)
    return f"{noun}{'s' if len(ranks) > 1 else ''} {numbered(ranks)}"


def duration(run: RunSnapshot, now: datetime | None = None) -> str:
    """Return how long the run took, or takes already."""
    if run.started is None:
        return "–"
    end = run.ended or now or datetime.now(UTC)
    return took_text((end - run.started).total_seconds())


def ending(run: RunSnapshot, known: Diagnosis | None = None) -> str:
    """Return how the run ended, and where to look next; `known` is what plugins explain of it."""
    if run.status is RunStatus.COMPLETED:
        return f"{run.run} Completed in {duration(run)}. {_found(run)}{outputs(run)}"
    when = f"after {duration(run)}" if run.started else "before it started"
    if run.status is RunStatus.CANCELED:
        return f"{run.run} was Canceled {when}. {run.reason}".rstrip()
    return f"{run.run} {run.status.value} {when}. {_why(run, known or Diagnosis())}".rstrip()


def _found(run: RunSnapshot) -> str:
    """Return what a sweep found, or why it found nothing."""
    if run.sweep is None or run.sweep.best_value is None:
        return f"{run.reason} ".lstrip()
    return f"Best: {run.sweep.primary_metric} {run.sweep.best_value:g} ({run.sweep.best}). "


def outputs(run: RunSnapshot) -> str:
    """Return where what a run made lies, or how to get it from the cloud."""
    if run.backend == "local":
        return f"Outputs: {run.outputs}"
    if run.status in (RunStatus.NOT_STARTED, RunStatus.CANCELED) and not run.phases:
        return "Outputs: none, it never started."
    return f"`rankzero runs download {run.run} DIR` fetches what it made."


def workspace_of(run: RunSnapshot) -> str:
    """Return the name of the workspace that a run in a cloud is in (`azureml://SUBSCRIPTION/GROUP/NAME/RUN`)."""
    place = run.handle.rpartition("://")[2].split("/")
    return place[-2] if run.backend != "local" and len(place) > 1 else ""


def first_failure(fallen: FirstFailure, name: str = "") -> str:
    """Return which rank fell first, with what; `name` is what it is called."""
    code = exit_text(fallen.exit_code)
    text = f": {fallen.text.rstrip('.: ')}" if fallen.text else ""
    drill = f" Drilled before: {fallen.drill}." if fallen.drill else ""
    return f"{name or f'Rank {fallen.rank}'} fell first, with {code}{text}.{drill}"


def first_failure_of(run: RunSnapshot, known: Diagnosis) -> str:
    """Return who failed a run: the rank that is the cause first, and the one that fell before it as its echo."""
    fallen, cause = run.first_failure, known.cause
    if fallen is None:
        return ""
    name = _called(run, fallen.rank)
    if not known.only_echo:
        started = _of_launcher(fallen, cause, name) if launches(run.ranks) else ""
        return started or first_failure(replace(fallen, text=_last_words(fallen, cause)), name)
    echo = f"{name} fell first, with {exit_text(fallen.exit_code)}, as an echo"
    if cause is None:
        return f"{echo}: it is not the cause."
    line = f": {cause.line.rstrip('.')}" if cause.line else ""
    where = "The launcher's log has the cause" if cause.rank is None else f"{_called(run, cause.rank)} is the cause"
    return f"{where}{line}. {echo}."


def _called(run: RunSnapshot, rank: int) -> str:
    """Return the name of a rank, or of what starts the ranks of a node: that has a number of its own."""
    if not launches(run.ranks):
        name = called([rank], run)
        return name.capitalize() if name.startswith("rank") else name
    node = next((each.node for each in run.ranks if each.rank == rank), rank)
    return "The launcher" if len(run.ranks) == 1 else f"The launcher of node {node}"


def _of_launcher(fallen: FirstFailure, cause: Explanation | None, name: str) -> str:
    """Return which of the ranks failed that a launcher started, with what; empty where its log does not tell."""
    if cause is None or cause.rank is None:
        return ""
    rank = lines_of(cause.line).writers[0].rank if cause.about is None else cause.about
    if rank is None:
        return ""
    said = cause.cause if cause.cause.startswith("Rank ") else f"Rank {rank} failed: {_first_line(cause)}."
    first = "" if cause.rank == fallen.rank else " first,"
    return f"{said} {name} ended{first} with {exit_text(fallen.exit_code)}."


def _last_words(fallen: FirstFailure, cause: Explanation | None) -> str:
    """Return the line that is the cause, of the log of the first rank itself; else that rank's last words."""
    if cause is not None and cause.rank == fallen.rank and not cause.line:
        return ""  # what it wrote last does not say why it ended
    if cause is None or cause.rank != fallen.rank:
        return "" if is_wrapper(fallen.text) else fallen.text
    return _first_line(cause)


def _first_line(cause: Explanation) -> str:
    line = lines_of(cause.line).lines[0].strip().rstrip(".: ")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]} …"


def exit_text(code: int) -> str:
    """Return `exit code 1`, or `signal 9 (SIGKILL)`: a shell reports that one as 137."""
    number = -code if code < 0 else code - _OF_A_SHELL
    try:
        return f"signal {number} ({signal.Signals(number).name})"
    except ValueError:
        return f"exit code {code}"


def _why(run: RunSnapshot, known: Diagnosis) -> str:
    fallen = run.first_failure
    if fallen is None:
        return run.reason
    look = fallen.rank
    if (known.only_echo or launches(run.ranks)) and known.cause is not None and known.cause.rank is not None:
        look = known.cause.rank
    return f"{first_failure_of(run, known)} `rankzero runs logs {run.run} --rank {look}` shows its log."
