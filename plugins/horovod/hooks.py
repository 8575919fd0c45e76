"""What this plugin contributes, hook by hook; the work is in its other files, each imported when its hook is called."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import (
    Host,
    Job,
    ProcessSpec,
    RankTable,
    ScriptScan,
    ScriptSource,
    VmSize,
    hookimpl,
)


@hookimpl
def launch_plan(job: Job, host: Host) -> Sequence[ProcessSpec] | None:
    """Return mpirun and the ranks that it starts."""
    from . import launch

    return launch.processes(job, host)


@hookimpl
def rank_table(job: Job, size: VmSize | None, first: int, count: int) -> RankTable | None:
    """Return what the ranks of an MPI job see on Azure ML."""
    from . import ranks

    return ranks.table(job, size, first, count)


@hookimpl
def scan_script(source: ScriptSource) -> ScriptScan | None:
    """Return what a script does with Horovod or MPI."""
    from . import scan

    return scan.scan(source)
