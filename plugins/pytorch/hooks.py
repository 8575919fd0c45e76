"""What this plugin contributes, hook by hook; the work is in its other files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desktop_app.api import (
    Diagnostic,
    EnvironmentPreset,
    Host,
    Job,
    JobWizard,
    ProcessSpec,
    ScriptScan,
    ScriptSource,
    Value,
    hookimpl,
)

from . import checks, environment_checks, environments, launch, scan, wizard


@hookimpl
def environment_presets() -> Sequence[EnvironmentPreset]:
    """Return the curated PyTorch environments that are current."""
    return environments.presets()


@hookimpl
def launch_plan(job: Job, host: Host) -> Sequence[ProcessSpec] | None:
    """Return one process per rank, or one launcher per node."""
    return launch.processes(job, host)


@hookimpl
def job_wizards() -> Sequence[JobWizard]:
    """Return the wizards for both ways to start the ranks."""
    return wizard.wizards()


@hookimpl
def scan_script(source: ScriptSource) -> ScriptScan | None:
    """Return what a script imports, takes and does about its ranks."""
    return scan.scan(source)


@hookimpl
def check_job(job: Job) -> Sequence[Diagnostic]:
    """Return what is wrong with a PyTorch job's counts and launcher."""
    return tuple(checks.check(job))


@hookimpl
def check_environment(environment: str | Mapping[str, Value], job: Job) -> Sequence[Diagnostic]:
    """Return what does not fit in a PyTorch job's environment."""
    return tuple(environment_checks.check(environment, job))
