"""Why a run failed: what its logs say last, and what a plugin makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from desktop_app.api.diagnostics import Diagnostic, Fix
from desktop_app.api.jobs import Job


@dataclass(frozen=True, slots=True)
class FailureReport:
    """A failed run as far as a plugin needs to know it.

    `exit_codes` go by rank, negative for a signal; `first_rank` is the one that fell first, None where none did
    (a launcher that refused). `tails` are the ends of the ranks' logs by rank, some 64 KiB each and 1 MiB together;
    before that may stand 32 KiB around the first error further back, so 96 KiB of a log, more where its lines are
    longer. `launcher` is the end of the log of mpirun or its like, empty where there is none. `findings` are what the
    plan said of the job and its scripts before they ran. `is_foreign` says that the logs come from elsewhere: the job
    says nothing then, and a log of nobody knows which rank has a number from `UNKNOWN_RANKS` on.
    """

    job: Job
    exit_codes: Mapping[int, int] = field(default_factory=dict)
    first_rank: int | None = None
    tails: Mapping[int, str] = field(default_factory=dict)
    launcher: str = ""
    findings: tuple[Diagnostic, ...] = ()
    is_foreign: bool = False


UNKNOWN_RANKS = 1 << 20
"""The number of the first log that no rank is known of."""


class RemedyKind(StrEnum):
    """A change beyond the job file that the program knows how to make, and shows before it makes it."""

    ADD_PACKAGE = "add-package"
    FIND_UNUSED_PARAMETERS = "find-unused-parameters"
    OTHER_IMAGE = "other-image"


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change of another file: `value` is the package to add to the environment (`numpy<2`), or empty.

    For another image a person is shown those that there are, and chooses.
    """

    kind: RemedyKind
    value: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What one line of a log means.

    `code` is in kebab-case and never changes; `cause` is one sentence, `advice` what to try, best first. `line` is
    the very line, in the log of `rank` (None: the launcher's). An echo is what happens to ranks because another one
    died: it is never the cause. A symptom tells what went wrong and not why, such as a time-out: it is named where
    nothing better is known. `fix` changes the job file with one click; `rerun` is a change with which a further run
    would tell more (`NCCL_DEBUG=INFO`). `category` is one word of the field for the kind of cause (`oom-gpu`),
    `position` the line's number in the tail it was found in, from 0. `about` is the rank that the line speaks of,
    where that is another than the log's (`missing ranks: 1`). `certainty` is from 0 to 1; `links` are pages to read.
    `remedy` is a change of the environment or the script that the program can make.
    """

    code: str
    cause: str
    advice: tuple[str, ...] = ()
    rank: int | None = None
    line: str = ""
    is_echo: bool = False
    fix: Fix | None = None
    category: str = ""
    is_symptom: bool = False
    about: int | None = None
    position: int | None = None
    certainty: float = 0.8
    links: tuple[str, ...] = ()
    rerun: Fix | None = None
    remedy: Remedy | None = None
