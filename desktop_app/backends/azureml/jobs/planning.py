"""Works out what submitting a job to a workspace would do, changing nothing and asking nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from desktop_app.api import (
    Diagnostic,
    Job,
    JobSource,
    ProcessSpec,
    RankTable,
    Severity,
    SubmissionPlan,
    Topology,
    UserError,
    Workspace,
)
from desktop_app.backends.azureml.jobs.gathering import Gathered, gather
from desktop_app.backends.azureml.jobs.names import new_run
from desktop_app.core.rank_words import shape_text
from desktop_app.core.sweeps.plan_facts import plan_facts
from desktop_app.core.sweeps.trials import in_trial
from desktop_app.core.words import limit_text, size_text
from desktop_app.documents.edits import set_values

NAME = "azureml"
ADD = "Add one with its config.json from the Azure portal: rankzero workspace add config.json"
_LOG = "user_logs/std_log_process_{:0{}d}.txt"
_MOST_RANKS = 4096


class Ranks(Protocol):
    """What the plan asks of the services above it."""

    def rank_table(self, job: Job, first: int, count: int) -> RankTable:
        """Return what the job's processes will see on Azure ML."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Makes plans; `ranks` knows the processes of a job."""

    ranks: Ranks

    async def plan(self, job: Job, source: JobSource, workspace: Workspace | None) -> SubmissionPlan:
        """Return the plan; what is wrong stands in its diagnostics."""
        return await asyncio.to_thread(self._plan, job, source, workspace)

    def _plan(self, job: Job, source: JobSource, workspace: Workspace | None) -> SubmissionPlan:
        text = source.text or _text_of(source.path)
        found, findings = _gathered(text, source.folder)
        run = new_run(job, source)
        checks = list(_checks(job, workspace))
        findings += [*(checks if job.sweep is None else in_trial(checks)), *found.findings]
        processes, topology = self._processes(job)
        return SubmissionPlan(
            backend=NAME,
            job=job,
            source="" if source.path is None else str(source.path.absolute()),
            topology=topology,
            processes=processes,
            files=tuple(found.files),
            inputs={name: _said(each.value if each.is_literal else each.path) for name, each in job.inputs.items()},
            outputs={name: each.path or "" for name, each in job.outputs.items()},
            environment=job.environment_variables,
            timeout=job.timeout if job.sweep is None else job.sweep.timeout,
            diagnostics=tuple(findings),
            facts=tuple(_facts(job, workspace, found, topology, run)),
            framework=job.distribution.type.lower() if job.distribution else "",
            run=run,
            source_text=text,
        )

    def _processes(self, job: Job) -> tuple[tuple[ProcessSpec, ...], Topology]:
        table = self.ranks.rank_table(job, 0, _MOST_RANKS)
        width = len(str(max(0, len(table.rows) - 1)))
        plain = len(table.rows) == 1
        return tuple(
            ProcessSpec(
                each.rank, each.local_rank, each.node, (job.command,), each.environment,
                log="user_logs/std_log.txt" if plain and job.distribution is None else _LOG.format(each.rank, width),
            )
            for each in table.rows
        ), table.topology  # fmt: skip


def texts_of(plan: SubmissionPlan, folder: Path) -> dict[str, str]:
    """Return the texts that are sent, the job file under its run's name. Reads files. Raises UserError."""
    found = gather(plan.source_text, folder)
    return found.texts | {"job.yml": set_values(found.texts["job.yml"], {"name": plan.run})}


def _gathered(text: str, folder: Path) -> tuple[Gathered, list[Diagnostic]]:
    try:
        return gather(text, folder), []
    except UserError as error:
        return Gathered(), [Diagnostic(Severity.ERROR, "cannot-read", str(error))]


def _checks(job: Job, workspace: Workspace | None) -> Iterator[Diagnostic]:
    if workspace is None:
        yield Diagnostic(Severity.ERROR, "no-workspace", f"No Azure ML workspace is in use. {ADD}")
    if not job.compute and not job.resources.instance_type:
        message = (
            "No cluster is named: Azure ML takes serverless compute, with a VM size of its own choice. "
            "Write compute: with the name of a cluster, or resources.instance_type with a size."
        )
        yield Diagnostic(Severity.WARNING, "no-compute", message, "compute")
    elif (job.compute or "").strip().lower() == "local":
        message = "compute: local runs the job with Docker on your own machine: name a cluster of the workspace."
        yield Diagnostic(Severity.ERROR, "local-compute", message, "compute")
    if not job.environment:
        message = "Write environment: with the name of one in the workspace, such as azureml:NAME@latest."
        yield Diagnostic(Severity.ERROR, "no-environment", message, "environment")
    if job.name:
        message = f"Each run gets a name of its own, which begins as name: does (“{job.name}”)."
        yield Diagnostic(Severity.INFO, "name-taken", message, "name")


def _facts(
    job: Job, workspace: Workspace | None, found: Gathered, topology: Topology, run: str
) -> Iterator[tuple[str, str]]:
    yield "Workspace", f"{workspace.name} ({workspace.group})" if workspace else "none"
    yield "Run", run
    yield "Ranks", shape_text(topology) if job.sweep is None else f"{shape_text(topology)}, in each trial"
    yield (
        "Compute",
        (job.compute or "").removeprefix("azureml:") or f"serverless {job.resources.instance_type or ''}".rstrip(),
    )
    yield "Environment", job.environment if isinstance(job.environment, str) else "made from the job file"
    yield "Files", f"{len(found.files)} ({size_text(sum(each.size for each in found.files))})"
    for what, given, size in found.parts:
        if what != "code":
            yield "Uploads", f"{given} ({what}, {size_text(size)})"
    if job.sweep is None:
        yield "Time limit", limit_text(job.timeout) if job.timeout else "none"
    yield from plan_facts(job)
    yield "Checked", "against an emulator of Azure ML, not yet against the real service"


def _said(value: object) -> str:
    return "" if value is None else str(value)


def _text_of(path: Path | None) -> str:
    try:
        return "" if path is None else path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError:
        return ""
