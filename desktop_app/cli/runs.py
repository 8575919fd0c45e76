"""The runs that this machine knows: list, show, logs, diagnose, cancel, stragglers, compare, bundle, open, rm."""

from __future__ import annotations

import asyncio
import shlex
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from desktop_app.api import OutsideError, RunSnapshot, RunStatus, UserError
from desktop_app.cli import (
    console,
    run_bundle,
    run_compare,
    run_download,
    run_drill,
    run_everyone,
    run_logs,
    run_open,
    run_stragglers,
    trials,
)
from desktop_app.cli.dispatch import add_shared
from desktop_app.cli.explained import diagnosis_lines, diagnosis_shape, explained_lines
from desktop_app.cli.lookup import find_run, refresh
from desktop_app.cli.shapes import run_shape
from desktop_app.cli.taking_part import opened
from desktop_app.cli.terminal_text import plain
from desktop_app.cli.told import told_of
from desktop_app.cli.words import duration, ending, exit_text, first_failure_of, outputs, workspace_of
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.rank_words import names_of, ranks
from desktop_app.services.diagnosing.runs import is_told_of
from desktop_app.services.workbench import Workbench


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    verbs = parser.add_subparsers(
        metavar="list|show|logs|diagnose|cancel|download|drill|stragglers|compare|bundle|open|rm", required=True
    )
    listed = _add(verbs, "list", _listed, "all runs, newest first; trials stand with their sweep")
    run_everyone.configure(listed)
    listed.add_argument("--sweep", metavar="R", help="the trials of this sweep instead")
    show = _add(verbs, "show", _show, "one run with its phases, ranks and metrics")
    logs = _add(verbs, "logs", run_logs.run, "the logs of a run, all ranks merged by time")
    diagnose = _add(verbs, "diagnose", _diagnose, "why a run failed: the cause, the line, what to try, who fell when")
    cancel = _add(verbs, "cancel", _cancel, "end a run: SIGTERM, a grace period, SIGKILL")
    download = _add(verbs, "download", run_download.run, "copy outputs, logs and the job file into a folder")
    drill = _add(verbs, "drill", run_drill.run, "do a fault to a live run, to see whether it bears it")
    stragglers = _add(verbs, "stragglers", run_stragglers.run, "how fast each rank is, and who holds others up")
    compare = _add(verbs, "compare", run_compare.run, "what differs between two runs: job, plan, code, metrics, ends")
    bundle = _add(verbs, "bundle", run_bundle.run, "one zip with job, logs and state, without secrets, to send on")
    run_open.configure(_add(verbs, "open", run_open.run, "a colleague's bundle, or logs from elsewhere, to look at"))
    remove = _add(verbs, "rm", _remove, "forget a run that is over and delete its files")
    for each in (show, logs, diagnose, cancel, download, drill, stragglers, compare, bundle, remove):
        each.add_argument("name", metavar="R", help="the run's name or its end; azureml://WORKSPACE/NAME for any job")
    run_logs.configure(logs)
    run_download.configure(download)
    run_drill.configure(drill)
    run_compare.configure(compare)
    run_bundle.configure(bundle)


def run(options: Namespace) -> int:
    """Do what the second verb says."""
    act: Callable[[Workbench, Namespace], Awaitable[int]] = options.act
    return asyncio.run(_act(act, options))


async def _act(act: Callable[[Workbench, Namespace], Awaitable[int]], options: Namespace) -> int:
    workbench = opened(options)
    try:
        return await act(workbench, options)
    finally:
        await workbench.cloud.close()


def _add(verbs: Any, name: str, act: Callable[[Workbench, Namespace], Awaitable[int]], summary: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(name, help=summary, description=summary, allow_abbrev=False)
    parser.set_defaults(act=act)
    add_shared(parser)
    return parser


async def _listed(workbench: Workbench, options: Namespace) -> int:
    if options.everyone:
        return await run_everyone.list_jobs(workbench, options)
    run_everyone.refuse_alone(options)
    if options.sweep is not None:
        return await _list_trials(workbench, options)
    return await _list(workbench, options)


async def _list(workbench: Workbench, options: Namespace) -> int:
    said = await refresh(workbench)
    known = [each for each in workbench.store.runs.values() if each.trial is None]
    runs = sorted(known, key=lambda each: each.created, reverse=True)
    if options.json:
        console.document({"runs": [run_shape(each) for each in runs]})
    elif runs:
        several = len({workspace_of(each) for each in runs} - {""}) > 1
        rows = [_row(each, several) for each in runs]
        console.table(("RUN", "STATUS", "NAME", "BACKEND", "RANKS", "CREATED", "TOOK"), rows)
    else:
        console.note("There are no runs yet. `rankzero run --sample` starts the first one.")
    if said:
        console.note(said)
    return 0


async def _list_trials(workbench: Workbench, options: Namespace) -> int:
    sweep = await find_run(workbench, options.sweep)
    trials.refuse_others(sweep)
    found = workbench.trials_of(sweep)
    if options.json:
        console.document({"runs": [run_shape(each) for each in found]})
    elif found:
        console.table(*trials.table(sweep, found))
    else:
        console.note(f"{sweep.run} has no trials yet.")
    return 0


def _row(run: RunSnapshot, several: bool) -> Sequence[str]:
    created = run.created.astimezone().strftime("%Y-%m-%d %H:%M")
    workspace = workspace_of(run) if several else ""
    place = f"{run.backend} ({workspace})" if workspace else run.backend
    if run.from_bundle:
        place = f"opened: {run.from_bundle.rpartition(', ')[0]}"
    return (run.run, run.status.value, run.display_name, place, ranks(run), created, duration(run))


async def _show(workbench: Workbench, options: Namespace) -> int:
    found = await find_run(workbench, options.name)
    told = await told_of(workbench, found)
    own = workbench.trials_of(found)
    if options.json:
        more = {"trials": [run_shape(each) for each in own]} if found.sweep else {}
        console.document({**run_shape(found, told.known), **more})
        return 0
    print_run(found, told.known, told.run)
    if own:
        print()
        console.table(*trials.table(found, own))
    return 0


async def _named(workbench: Workbench, name: str) -> RunSnapshot:
    """Return the run to diagnose; who gives logs instead is told what reads them."""
    try:
        return await find_run(workbench, name)
    except OutsideError:
        raise
    except UserError as error:
        if not Path(name).exists():
            raise
        hint = f"It is on the disk: rankzero diagnose {shlex.quote(name)} reads logs that no run here wrote."
        raise UserError(error.message, hint=hint) from None


def _did_not_fail(run: RunSnapshot, fallen: Sequence[RunSnapshot]) -> UserError:
    """Return what to say of a run without a failure; a sweep may have some trials that have one."""
    hint = (
        "Only one that Failed, or that its time limit ended, has a cause. What its logs say so far: "
        f"rankzero diagnose {shlex.quote(f'{run.folder}/user_logs')}"
    )
    if fallen:
        count = "One of its trials" if len(fallen) == 1 else f"{len(fallen)} of its trials"
        hint = f"{count} did: rankzero runs diagnose {fallen[0].run}"
    return UserError(f"{run.run} did not fail: it is {run.status.value}.", hint=hint)


async def _diagnose(workbench: Workbench, options: Namespace) -> int:
    found = await _named(workbench, options.name)
    if not is_told_of(found):
        raise _did_not_fail(found, [each for each in workbench.trials_of(found) if is_told_of(each)])
    told = await told_of(workbench, found)
    known = told.known
    if options.json:
        trial = {"trial": told.run.run} if told.run.run != found.run else {}
        console.document({"run": found.run, **trial, **diagnosis_shape(known, workbench.plugins)})
        return 0
    for title, text in (("Failure", first_failure_of(found, known)), *diagnosis_lines(known, told.run)):
        if text:
            print(plain(f"{title:<11} {text}"))
    return 0


def print_run(run: RunSnapshot, known: Diagnosis, whose: RunSnapshot | None = None) -> None:
    """Print what is known of a run, for a person; `whose` is the trial of a sweep that `known` speaks of."""
    facts = {
        "Run": run.run,
        "Name": run.display_name,
        "Experiment": run.experiment,
        "Status": run.status.value,
        "From": run.from_bundle,
        "Workspace": workspace_of(run),
        "Reason": run.reason,
        "Failure": first_failure_of(run, known),
        **trials.facts(run),
        "Size": "" if run.sweep else ranks(run),
        "Took": duration(run),
        "Outputs": outputs(run).removeprefix("Outputs: "),
        "Folder": run.folder,
    }
    for title, text in facts.items():
        if text or title not in ("From", "Workspace", "Reason", "Failure", "Size"):
            print(plain(f"{title:<11} {text}".rstrip()))
    for title, text in explained_lines(known, whose or run):
        print(plain(f"{title:<11} {text}"))
    for each in run.drills:
        print(plain(f"{'Drill':<11} {each.at.astimezone():%H:%M:%S} {each.text}"))
    for phase in run.phases:
        took = f"{(phase.ended - phase.started).total_seconds():.1f} s" if phase.ended else "…"
        print(f"{'Phase':<11} {phase.name.value} {took}")
    names = names_of(run.ranks, run.framework)
    for rank in run.ranks:
        code = "" if rank.exit_code is None else f" {exit_text(rank.exit_code)}"
        role = f" ({names[rank.rank].name})" if names[rank.rank].role else ""
        print(f"{'Rank':<11} {rank.rank}{role} on node {rank.node}: {rank.status.value}{code}")
    for name, (value, step) in sorted(run.metrics.items()):
        print(f"{'Metric':<11} {plain(name)} = {value:g} at step {step}")


async def _cancel(workbench: Workbench, options: Namespace) -> int:
    found = await find_run(workbench, options.name)
    if found.is_over:
        raise UserError(f"{found.run} is over already: {found.status.value}.")
    backend = workbench.backend_of(found.handle)
    await backend.cancel(found.handle)
    found = await _wait_for_end(workbench, found)
    if options.json:
        console.document(run_shape(found))
    else:
        console.note(ending(found) if found.is_over else f"{found.run} was asked to end.")
    return 0


async def _wait_for_end(workbench: Workbench, run: RunSnapshot, limit: float = 60.0) -> RunSnapshot:
    backend = workbench.backend_of(run.handle)
    for _look in range(int(limit / 0.2)):
        run = (await backend.snapshots([run.handle])).get(run.handle, run)
        if run.is_over:
            workbench.archive.record(run)
            break
        await asyncio.sleep(0.2)
    return run


async def _remove(workbench: Workbench, options: Namespace) -> int:
    found = await find_run(workbench, options.name)
    if not found.is_over and found.status is not RunStatus.UNKNOWN:
        raise UserError(f"{found.run} is still going on.", hint=f"`rankzero runs cancel {found.run}` ends it.")
    if found.handle in await workbench.backend_of(found.handle).discover():
        await workbench.backend_of(found.handle).remove(found.handle)
    own = workbench.trials_of(found)
    workbench.forget(*own, found)
    if options.json:
        console.document({"removed": found.run, **({"trials": [each.run for each in own]} if found.sweep else {})})
    else:
        gone = f" and its {len(own)} trials are" if len(own) > 1 else " and its trial are" if own else " is"
        console.note(f"{found.run}{gone} gone.")
    return 0
