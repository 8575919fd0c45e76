"""What is worth a look before a job is submitted here."""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.api import SubmissionPlan
from desktop_app.core.commands import launcher_in
from desktop_app.core.rank_words import launchers_text, launches, shape_text
from desktop_app.core.words import limit_text, size_text
from desktop_app.worker.supervisor.ending import Grace


def facts(plan: SubmissionPlan, threads: str, grace: Grace) -> tuple[tuple[str, str], ...]:
    """Return (label, value) pairs, the most telling first."""
    return tuple(_facts(plan, threads, grace))


def _facts(plan: SubmissionPlan, threads: str, grace: Grace) -> Iterator[tuple[str, str]]:
    topology = plan.topology
    yield "Ranks", ranks(plan)
    if len(plan.processes) != topology.world_size:
        yield "Processes to start", str(len(plan.processes))
    yield "Files", f"{len(plan.files)} ({size_text(plan.bytes)})"
    yield "Toolchain", f"{plan.toolchain} ({plan.python})" if plan.python else "none"
    yield "Threads per rank", threads
    meeting = next((each.environment for each in plan.processes if "MASTER_PORT" in each.environment), None)
    if meeting is not None:
        yield "Ranks meet at", f"{meeting.get('MASTER_ADDR', '')}:{meeting['MASTER_PORT']}"
    yield "Time limit", limit_text(plan.timeout) if plan.timeout else "none"
    if len(plan.processes) > 1:
        yield "When a rank fails", f"the others are ended after {grace.own:g} s, and killed {grace.term:g} s later"


def ranks(plan: SubmissionPlan) -> str:
    """Return nodes × processes per node = ranks; where each process is a launcher, how many ranks those start."""
    started = launched(plan)
    if not launches(plan.processes):
        return shape_text(plan.topology)
    launchers = launchers_text(len(plan.processes), started)
    return f"{launchers}, which count the ranks themselves" if started is None else launchers


def launched(plan: SubmissionPlan) -> int | None:
    """Return how many ranks the launchers of the plan start, None where it has none or that is not known before."""
    return ranks_of_launchers(plan.job.command, len(plan.processes)) if launches(plan.processes) else None


def ranks_of_launchers(command: str, processes: int) -> int | None:
    """Return how many ranks `processes` launchers start, None where that is not known before; without one, as many."""
    launcher = launcher_in(command)
    each = launcher.nproc_per_node if launcher else 1
    return processes * each if isinstance(each, int) else None
