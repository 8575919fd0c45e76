"""Why a run failed: reads the ends of its logs, and more where these do not tell, asks the plugins, and judges."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from desktop_app.api import Explanation, FailureReport, Job, RankState, RunSnapshot, RunStatus, SubmissionPlan
from desktop_app.api.failures import UNKNOWN_RANKS
from desktop_app.api.kit.log_lines import lines_of
from desktop_app.core.diagnosis.drill_causes import of_drill
from desktop_app.core.diagnosis.ends import lost_by
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.falls import falls_of_logs, falls_of_run, suspects_of
from desktop_app.core.diagnosis.judging import judged
from desktop_app.core.diagnosis.model import Diagnosis, Fall, Part
from desktop_app.core.diagnosis.own import with_own
from desktop_app.core.diagnosis.silent import has_left, last_of, of_the_end
from desktop_app.core.diagnosis.steps import steps_for
from desktop_app.core.diagnosis.timed_out import is_at_work, is_of_limit, kind_of, of_limit, stopped_at
from desktop_app.core.diagnosis.went_on import went_on
from desktop_app.core.rank_words import launches
from desktop_app.services.diagnosing.as_sent import or_as_sent
from desktop_app.services.diagnosing.covering import redactor_of_run
from desktop_app.services.diagnosing.excerpts import TAIL, Excerpt, begun_further_back, joined, tail
from desktop_app.services.diagnosing.last_words import last_words, writing_times
from desktop_app.services.diagnosing.memory_taken import with_memory
from desktop_app.services.diagnosing.own_code import Code, with_code
from desktop_app.services.diagnosing.placing import placed
from desktop_app.services.diagnosing.sources import FileBytes
from desktop_app.services.plugins import PluginHost
from desktop_app.services.run_plans import plan_in

MOST_RANKS = 64
ALL_TAILS = 1 << 20
"""Bytes of all logs together, shared evenly but for the first rank's: plugins hold others up while they read them."""
_PREPARING = ("azureml-logs/*.txt", "system_logs/**/*.txt", "system_logs/**/*.log")
_MOST_PREPARING = 16


@dataclass(frozen=True, slots=True)
class RunLogs:
    """What is read of a run: excerpts by rank, or by a number beyond all ranks, and that of its launchers."""

    ranks: Mapping[int, Excerpt]
    launcher: Excerpt

    @property
    def tails(self) -> dict[int, str]:
        """Return the texts by rank."""
        return {rank: each.text for rank, each in self.ranks.items() if each.text.strip()}


async def diagnose_run(plugins: PluginHost, run: RunSnapshot) -> Diagnosis:
    """Return what is known of a run that failed, or that its time limit ended; nothing of any other.

    Files and plugins are asked in a thread.
    """
    if not is_told_of(run) or not run.folder:
        return Diagnosis()
    return await asyncio.to_thread(_diagnose, plugins, run)


def is_told_of(run: RunSnapshot) -> bool:
    """Whether there may be a cause to look for."""
    return run.status is RunStatus.FAILED or is_of_limit(run)


def _diagnose(plugins: PluginHost, run: RunSnapshot) -> Diagnosis:
    if not Path(run.folder).is_dir():
        return Diagnosis()
    logs, plan = logs_of_run(run), plan_in(Path(run.folder))
    known = _asked(plugins, run, logs, plan)
    if known.cause is None or known.cause.certainty <= WEAK:
        more = begun_further_back(_of_first_to_fall(run, logs))
        if more:
            logs = RunLogs({**logs.ranks, **more}, logs.launcher)
            known = _asked(plugins, run, logs, plan)
    written = writing_times(run, logs.ranks) if is_of_limit(run) else None
    if written is not None:
        known = _with_limit(known, run, logs, plan, written)
    known = of_drill(with_memory(known, run), run)
    has_ends = any(each.ended is not None for each in run.ranks)
    known = falls_of_run(known, run, written) if has_ends else falls_of_logs(known, logs.tails)
    known = _with_suspects(known, run, logs) if known.cause is None else known
    known = _with_steps(known, run, plan)
    known = with_code(known, logs.tails, logs.launcher.text, Code(plan, run.folder))
    redactor = redactor_of_run(Path(run.folder))
    known = placed(known, redactor, logs.ranks, _missing(run, logs), logs.launcher)
    return or_as_sent(known, run, redactor)


def _with_limit(
    known: Diagnosis,
    run: RunSnapshot,
    logs: RunLogs,
    plan: SubmissionPlan | None,
    written: Callable[[Explanation], datetime | None],
) -> Diagnosis:
    """Return a diagnosis with what the time limit means, and why the run went on after its cause."""
    cause, found, last = known.cause, None, last_words(run, logs.tails, stopped_at(run))
    if cause is not None:
        text = logs.launcher.text if cause.rank is None else logs.tails.get(cause.rank, "")
        findings, alone = plan.diagnostics if plan is not None else (), len(run.ranks) == 1
        word = last.get(cause.rank) if cause.rank is not None else None
        times = (written(cause), word.at if word is not None else None)
        found = went_on(cause, lines_of(text), times, findings, alone=alone)
    return of_limit(known, run, last, plan.job if plan is not None else None, found)


def _asked(plugins: PluginHost, run: RunSnapshot, logs: RunLogs, plan: SubmissionPlan | None) -> Diagnosis:
    report = _report(run, logs, plan)
    found = plugins.explain_failure(report)
    nobody_fell = run.first_failure is None and run.backend == "local" and not run.from_bundle
    is_alone = len(run.ranks) == 1 and not launches(run.ranks)
    told = tuple(found)
    if not nobody_fell or not found:
        told = with_own(found, report.tails, () if launches(run.ranks) else report.tails, is_alone=is_alone)
    last = of_the_end(run, told, report.tails)
    return judged([*told, *last], run, report.tails, report.launcher)


def _with_suspects(known: Diagnosis, run: RunSnapshot, logs: RunLogs) -> Diagnosis:
    """Return a diagnosis with the few ranks of which no log speaks, though all others wait for them or lost them."""
    if launches(run.ranks):
        lost = lost_by(known.all, {rank: lines_of(text) for rank, text in logs.tails.items()}) or ()
        below = [Fall(rank, Part.ECHO, 0) for rank in lost]
        return replace(known, suspects=suspects_of(below, range(run.launched or 0)))
    suspects = suspects_of(known.falls)
    left = next((each.rank for each in known.symptoms if has_left(each)), None)
    whose = suspects[0] if len(suspects) == 1 else left
    if whose is None:
        return replace(known, suspects=suspects)
    return replace(known, suspects=suspects, last_line=last_of(logs.tails.get(whose, "")), last_rank=whose)


def _with_steps(known: Diagnosis, run: RunSnapshot, plan: SubmissionPlan | None) -> Diagnosis:
    variables = plan.job.environment_variables if plan is not None else {}
    is_told = known.cause is not None or is_at_work(known) or any(has_left(each) for each in known.symptoms)
    steps = steps_for(known.steps, kind_of(run), variables, has_cause=is_told)
    return replace(known, steps=steps)


def failure_report(run: RunSnapshot) -> FailureReport:
    """Return a failed run as plugins want to know it. Reads files; without its plan nothing is known of the job."""
    return _report(run, logs_of_run(run), plan_in(Path(run.folder)))


def _report(run: RunSnapshot, logs: RunLogs, plan: SubmissionPlan | None) -> FailureReport:
    return FailureReport(
        job=plan.job if plan is not None else Job(command=""),
        exit_codes={each.rank: each.exit_code for each in run.ranks if each.exit_code is not None},
        first_rank=run.first_failure.rank if run.first_failure is not None else None,
        tails=logs.tails,
        launcher=logs.launcher.text.strip("\n"),
        findings=plan.diagnostics if plan is not None else (),
        is_foreign=plan is None,
    )


def logs_of_run(run: RunSnapshot) -> RunLogs:
    """Return the ends of a run's logs: of ranks, of launchers, and of a cloud's preparations where no rank fell."""
    folder = Path(run.folder)
    ranks, first = looked_at(run), run.first_failure.rank if run.first_failure is not None else None
    share = min(TAIL, ALL_TAILS // max(1, len(ranks)))
    read = {each.rank: tail(_bytes(folder, _log(each)), TAIL if each.rank == first else share) for each in ranks}
    if first is None and run.backend != "local":
        read |= {UNKNOWN_RANKS + place: each for place, each in enumerate(_preparations(run, folder))}
    launcher = joined(tail(_bytes(folder, log)) for log in run.launcher_logs)
    return RunLogs({rank: each for rank, each in read.items() if each.text.strip()}, launcher)


def looked_at(run: RunSnapshot) -> list[RankState]:
    """Return the ranks whose logs are read: the first to fall, those that failed as well, and their neighbours."""
    first = run.first_failure.rank if run.first_failure is not None else 0

    def nearness(rank: RankState) -> tuple[bool, bool, int]:
        return rank.rank != first, rank.status is not RunStatus.FAILED, abs(rank.rank - first)

    return sorted(sorted(run.ranks, key=nearness)[:MOST_RANKS], key=lambda each: each.rank)


def _preparations(run: RunSnapshot, folder: Path) -> list[Excerpt]:
    """Return the ends of the logs that a cloud writes before and after the ranks: builds, mounts, downloads."""
    own = {_log(each) for each in run.ranks} | set(run.launcher_logs)
    names = sorted(
        {each.relative_to(folder).as_posix() for pattern in _PREPARING for each in folder.glob(pattern)} - own
    )
    return [tail(_bytes(folder, name), TAIL // 2) for name in names[:_MOST_PREPARING]]


def _of_first_to_fall(run: RunSnapshot, logs: RunLogs) -> dict[int, Excerpt]:
    """Return the first fallen rank's excerpt, or all where none is known."""
    first = run.first_failure.rank if run.first_failure is not None else None
    return {rank: each for rank, each in logs.ranks.items() if first in (None, rank)}


def _missing(run: RunSnapshot, logs: RunLogs) -> tuple[str, ...]:
    """Say which of the ranks that fell left no line."""
    silent = [each for each in looked_at(run) if each.rank not in logs.ranks and each.status is RunStatus.FAILED]
    if not silent:
        return ()
    named = ", ".join(str(each.rank) for each in silent[:8]) + (" …" if len(silent) > 8 else "")
    return (f"The log of rank{'s' if len(silent) > 1 else ''} {named} is empty.",)


def _bytes(folder: Path, name: str) -> FileBytes:
    return FileBytes(name, folder / name)


def _log(rank: RankState) -> str:
    return rank.log or f"user_logs/std_log_process_{rank.rank}.txt"
