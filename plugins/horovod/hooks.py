"""What this plugin contributes, hook by hook; the work is in its other files, each imported when its hook is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desktop_app.api import (
    Diagnostic,
    Explanation,
    FailureReport,
    FormSpec,
    Host,
    Job,
    JobWizard,
    OnnxExporter,
    ProcessSpec,
    RankTable,
    ScriptScan,
    ScriptSource,
    Value,
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


@hookimpl
def job_wizards() -> Sequence[JobWizard]:
    """Return the wizards for Horovod and for any program with MPI."""
    from . import wizard

    return wizard.wizards()


@hookimpl
def settings_form() -> FormSpec:
    """Return what a person may choose: what new jobs begin with."""
    from desktop_app.api.kit import pages

    return pages.job_settings()


@hookimpl
def check_job(job: Job) -> Sequence[Diagnostic]:
    """Return what is wrong with an MPI job's counts and variables."""
    from . import checks

    return tuple(checks.check(job))


@hookimpl
def check_environment(environment: str | Mapping[str, Value], job: Job) -> Sequence[Diagnostic]:
    """Return what an MPI job's environment lets one do better."""
    from . import checks

    return tuple(checks.check_environment(environment, job))


@hookimpl
def explain_failure(report: FailureReport) -> Sequence[Explanation]:
    """Return what the last words of ranks and mpirun mean."""
    from . import explain

    return explain.explain(report)


@hookimpl
def onnx_exporters() -> Sequence[OnnxExporter]:
    """Return the ways to ONNX of what Horovod trained."""
    from . import exporters

    return exporters.exporters()
