"""Why a run failed: what its logs say last, and what a plugin makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop_app.api.diagnostics import Diagnostic, Fix
from desktop_app.api.jobs import Job


@dataclass(frozen=True, slots=True)
class FailureReport:
    """A failed run as far as a plugin needs to know it.

    `exit_codes` go by rank, negative for a signal; `first_rank` is the one that fell first, None where none did
    (a launcher that refused). `tails` are the ends of the ranks' logs by rank, at most 64 KiB each and
    some 1 MiB together; `launcher` is the end of the log of mpirun or its like, empty where there is none. `findings`
    are what the plan said of the job and its scripts before they ran.
    """

    job: Job
    exit_codes: Mapping[int, int] = field(default_factory=dict)
    first_rank: int | None = None
    tails: Mapping[int, str] = field(default_factory=dict)
    launcher: str = ""
    findings: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one line of a log means.

    `code` is in kebab-case and never changes; `cause` is one sentence, `advice` what to try, best first. `line` is
    the very line, in the log of `rank` (None: the launcher's). An echo is what happens to ranks because another one
    died: it is never the cause. `fix` changes the job file with one click.
    """

    code: str
    cause: str
    advice: tuple[str, ...] = ()
    rank: int | None = None
    line: str = ""
    is_echo: bool = False
    fix: Fix | None = None
