"""Submit a job and, unless told otherwise, follow it to its end. Exits 0 only if the run Completed."""

from __future__ import annotations

import asyncio
import dataclasses
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from desktop_app.api import (
    Diagnostic,
    OutsideError,
    RunSnapshot,
    RunStatus,
    Severity,
    SubmissionPlan,
    UserError,
    Value,
    Workspace,
)
from desktop_app.cli import console
from desktop_app.cli.explained import explained_lines
from desktop_app.cli.following import Follower, Interrupts
from desktop_app.cli.in_cloud import AZUREML, named
from desktop_app.cli.outbox import IN_DOUBT
from desktop_app.cli.refusals import UsageError
from desktop_app.cli.shapes import run_shape
from desktop_app.cli.taking_part import failed_shape, opened, say_absent
from desktop_app.cli.told import told_of
from desktop_app.cli.words import ending, no_rank, place, summary
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.rank_words import ranks
from desktop_app.documents.edits import parse_assignment
from desktop_app.services.diagnosing.sweeps import Told
from desktop_app.services.jobs import JobError, errors_of
from desktop_app.services.readiness import readiness
from desktop_app.services.samples import FIRST, own_job
from desktop_app.services.workbench import Workbench


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("job", metavar="JOB.yml", nargs="?", type=Path, help="the job file")
    parser.add_argument(
        "--sample", metavar="NAME", nargs="?", const=FIRST,
        help="run a sample, from a copy of one's own; without NAME the PyTorch one, a wrong NAME lists them all",
    )  # fmt: skip
    parser.add_argument("--backend", help="where it runs: local, or azureml for the workspace in use (default: local)")
    parser.add_argument("--workspace", metavar="NAME", help="in this Azure ML workspace instead of the one in use")
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], type=_assignment, help="a value for this run alone"
    )
    parser.add_argument("--rank", metavar="N", type=int, help="show the log of this rank alone")
    parser.add_argument("--detach", action="store_true", help="return once the run is submitted")


def run(options: Namespace) -> int:
    """Submit and follow."""
    if (options.job is None) != (options.sample is not None) or _is_path(options.sample):
        none = options.job is None and options.sample is None
        message = "Give a job file, or --sample." if none else "Give a job file or --sample, not both."
        raise UsageError(message, hint="`rankzero run --help` shows what it takes.")
    if options.workspace and options.backend not in (None, AZUREML):
        raise UsageError("--workspace is for --backend azureml.", hint="Leave one of the two out.")
    options.backend = options.backend or (AZUREML if options.workspace else "local")
    workbench = opened(options)
    path = options.job if options.sample is None else own_job(workbench.places, options.sample)
    return asyncio.run(_closing(workbench, _run(workbench, path, dict(options.set), options)))


async def _closing(workbench: Workbench, work: Coroutine[Any, Any, int]) -> int:
    try:
        return await work
    finally:
        await workbench.cloud.close()


def _is_path(name: str | None) -> bool:
    """Whether a job file was taken for the name of a sample: `run --sample ./job.yml`."""
    return name is not None and Path(name).name != name


def _assignment(text: str) -> tuple[str, Value]:
    try:
        return parse_assignment(text)
    except UserError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from error


async def _run(workbench: Workbench, path: Path, sets: dict[str, Value], options: Namespace) -> int:
    workspace = _workspace(workbench, options)
    _warm_up(workbench, workspace)
    plan = await workbench.jobs.plan_file(path, sets, options.backend, workspace.key if workspace else "")
    say_absent(options)
    _say_findings(path, plan)
    _check_rank(plan, options.rank)
    _say_findings(path, dataclasses.replace(plan, diagnostics=tuple(await _in_the_way(workbench, plan, workspace))))
    interrupts = Interrupts(asyncio.get_running_loop())
    with interrupts.caught():
        handle = await _submitted(workbench, plan, interrupts)
        if not handle:
            _say_taken_back(workbench, plan.run)
            return 130
        first = await _first(workbench, handle)
        if options.detach and not interrupts.asked.is_set():
            return await _detached(workbench, first, options.json)
        size = "a sweep" if first.sweep else ranks(first)
        console.note(f"{first.run}: {first.display_name}, {size}.")  # other verbs want its name meanwhile
        follower = Follower(workbench.backend_of(handle), handle, _writer(options.json), options.rank)
        snapshot = await follower.follow(interrupts)
    workbench.archive.record(snapshot)
    told = await told_of(workbench, snapshot)
    if options.json:
        console.document(_shape(workbench, snapshot, told.known))
    _say_end(snapshot, told)
    if snapshot.backend == AZUREML and snapshot.status is RunStatus.CANCELED and not interrupts.asked.is_set():
        console.note("It was not canceled from here: somebody in the workspace did that, or Azure ML at a limit.")
    return 130 if interrupts.asked.is_set() else _code_of(snapshot)


def _code_of(snapshot: RunSnapshot) -> int:
    """Return the exit code for a run that is over."""
    if snapshot.status is RunStatus.COMPLETED:
        return 0
    return OutsideError.exit_code if snapshot.outside else 1


def _warm_up(workbench: Workbench, workspace: Workspace | None) -> None:
    """Let the Azure ML client, where it is made, start while the job is read: a second that nobody waits for."""
    if workspace is not None and workbench.toolchains.get(AZUREML).state == "ready":
        workbench.cloud.warm_up(workspace)


def _workspace(workbench: Workbench, options: Namespace) -> Workspace | None:
    """Return the workspace that the job goes to; None where it runs elsewhere, or none is in use."""
    if options.workspace:
        return named(options.workspace, workbench.cloud.workspaces())
    return workbench.cloud.current() if options.backend == AZUREML else None


async def _in_the_way(workbench: Workbench, plan: SubmissionPlan, workspace: Workspace | None) -> list[Diagnostic]:
    """Return what stands in the way of a job in its workspace; nothing where that can't be asked now: it is kept."""
    if workspace is None:
        return []
    progress = console.ProgressLines()
    try:
        await workbench.toolchains.create(AZUREML, progress)
        progress(f"Looking at the compute of {workspace.name}", None)
        return await readiness(workbench.cloud, workspace, plan)
    except OutsideError as error:
        if error.exit_code != OutsideError.exit_code or getattr(error, "kind", "") == "signed-out":
            raise  # the workspace is gone, or who asks is not let in: waiting changes nothing of that
        return []
    finally:
        progress.close()


def _say_findings(path: Path, plan: SubmissionPlan) -> None:
    for each in plan.diagnostics:
        if each.severity is Severity.WARNING:
            console.warning(f"{place(path, each)}: {each.message}")
    errors = errors_of(plan.diagnostics)
    if errors:
        hint = "Mend what is listed above and try again."
        raise JobError("The job was not started.", errors, hint=hint, path=path)


def _check_rank(plan: SubmissionPlan, rank: int | None) -> None:
    if rank is not None and rank not in [each.rank for each in plan.processes]:
        raise UserError(f"The job has no rank {rank}.", hint=no_rank(plan.processes))


def _say_taken_back(workbench: Workbench, run: str) -> None:
    if run not in [each.run for each in workbench.cloud.waiting()]:
        console.note("The job was taken back before Azure ML had it.")
        return
    console.note(f"{run}: {IN_DOUBT} `rankzero outbox send {run}` asks now.")


async def _submitted(workbench: Workbench, plan: SubmissionPlan, interrupts: Interrupts) -> str:
    """Return the run's handle; empty where Ctrl+C came while the job was on its way to the cloud and took it back."""
    submitting = asyncio.ensure_future(_submit(workbench, plan))
    if plan.backend == "local":  # of no length, and canceled as a run
        return await submitting
    asked = asyncio.ensure_future(interrupts.any.wait())
    try:
        await asyncio.wait({submitting, asked}, return_when=asyncio.FIRST_COMPLETED)
        if not submitting.done():
            submitting.cancel()
        return await submitting
    except asyncio.CancelledError:
        return ""
    finally:
        asked.cancel()


async def _submit(workbench: Workbench, plan: SubmissionPlan) -> str:
    progress = console.ProgressLines()
    try:
        return await workbench.jobs.submit(plan, progress)
    finally:
        progress.close()


async def _first(workbench: Workbench, handle: str) -> RunSnapshot:
    """Return the run as it starts, and remember it: whatever becomes of its folder, it is listed."""
    snapshot = (await workbench.backend_of(handle).snapshots([handle])).get(handle)
    if snapshot is None:
        raise OutsideError(f"The run {handle.rpartition('/')[2]} was submitted and can't be found.")
    workbench.archive.record(snapshot)
    return snapshot


async def _detached(workbench: Workbench, snapshot: RunSnapshot, as_json: bool) -> int:
    told = await told_of(workbench, snapshot) if snapshot.is_over else Told(snapshot, Diagnosis())
    if as_json:
        console.document(_shape(workbench, snapshot, told.known))
    else:
        print(snapshot.run)
    if snapshot.is_over:  # there is nothing to follow any more
        _say_end(snapshot, told)
        return _code_of(snapshot)
    if snapshot.handle in [each.handle for each in workbench.cloud.waiting()]:
        console.warning(f"{snapshot.run}: {snapshot.reason} `rankzero outbox send {snapshot.run}` tries again.")
        return OutsideError.exit_code
    if not as_json:
        console.note(f"{summary(snapshot)} Follow it: rankzero runs logs {snapshot.run} --follow")
    return 0


def _shape(workbench: Workbench, snapshot: RunSnapshot, known: Diagnosis) -> dict[str, Any]:
    return {**run_shape(snapshot, known), "plugins_failed": failed_shape(workbench.plugins)}


def _writer(as_json: bool) -> Callable[[str], None]:
    """Return what takes the lines of the logs: standard output, unless the JSON document belongs there.

    A reader that goes away (`| head`) must not take the run's result with it.
    """
    if as_json:
        return lambda line: console.log_line(line, sys.stderr)

    def write(line: str) -> None:
        try:
            console.log_line(line, sys.stdout)
        except BrokenPipeError:
            console.stop_output()

    return write


def _say_end(snapshot: RunSnapshot, told: Told) -> None:
    if snapshot.status is RunStatus.COMPLETED:
        console.note(ending(snapshot))
    else:
        console.error(ending(snapshot, told.known))
    for title, text in explained_lines(told.known, told.run):
        console.note(f"{title + ':':<6} {text}")
