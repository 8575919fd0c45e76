"""What a job can't do without: a command that the shell reads, and an environment."""

from __future__ import annotations

from desktop_app.api.commands import has_open_quote
from desktop_app.core.findings import nearest_key
from desktop_app.core.job_schema import JOB_KEYS
from desktop_app.core.rules.bodies import Body
from desktop_app.core.rules.notes import Notes


def check(body: Body, notes: Notes) -> None:
    """Check a command job; what else needs a command is told by its shape."""
    if body.command and has_open_quote(body.command):
        message = "Close the quote in command: the shell refuses it as it stands."
        notes.warning("open-quote", (*body.path, "command"), message)
    if body.kind == "step" and body.command and "environment" not in body.data and not body.is_elsewhere:
        message = "Add environment to this step: the image or curated environment that it runs in."
        notes.error("missing-environment", body.path, message)
    if body.kind == "job" and "entry" not in body.data:
        _check_job(body, notes)


def _check_job(body: Body, notes: Notes) -> None:
    misspelt = nearest_key("command", [key for key in body.data if key not in JOB_KEYS])
    given = body.data.get("command", "")
    is_empty = isinstance(given, str | None) and not (given or "").strip()
    if is_empty and misspelt is None and "component" not in body.data:
        notes.error("missing-command", ("command",), "Add command: the line that starts the training script.")
    if not body.data.get("environment") and "component" not in body.data:
        message = "Add environment: the image or curated environment that the job runs in on Azure ML."
        notes.warning("missing-environment", ("environment",), message)
