"""What this plugin contributes, hook by hook; the work is in its other files."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import EnvironmentPreset, Host, Job, JobWizard, ProcessSpec, ScriptScan, ScriptSource, hookimpl

from . import environments, launch, scan, wizard


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
