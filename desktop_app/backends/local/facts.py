"""What is worth a look before a job is submitted here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop_app.api import SubmissionPlan
from desktop_app.core.commands import launcher_in
from desktop_app.core.rank_words import has_roles, launchers_text, launches, roles_text, shape_text
from desktop_app.core.words import limit_text, size_text
from desktop_app.worker.supervisor.ending import Grace

MOST_SHOWN = 4
"""So many addresses are shown; the rest is counted."""


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
    yield from (("Ranks meet at", each) for each in [meeting_place(plan)] if each)
    yield "Time limit", limit_text(plan.timeout) if plan.timeout else "none"
    if len(plan.processes) > 1:
        yield "When a rank fails", f"the others are ended after {grace.own:g} s, and killed {grace.term:g} s later"


def meeting_place(plan: SubmissionPlan) -> str:
    """Return where ranks find each other: a launcher, an address, or those that TF_CONFIG names; empty for none."""
    if plan.launchers:
        return f"{Path(plan.launchers[0].argv[0]).name}, which starts them and tells them of each other"
    for each in plan.processes:
        if "MASTER_PORT" in each.environment:
            return f"{each.environment.get('MASTER_ADDR', '')}:{each.environment['MASTER_PORT']}"
        if "TF_CONFIG" in each.environment:
            return _listed(_addresses(each.environment["TF_CONFIG"]))
        if "RAY_ADDRESS" in each.environment:
            return each.environment["RAY_ADDRESS"]
    return ""


def _addresses(config: str) -> list[str]:
    """Return the addresses of a TF_CONFIG; none where it is not what it should be."""
    try:
        cluster = json.loads(config)["cluster"]
        return [str(each) for addresses in cluster.values() for each in addresses]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def _listed(addresses: Sequence[str]) -> str:
    more = f" and {len(addresses) - MOST_SHOWN} more" if len(addresses) > MOST_SHOWN else ""
    return ", ".join(addresses[:MOST_SHOWN]) + more


def ranks(plan: SubmissionPlan) -> str:
    """Return nodes × processes per node = ranks; where each process is a launcher, how many ranks those start."""
    started = launched(plan)
    roles = [each.role for each in plan.processes]
    if has_roles(roles):
        return roles_text(roles)
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
