"""What the team wants to be told about a job."""

from desktop_app.api import Diagnostic, Fix, Severity


def check(job, hours):
    """Warn of a job without a time limit, and offer the usual one."""
    if job.timeout is not None:
        return []
    fix = Fix(f"Set {hours} hours", {"limits.timeout": hours * 3600})
    message = "This job may run forever: set limits.timeout."
    return [Diagnostic(Severity.WARNING, "my-plugin-timeout", message, path="limits.timeout", fix=fix)]
