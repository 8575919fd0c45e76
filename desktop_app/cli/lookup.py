"""Finds the run that a person names: its whole name or handle, or an end of it that fits one run alone."""

from __future__ import annotations

from desktop_app.api import RunSnapshot, UserError
from desktop_app.core.nearest import nearest
from desktop_app.services.workbench import Workbench


async def find_run(workbench: Workbench, name: str) -> RunSnapshot:
    """Return the present state of a run. Raises UserError if there is none of that name, or more than one."""
    await workbench.monitor.refresh()
    runs = list(workbench.store.runs.values())
    exact = [each for each in runs if name in (each.run, each.handle)]
    if exact:
        return exact[0]
    fitting = [each for each in runs if name and each.run.endswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        names = ", ".join(sorted(each.run for each in fitting))
        raise UserError(f"“{name}” fits several runs: {names}.", hint="Give more of the name.")
    hint = nearest(name, [each.run for each in runs][:5]) if runs else "There are no runs yet."
    raise UserError(f"There is no run “{name}”.", hint=hint)
