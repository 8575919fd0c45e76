"""Why a run ended as it did, in a line: for what sets runs beside each other."""

from __future__ import annotations

from desktop_app.api import UNKNOWN_RANKS, RunSnapshot
from desktop_app.services.diagnosing.runs import diagnose_run
from desktop_app.services.plugins import PluginHost


async def causes_of(plugins: PluginHost, *runs: RunSnapshot) -> tuple[str, ...]:
    """Return the cause of each run's failure with the rank and its line, nothing where none is known."""
    return tuple([await _cause(plugins, each) for each in runs])


async def _cause(plugins: PluginHost, run: RunSnapshot) -> str:
    known = await diagnose_run(plugins, run)
    if known.cause is None:
        return ""
    is_known = known.rank is not None and known.rank < UNKNOWN_RANKS
    said = f"rank {known.rank}: {known.cause.cause}" if is_known else known.cause.cause
    return f"{said} {known.cause.line.strip()}".rstrip()
