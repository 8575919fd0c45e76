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
    """Return the curated TensorFlow environments that are current."""
    from . import environments

    return environments.presets()


@hookimpl
def job_wizards() -> Sequence[JobWizard]:
    """Return the wizards for both ways to share the weights."""
    from . import wizard

    return wizard.wizards()


@hookimpl
def settings_form() -> FormSpec:
    """Return what a person may choose: what new jobs begin with."""
    from desktop_app.api.kit import pages

    return pages.job_settings()


@hookimpl
def launch_plan(job: Job, host: Host) -> Sequence[ProcessSpec] | None:
    """Return a process for each worker and parameter server."""
    from . import launch

    return launch.processes(job, host)


@hookimpl
def rank_table(job: Job, size: VmSize | None, first: int, count: int) -> RankTable | None:
    """Return the tasks with the TF_CONFIG that Azure ML gives them."""
    from . import ranks

    return ranks.table(job, size, first, count)


@hookimpl
def scan_script(source: ScriptSource) -> ScriptScan | None:
    """Return what a TensorFlow script takes, and what it does about its strategy."""
    from . import scan

    return scan.scan(source)


@hookimpl
def check_job(job: Job) -> Sequence[Diagnostic]:
    """Return what is wrong with a TensorFlow job's command and words."""
    from . import checks

    return tuple(checks.check(job))


@hookimpl
def check_environment(environment: str | Mapping[str, Value], job: Job) -> Sequence[Diagnostic]:
    """Return what a TensorFlow job's environment lacks."""
    from . import environment_checks

    return tuple(environment_checks.check(environment, job))


@hookimpl
def explain_failure(report: FailureReport) -> Sequence[Explanation]:
    """Return what the last words of a TensorFlow run mean, causes before echoes."""
    from . import explain

    return explain.explain(report)


@hookimpl
def onnx_exporters() -> Sequence[OnnxExporter]:
    """Return the way of Keras and TensorFlow models to ONNX."""
    from . import exporters

    return exporters.exporters()
