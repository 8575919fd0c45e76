"""Submit a job and, unless told otherwise, follow it to its end. Exits 0 only if the run Completed."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path

from desktop_app.api import RunSnapshot, RunStatus, Severity, SubmissionPlan, UserError, Value
from desktop_app.cli import console
from desktop_app.cli.following import Follower, Interrupts
from desktop_app.cli.shapes import run_shape
from desktop_app.cli.words import ending, place, summary
from desktop_app.compose import open_workbench
from desktop_app.documents.edits import parse_assignment
from desktop_app.services.jobs import errors_of
from desktop_app.services.samples import own_copy
from desktop_app.services.workbench import Workbench


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("job", metavar="JOB.yml", nargs="?", type=Path, help="the job file")
    parser.add_argument("--sample", action="store_true", help="run a copy of the sample project of one's own")
    parser.add_argument("--backend", default="local", help="where it runs (default: local)")
    parser.add_argument(
        "--set", metavar="KEY=VALUE", action="append", default=[], type=_assignment, help="a value for this run alone"
    )
    parser.add_argument("--rank", metavar="N", type=int, help="show the log of this rank alone")
    parser.add_argument("--detach", action="store_true", help="return once the run is submitted")


def run(options: Namespace) -> int:
    """Submit and follow."""
    if (options.job is None) != options.sample:
        console.error("Give a job file, or --sample.", "`rankzero run --help` shows what it takes.")
        return 2
    workbench = open_workbench(options.home, options.safe_mode)
    path = own_copy(workbench.places) / "job.yml" if options.sample else options.job
    return asyncio.run(_run(workbench, path, dict(options.set), options))


def _assignment(text: str) -> tuple[str, Value]:
    try:
        return parse_assignment(text)
    except UserError as error:
        raise ArgumentTypeError(str(error).rstrip(".")) from error


async def _run(workbench: Workbench, path: Path, sets: dict[str, Value], options: Namespace) -> int:
    plan = await workbench.jobs.plan_file(path, sets, options.backend)
    _say_findings(path, plan)
    interrupts = Interrupts(asyncio.get_running_loop())
    with interrupts.caught():
        handle = await _submit(workbench, plan)
        if options.detach and not interrupts.asked.is_set():
            return await _detached(workbench, handle, options.json)
        follower = Follower(workbench.backend_of(handle), handle, _writer(options.json), options.rank)
        snapshot = await follower.follow(interrupts)
    workbench.archive.record(snapshot)
    if options.json:
        console.document(run_shape(snapshot))
    _say_end(snapshot)
    if interrupts.asked.is_set():
        return 130
    return 0 if snapshot.status is RunStatus.COMPLETED else 1


def _say_findings(path: Path, plan: SubmissionPlan) -> None:
    for each in plan.diagnostics:
        if each.severity is Severity.INFO:
            continue
        say = console.error if each.severity is Severity.ERROR else console.warning
        say(f"{place(path, each)}: {each.message}")
    if errors_of(plan.diagnostics):
        raise UserError("The job was not started.", hint="Mend what is listed above and try again.")


async def _submit(workbench: Workbench, plan: SubmissionPlan) -> str:
    progress = console.ProgressLines()
    try:
        return await workbench.jobs.submit(plan, progress)
    finally:
        progress.close()


async def _detached(workbench: Workbench, handle: str, as_json: bool) -> int:
    snapshot = (await workbench.backend_of(handle).snapshots([handle])).get(handle)
    if snapshot is None:
        raise UserError(f"The run {handle} was submitted and can't be found.")
    workbench.archive.record(snapshot)
    if as_json:
        console.document(run_shape(snapshot))
    else:
        print(snapshot.run)
        console.note(f"{summary(snapshot)} Follow it: rankzero runs logs {snapshot.run} --follow")
    return 0


def _writer(as_json: bool) -> Callable[[str], None]:
    """Return what takes the lines of the logs: standard output, unless the JSON document belongs there.

    A reader that goes away (`| head`) must not take the run's result with it.
    """
    if as_json:
        return lambda line: print(line, file=sys.stderr)

    def write(line: str) -> None:
        try:
            print(line, flush=True)
        except BrokenPipeError:
            console.stop_output()

    return write


def _say_end(snapshot: RunSnapshot) -> None:
    if snapshot.status is RunStatus.COMPLETED:
        console.note(ending(snapshot))
    else:
        console.error(ending(snapshot))
