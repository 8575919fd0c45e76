"""What the plugin contributes, hook by hook; each imports its file when it is called."""

from desktop_app.api import hookimpl


@hookimpl
def environment_presets():
    """Return the environments that jobs can start from."""
    from . import environments

    return environments.PRESETS


@hookimpl
def job_wizards():
    """Return the ways to make a job."""
    from . import wizard

    return [wizard.WIZARD]


@hookimpl
def check_job(job, settings):
    """Return what the team wants to be told about a job."""
    from . import checks

    return checks.check(job, settings["hours"])


@hookimpl
def explain_failure(report):
    """Return what the files in `knowledge` say of a failed run's logs."""
    from pathlib import Path

    from desktop_app.api.kit import explain_by, load_knowledge

    return explain_by(load_knowledge(Path(__file__).with_name("knowledge")), report)


@hookimpl
def onnx_exporters():
    """Return the ways from a model to ONNX."""
    from . import exporters

    return [exporters.LINEAR]


@hookimpl
def settings_form():
    """Return what a person may choose; the other hooks get it as `settings`, wizards as `context.settings`."""
    from . import settings

    return settings.FORM
