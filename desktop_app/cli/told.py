"""What is known of why a run failed, for the verbs that say it: of a sweep, what is known of its trials."""

from __future__ import annotations

from desktop_app.api import RunSnapshot
from desktop_app.cli import trials
from desktop_app.services.diagnosing.runs import diagnose_run, is_told_of
from desktop_app.services.diagnosing.sweeps import Told, diagnose_with_trials
from desktop_app.services.workbench import Workbench


async def told_of(workbench: Workbench, run: RunSnapshot) -> Told:
    """Return what is known of a run, and of which run that speaks."""
    if run.sweep is None or not is_told_of(run):
        return Told(run, await diagnose_run(workbench.plugins, run))
    own = workbench.trials_of(run) or await _discovered(workbench, run)
    return await diagnose_with_trials(workbench.plugins, run, own)


async def _discovered(workbench: Workbench, sweep: RunSnapshot) -> list[RunSnapshot]:
    """Return the trials of a sweep that was just followed, which nobody has looked for yet."""
    backend = workbench.backend_of(sweep.handle)
    mine = [each for each in await backend.discover() if each.startswith(f"{sweep.handle}_")]
    return list(trials.trials_of(sweep, (await backend.snapshots(mine)).values()))
