"""Snapshots of runs that never were."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from desktop_app.api import RunSnapshot, RunStatus

NOW = datetime(2026, 11, 21, 7, 0, tzinfo=UTC)


def snapshot(
    run: str, status: RunStatus = RunStatus.RUNNING, *, backend: str = "local", minute: int = 0, reason: str = ""
) -> RunSnapshot:
    """Return a run that began `minute` minutes after NOW."""
    return RunSnapshot(
        handle=f"{backend}://{run}",
        run=run,
        backend=backend,
        status=status,
        display_name=f"run {run}",
        experiment="tests",
        created=NOW + timedelta(minutes=minute),
        reason=reason,
    )
