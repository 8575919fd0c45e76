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
    """Return the driver, the head and a worker node for every other machine."""
    from . import launch

    return launch.processes(job, host)


@hookimpl
def rank_table(job: Job, size: VmSize | None, first: int, count: int) -> RankTable | None:
    """Return what runs on which node."""
    from . import ranks

    return ranks.table(job, size, first, count)


@hookimpl
def job_wizards() -> Sequence[JobWizard]:
    """Return the wizard for a cluster."""
    from . import wizard

    return wizard.wizards()


@hookimpl
def settings_form() -> FormSpec:
    """Return what a person may choose: what new jobs begin with."""
    from desktop_app.api.kit import pages

    return pages.job_settings()


@hookimpl
def scan_script(source: ScriptSource) -> ScriptScan | None:
    """Return how a script finds its cluster."""
    from . import scan

    return scan.scan(source)


@hookimpl
def check_job(job: Job) -> Sequence[Diagnostic]:
    """Return what is wrong with a job's cluster."""
    from . import checks

    return tuple(checks.check(job))


@hookimpl
def check_environment(environment: str | Mapping[str, Value], job: Job) -> Sequence[Diagnostic]:
    """Return where an environment has no Ray."""
    from . import environments

    return tuple(environments.check(environment, job))


@hookimpl
def explain_failure(report: FailureReport) -> Sequence[Explanation]:
    """Return what the words of Ray in a failed run's logs mean."""
    from . import explain

    return explain.explain(report)
