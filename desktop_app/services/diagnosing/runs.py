"""Why a run failed, as far as the plugins can tell: reads the ends of its logs and asks each of them."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from desktop_app.api import FailureReport, RankState, RunSnapshot, RunStatus, SubmissionPlan
from desktop_app.api._records import from_json
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.shared_texts import whole
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.text import shown_text
from desktop_app.services.plugins import PluginHost

TAIL = 64 << 10
MOST_RANKS = 64
ALL_TAILS = 1 << 20
"""Bytes of all logs together, shared evenly but for the first rank's: plugins hold others up while they read them."""


async def diagnose_run(plugins: PluginHost, run: RunSnapshot) -> Diagnosis:
    """Return what the plugins know of a failed run; nothing of any other. Files and plugins are asked in a thread."""
    if run.status is not RunStatus.FAILED or not run.folder:
        return Diagnosis()
    return await asyncio.to_thread(_diagnose, plugins, run)


def _diagnose(plugins: PluginHost, run: RunSnapshot) -> Diagnosis:
    report = failure_report(run)
    return judged(plugins.explain_failure(report), run, report.tails) if report is not None else Diagnosis()


def failure_report(run: RunSnapshot) -> FailureReport | None:
    """Return a failed run as plugins want to know it, None where its plan is gone. Reads files."""
    folder = Path(run.folder)
    plan = _plan(folder)
    if plan is None:
        return None
    ranks, first = looked_at(run), run.first_failure.rank if run.first_failure is not None else None
    share = min(TAIL, ALL_TAILS // max(1, len(ranks)))
    tails = {each.rank: tail(folder / _log(each), TAIL if each.rank == first else share) for each in ranks}
    return FailureReport(
        job=plan.job,
        exit_codes={each.rank: each.exit_code for each in run.ranks if each.exit_code is not None},
        first_rank=first,
        tails={rank: text for rank, text in tails.items() if text},
        launcher="\n".join(each for each in (tail(folder / log) for log in run.launcher_logs) if each),
        findings=plan.diagnostics,
    )


def looked_at(run: RunSnapshot) -> list[RankState]:
    """Return the ranks whose logs are read: the first to fall, those that failed as well, and their neighbours."""
    first = run.first_failure.rank if run.first_failure is not None else 0

    def nearness(rank: RankState) -> tuple[bool, bool, int]:
        return rank.rank != first, rank.status is not RunStatus.FAILED, abs(rank.rank - first)

    return sorted(sorted(run.ranks, key=nearness)[:MOST_RANKS], key=lambda each: each.rank)


def tail(log: Path, size: int = TAIL) -> str:
    """Return the end of a log as a person reads it, whole lines only; empty where there is no log."""
    file = LogFile(log)
    start = max(0, file.size() - size)
    lines = file.read(start, size).split(b"\n")
    if start and len(lines) > 1:
        del lines[0]
    return "\n".join(shown_text(each) for each in lines).strip("\n")


def _log(rank: RankState) -> str:
    return rank.log or f"user_logs/std_log_process_{rank.rank}.txt"


def _plan(folder: Path) -> SubmissionPlan | None:
    try:
        return from_json(SubmissionPlan, whole(json.loads((folder / "plan.json").read_bytes())))
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
