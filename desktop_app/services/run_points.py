"""What a run logged, where somebody can be asked; a run that is out of reach is looked at without it."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import MetricPoint, OutsideError, RunSnapshot, UserError
from desktop_app.services.workbench import Workbench


async def points_of(workbench: Workbench, run: RunSnapshot) -> Sequence[MetricPoint]:
    """Return the metrics of a run; nothing where they can't be asked for any more."""
    try:
        return await workbench.backend_of(run.handle).metrics(run.handle)
    except (UserError, OutsideError, OSError):
        return ()
