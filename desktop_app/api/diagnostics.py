"""What is wrong with a file, a job or an answer, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from desktop_app.api.forms import Value


class Severity(StrEnum):
    """How bad a diagnostic is; an error stops a job from starting."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Fix:
    """A change to a document, offered as one click.

    `set` maps dotted paths to new values, `unset` names paths to remove; paths as `rankzero set` takes them.
    """

    title: str
    set: Mapping[str, Value] = field(default_factory=dict)
    unset: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding: one sentence that says what to do.

    `path` is the dotted path into the document (or the name of a wizard's field); `line` and `column`
    start at 1 and are filled in by the host where the finding is about a document.
    `code` is stable and in kebab-case, for scripts and for suppressing.
    """

    severity: Severity
    code: str
    message: str
    path: str = ""
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    fix: Fix | None = None
