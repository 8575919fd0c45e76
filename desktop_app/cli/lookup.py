"""Finds the run that a person names: its whole name or handle, or an end of it that fits one run alone."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from desktop_app.api import OutsideError, RunSnapshot, RunStatus, UserError
from desktop_app.cli import console
from desktop_app.cli.run_everyone import SCHEME, handle_named
from desktop_app.core.nearest import nearest
from desktop_app.services.workbench import Workbench

AZUREML = "azureml"
_MOST_REASONS = 3


async def refresh(workbench: Workbench) -> str:
    """Learn how the runs are, and return what to say of those that could not be asked for.

    Where a cloud can't be reached, its runs are as they were seen last: who is offline is not made to wait for that.
    """
    live = await _refresh_here(workbench)
    if live and not await _is_reachable(workbench, live):
        return "Azure ML can't be reached at the moment: its runs are shown as they were seen last."
    await _refresh_cloud(workbench, live)
    unseen = (each for each in workbench.store.runs.values() if each.status is RunStatus.UNKNOWN and not each.is_over)
    reasons = {each.reason: None for each in unseen}
    return " ".join(list(reasons)[:_MOST_REASONS])


async def _refresh_here(workbench: Workbench) -> list[RunSnapshot]:
    """Learn how the runs on this machine are, and return those that go on in a cloud."""
    await workbench.monitor.refresh(*(name for name in workbench.backends if name != AZUREML))
    return [each for each in workbench.store.runs.values() if each.backend == AZUREML and not each.is_over]


async def _refresh_cloud(workbench: Workbench, live: Sequence[RunSnapshot]) -> None:
    if live:
        await prepare(workbench)
    await workbench.monitor.refresh(AZUREML)


async def prepare(workbench: Workbench) -> None:
    """Have the Azure ML client made, saying so; where that fails, whoever needs it says why."""
    progress = console.ProgressLines()
    try:
        with contextlib.suppress(OutsideError):
            await workbench.toolchains.create(AZUREML, progress)
    finally:
        progress.close()


async def _is_reachable(workbench: Workbench, live: Sequence[RunSnapshot]) -> bool:
    """Whether any of the clouds that runs are in can be reached."""
    known = workbench.cloud.workspaces()
    clouds = {each.cloud: each for each in known if any(f"/{each.key}/" in run.handle for run in live)}
    answers = await asyncio.gather(*(workbench.cloud.is_reachable(each) for each in clouds.values()))
    return any(answers) or not answers


async def find_run(workbench: Workbench, name: str) -> RunSnapshot:
    """Return the present state of a run. Raises UserError if there is none of that name, or more than one."""
    await _refresh_cloud(workbench, await _refresh_here(workbench))
    name = await _opened(workbench, name) if name.startswith(SCHEME) else name
    runs = list(workbench.store.runs.values())
    exact = [each for each in runs if name in (each.run, each.handle)]
    if exact:
        return await _ready(workbench, exact[0])
    fitting = [each for each in runs if name and each.run.endswith(name)]
    if len(fitting) == 1:
        return await _ready(workbench, fitting[0])
    if fitting:
        names = ", ".join(sorted(each.run for each in fitting))
        raise UserError(f"“{name}” fits several runs: {names}.", hint="Give more of the name.")
    hint = nearest(name, [each.run for each in runs][:5]) if runs else "There are no runs yet."
    raise UserError(f"There is no run “{name}”.", hint=hint)


async def _ready(workbench: Workbench, run: RunSnapshot) -> RunSnapshot:
    """Return a run once what it needs is there: what becomes of one in a cloud is asked of the Azure ML client."""
    if run.backend == AZUREML and run.is_over:
        await prepare(workbench)
    return run


async def _opened(workbench: Workbench, name: str) -> str:
    """Return the handle of a job in a workspace, which is among the runs from now on, whoever sent it."""
    handle = handle_named(name, workbench.cloud.workspaces())
    if handle not in workbench.store.runs:
        await prepare(workbench)
        await workbench.cloud.open(handle)
        await workbench.monitor.refresh(AZUREML)
    return handle
