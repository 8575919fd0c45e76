"""The jobs of an Azure ML workspace, everybody's: `runs list --everyone`; and how one of them is named to be opened."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from desktop_app.api import UserError, Workspace, WorkspaceJob
from desktop_app.cli import console
from desktop_app.cli.cloud_shapes import job_shape
from desktop_app.cli.in_cloud import AZUREML, Desk, named
from desktop_app.cli.refusals import UsageError
from desktop_app.services.workbench import Workbench

SCHEME = "azureml://"
_USUAL = 50


def configure(parser: ArgumentParser) -> None:
    """Add the options of `runs list`."""
    parser.add_argument(
        "--everyone", action="store_true", help="the jobs of an Azure ML workspace, whoever sent them, instead"
    )
    parser.add_argument("--workspace", metavar="NAME", help="with --everyone: of this workspace, not the one in use")
    parser.add_argument(
        "--limit", metavar="N", type=int, help=f"with --everyone: so many, the newest (default: {_USUAL})"
    )


async def list_jobs(workbench: Workbench, options: Namespace) -> int:
    """Print the newest jobs of a workspace."""
    limit = _USUAL if options.limit is None else options.limit
    if limit < 1:
        raise UsageError("--limit takes a number from 1 on.")
    desk = Desk(workbench, options)
    workspace = desk.workspace
    try:
        await workbench.toolchains.create(AZUREML, desk.progress)
        found, has_more = await _newest(desk, workspace, limit)
    finally:
        desk.progress.close()
    if options.json:
        shapes = [job_shape(each) for each in found]
        console.document({"workspace": workspace.name, "jobs": shapes, "more": has_more})
    elif found:
        heads = ("RUN", "STATUS", "NAME", "KIND", "BY", "EXPERIMENT", "CREATED")
        console.table(heads, [_row(each) for each in found])
        more = f" There are more: --limit {2 * limit} shows them." if has_more else ""
        console.note(f"`rankzero runs show {SCHEME}{workspace.name}/RUN` opens one.{more}")
    else:
        console.note(f"{workspace.name} has no jobs yet.")
    return 0


def refuse_alone(options: Namespace) -> None:
    """Refuse what is of use with `--everyone` alone. Raises UsageError."""
    given = [name for name in ("workspace", "limit") if getattr(options, name) is not None]
    if given:
        raise UsageError(
            f"--{given[0]} goes with --everyone.", hint="Without it the runs that this machine knows are listed."
        )


def handle_named(name: str, known: Sequence[Workspace]) -> str:
    """Return the handle for `azureml://WORKSPACE/RUN`, or for one that is whole already. Raises UserError."""
    parts = name.removeprefix(SCHEME).split("/")
    if len(parts) == 2 and all(parts):
        return f"{SCHEME}{named(parts[0], known).key}/{parts[1]}"
    if len(parts) == 4 and all(parts):
        return name
    raise UserError(f"“{name}” names no run.", hint=f"Write {SCHEME}WORKSPACE/RUN.")


async def _newest(desk: Desk, workspace: Workspace, limit: int) -> tuple[list[WorkspaceJob], bool]:
    """Return so many jobs, and whether there are more."""
    page = await desk.cloud.jobs(workspace)
    found = list(page.jobs)
    while page.after and len(found) < limit:
        page = await desk.cloud.jobs(workspace, page.after)
        found += page.jobs
    return found[:limit], bool(page.after) or len(found) > limit


def _row(each: WorkspaceJob) -> Sequence[str]:
    created = each.created.astimezone().strftime("%Y-%m-%d %H:%M") if each.created else ""
    return (each.run, each.status.value, each.display_name, each.kind, each.created_by, each.experiment, created)
