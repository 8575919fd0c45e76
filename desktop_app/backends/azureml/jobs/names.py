"""Names of runs, made before anything is sent, so that sending twice can't make two jobs."""

from __future__ import annotations

import re
import secrets

from desktop_app.api import Job, JobSource

_LETTERS = "abcdefghijkmnpqrstuvwxyz23456789"  # none that are mistaken for another
_RANDOM = 6
_LONGEST = 40


def new_run(job: Job, source: JobSource) -> str:
    """Return a name that no run has: `digits-ddp-7f3k9q`, of what the job is called and six letters by chance."""
    called = job.name or job.display_name or job.experiment_name or (source.path.stem if source.path else "")
    chance = "".join(secrets.choice(_LETTERS) for _each in range(_RANDOM))
    return f"{slug(called or source.folder.absolute().name)}-{chance}"


def slug(text: str) -> str:
    """Return the text as Azure ML allows names: lower-case letters, digits, hyphens and underscores; never empty."""
    plain = re.sub(r"[^a-z0-9_]+", "-", text.lower())
    return plain[:_LONGEST].strip("-_") or "job"
