"""What this plugin contributes: the wizard that makes a sweep of a job, and which metrics a script logs."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import JobWizard, ScriptScan, ScriptSource, hookimpl


@hookimpl
def job_wizards() -> Sequence[JobWizard]:
    """Return the wizard."""
    from . import wizard

    return wizard.wizards()


@hookimpl
def scan_script(source: ScriptSource) -> ScriptScan | None:
    """Return the metrics that a script logs, and its arguments, which are what can be tuned."""
    if not any(word in source.text for word in ("log_metric", "add_argument", "run.log(")):
        return None
    from desktop_app.api.kit import Script, find_arguments, script_variables

    from .metrics import logged_metrics

    script = Script(source.text, source.path)
    return ScriptScan(
        imports=script.required_modules,
        arguments=find_arguments(script),
        variables=script_variables(script),
        metrics=logged_metrics(script),
    )
