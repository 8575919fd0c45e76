"""What the plugin contributes, hook by hook; each imports its file when it is called."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import (
    Diagnostic,
    EnvironmentPreset,
    Explanation,
    FailureReport,
    FormSpec,
    Job,
    JobWizard,
    hookimpl,
)


@hookimpl
def environment_presets() -> Sequence[EnvironmentPreset]:
    """Return the environment that has DeepSpeed."""
    from . import environments

    return environments.PRESETS


@hookimpl
def job_wizards() -> Sequence[JobWizard]:
    """Return the way to make a ZeRO job."""
    from . import wizard

    return [wizard.WIZARD]


@hookimpl
def check_job(job: Job) -> Sequence[Diagnostic]:
    """Return what is wrong with the configurations in the job's command."""
    from . import checks

    return tuple(checks.check(job))


@hookimpl
def explain_failure(report: FailureReport) -> Sequence[Explanation]:
    """Return what DeepSpeed's own messages in the logs mean."""
    from . import failures

    return tuple(failures.explain(report))


@hookimpl
def settings_form() -> FormSpec:
    """Return what a person may choose."""
    from . import questions

    return questions.SETTINGS
