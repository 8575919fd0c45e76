"""What this plugin contributes: one wizard."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import JobWizard, hookimpl


@hookimpl
def job_wizards() -> Sequence[JobWizard]:
    """Return the wizard for those who have SDK v1 code."""
    from . import wizard

    return wizard.wizards()
