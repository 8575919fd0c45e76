"""What is said about a run, or about a finding's place, in a line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import Diagnostic, FirstFailure, ProcessSpec, RankState, RunSnapshot, RunStatus
from desktop_app.core.rank_words import launches, ranks
from desktop_app.core.words import took_text


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


def duration(run: RunSnapshot, now: datetime | None = None) -> str:
    """Return how long the run took, or takes already."""
    if run.started is None:
        return "–"
    end = run.ended or now or datetime.now(UTC)
    return took_text((end - run.started).total_seconds())


def ending(run: RunSnapshot) -> str:
    """Return how the run ended, and where to look next."""
    if run.status is RunStatus.COMPLETED:
        return f"{run.run} Completed in {duration(run)}. Outputs: {run.outputs}"
    when = f"after {duration(run)}" if run.started else "before it started"
    if run.status is RunStatus.CANCELED:
        return f"{run.run} was Canceled {when}. {run.reason}".rstrip()
    return f"{run.run} {run.status.value} {when}. {_why(run)}".rstrip()


def first_failure(fallen: FirstFailure) -> str:
    """Return which rank fell first, with what."""
    code = f"signal {-fallen.exit_code}" if fallen.exit_code < 0 else f"exit code {fallen.exit_code}"
    text = f": {fallen.text}" if fallen.text else ""
    drill = f" Drilled before: {fallen.drill}." if fallen.drill else ""
    return f"Rank {fallen.rank} fell first, with {code}{text}.{drill}"


def _why(run: RunSnapshot) -> str:
    fallen = run.first_failure
    if fallen is None:
        return run.reason
    return f"{first_failure(fallen)} `rankzero runs logs {run.run} --rank {fallen.rank}` shows its log."
