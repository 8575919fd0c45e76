"""What this plugin contributes, hook by hook; the work is in its other files, each imported when its hook is called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desktop_app.api import (
    Diagnostic,
    EnvironmentPreset,
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
def environment_presets() -> Sequence[EnvironmentPreset]:
    """Return the curated PyTorch environments that are current."""
    from . import environments

    return environments.presets()


@hookimpl
def launch_plan(job: Job, host: Host) -> Sequence[ProcessSpec] | None:
    """Return one process per rank, or one launcher per node."""
    from . import launch

    return launch.processes(job, host)


@hookimpl
def rank_table(job: Job, size: VmSize | None, first: int, count: int) -> RankTable | None:
    """Return what the ranks see on Azure ML, those included that torchrun starts."""
    from . import rank_table as ranks

    return ranks.table(job, size, first, count)


@hookimpl
def job_wizards(settings: Mapping[str, Value]) -> Sequence[JobWizard]:
    """Return the wizards for both ways to start the ranks, and for DeepSpeed; the person's favourite first."""
    from . import deepspeed_wizard, wizard

    found = (*wizard.wizards(), deepspeed_wizard.wizard())
    return sorted(found, key=lambda each: each.name != settings["first"])


@hookimpl
def settings_form() -> FormSpec:
    """Return what a person may choose: the wizard that comes first, and what new jobs begin with."""
    from . import own_settings

    return own_settings.form()


@hookimpl
def scan_script(source: ScriptSource) -> ScriptScan | None:
    """Return what a script imports, takes and does about its ranks."""
    from . import scan

    return scan.scan(source)


@hookimpl
def check_job(job: Job) -> Sequence[Diagnostic]:
    """Return what is wrong with a PyTorch job's counts and launcher."""
    from . import checks, deepspeed_checks

    return (*checks.check(job), *deepspeed_checks.check(job))


@hookimpl
def check_environment(environment: str | Mapping[str, Value], job: Job) -> Sequence[Diagnostic]:
    """Return what does not fit in a PyTorch job's environment."""
    from . import environment_checks

    return tuple(environment_checks.check(environment, job))


@hookimpl
def explain_failure(report: FailureReport) -> Sequence[Explanation]:
    """Return what the last words of a failed run's ranks mean."""
    from . import explain

    return explain.explain(report)


@hookimpl
def onnx_exporters() -> Sequence[OnnxExporter]:
    """Return the way from PyTorch to ONNX."""
    from . import exporters

    return exporters.exporters()
