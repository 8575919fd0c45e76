"""What this plugin contributes, hook by hook; the work is in its other files, each imported when its hook is called."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import Host, Job, ProcessSpec, RankTable, VmSize, hookimpl


@hookimpl
def launch_plan(job: Job, host: Host) -> Sequence[ProcessSpec] | None:
    """Return the driver, the head and a worker node for every other machine."""
    from . import launch

    return launch.processes(job, host)


@hookimpl
def rank_table(job: Job, size: VmSize | None, first: int, count: int) -> RankTable | None:
    """Return what runs on which node."""
    from . import ranks

    return ranks.table(job, size, first, count)
