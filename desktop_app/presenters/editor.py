"""An open text and its file: what is saved, what changed outside, what is kept as a draft, what is wrong where."""

from __future__ import annotations

import ast
import contextlib
import hashlib
import os
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from desktop_app.api import Diagnostic, OutsideError, ScriptSource, Severity, UserError
from desktop_app.core.words import size_text
from desktop_app.documents.checks import FileReport
from desktop_app.documents.job_document import RUNNABLE
from desktop_app.documents.kinds import KINDS, UNKNOWN, may_be_known
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.whole_files import replace_file
from desktop_app.presenters.files import kind_by_name, kind_title
from desktop_app.services.drafts import Drafts
from desktop_app.services.jobs import JobService
from desktop_app.services.plugins import PluginHost

_CHECKED_APART = 6_000  # characters: checked in a few milliseconds
LARGEST = 5_000_000
"""Bytes: what a plain-text editor still lays out in a moment."""


class DiskState(StrEnum):
    """What became of a file since it was read or written here."""

    SAME = "same"
    CHANGED = "changed"
    DELETED = "deleted"


class ChangedOnDiskError(UserError):
    """Saving would overwrite what another program wrote: the person decides."""


@dataclass(frozen=True, slots=True)
class Change:
    """Replace the characters from `start` up to `end` by `text`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class KeptText:
    """An unsaved text from an earlier time; `fits` says that the file is still as it was then."""

    text: str
    kept: datetime
    fits: bool


class OpenFile:
    """One file that is open, without its view."""

    def __init__(self, path: Path) -> None:
        """Read the file. Raises UserError for one that is no text, too large or not to be read."""
        self.path = path
        self._file = _load(path)

    @property
    def saved_text(self) -> str:
        """The text as it was last read or written."""
        return self._file.text

    @property
    def is_read_only(self) -> bool:
        """Whether the file can't be written: then the view says so before somebody types."""
        return self.path.exists() and not os.access(self.path, os.W_OK)

    def disk_state(self) -> DiskState:
        """Return what another program did to the file meanwhile."""
        if not self.path.exists():
            return DiskState.DELETED
        return DiskState.CHANGED if self._file.changed_on_disk() else DiskState.SAME

    def save(self, text: str, *, overwrite: bool = False) -> None:
        """Write `text` to the file, with its own line ends and mark.

        Raises ChangedOnDiskError where that would lose what another program wrote, unless `overwrite` is asked for.
        """
        if not overwrite and self.disk_state() is DiskState.CHANGED:
            message = f"{self.path.name} was changed by another program."
            raise ChangedOnDiskError(message, hint="Compare the two, or choose one of them.")
        _make_folder(self.path)
        self._file.save(text)

    def text_on_disk(self) -> str:
        """Return the file's text as it is on disk now; what was read before stays the base."""
        return _load(self.path).text

    def save_copy(self, path: Path, text: str) -> None:
        """Write a text to another file, with this one's line ends and mark. Raises UserError where it can't."""
        _make_folder(path)
        try:
            replace_file(path, self._file.as_written(text).encode("utf-8"))
        except OSError as error:
            message = f"{path} could not be written: {error.strerror or error}."
            raise OutsideError(message, hint="Choose another place.") from error

    def reload(self) -> str:
        """Read the file again and return its text."""
        return self.take(self.read())

    def read(self) -> TextFile:
        """Return the file as it is on disk now; what was read before stays the base until `take`."""
        return _load(self.path)

    def take(self, fresh: TextFile) -> str:
        """Let what was read be the base from now on, and return its text."""
        self._file = fresh
        return fresh.text

    def moved_to(self, path: Path) -> None:
        """Follow the file to its new name. What was read stays the base: what else is there now, has changed."""
        self.path = self._file.path = path


def _make_folder(path: Path) -> None:
    """Make the folder of a file anew, where another program took it away."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"The folder {path.parent} can't be made again: {error.strerror or error}."
        raise OutsideError(message, hint="Save a copy elsewhere; your text is still here.") from error


def _load(path: Path) -> TextFile:
    with contextlib.suppress(OSError):
        size = path.stat().st_size
        if size > LARGEST:
            message = f"{path.name} is too large to be edited here ({size_text(size)})."
            raise UserError(message, hint=f"Texts of up to {size_text(LARGEST)} are opened.")
    return TextFile.load(path)


def keep_text(drafts: Drafts, file: OpenFile, text: str) -> None:
    """Keep an unsaved text, so that a crash loses nothing."""
    drafts.keep(str(file.path), {"text": text, "base": _fingerprint(file.saved_text)})


def kept_text(drafts: Drafts, file: OpenFile) -> KeptText | None:
    """Return what was not saved of a file at an earlier time; None where there is nothing or it is the same."""
    draft = drafts.get(str(file.path))
    text = draft.data.get("text") if draft else None
    if draft is None or not isinstance(text, str):
        return None
    if text == file.saved_text:
        drafts.drop(str(file.path))
        return None
    return KeptText(text, draft.kept, draft.data.get("base") == _fingerprint(file.saved_text))


def _fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def change_between(old: str, new: str) -> Change:
    """Return the one replacement that makes `new` of `old`; as small as common beginnings and endings allow."""
    start = _alike(old, new)
    rest_old, rest_new = old[start:], new[start:]
    same = _alike(rest_old[::-1], rest_new[::-1])
    return Change(start, len(old) - same, rest_new[: len(rest_new) - same])


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts have in common at their beginning; halving, as megabytes are compared."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def units(text: str) -> int:
    """Return the length of `text` in UTF-16 code units, which is how Qt counts."""
    return len(text) + sum(1 for each in text if ord(each) > 0xFFFF) if not text.isascii() else len(text)


def sorted_problems(diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return findings in the order of their lines; those of no line come first."""
    return tuple(sorted(diagnostics, key=lambda each: (each.line or 0, each.column or 0, _ORDER[each.severity])))


_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def worst(diagnostics: Sequence[Diagnostic]) -> Severity | None:
    """Return the gravest severity among the findings."""
    return min((each.severity for each in diagnostics), key=_ORDER.__getitem__, default=None)


def count_words(diagnostics: Sequence[Diagnostic]) -> str:
    """Return `1 error, 2 warnings`; empty where there is nothing to say."""
    counts = {each: sum(1 for finding in diagnostics if finding.severity is each) for each in Severity}
    names = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
    return ", ".join(f"{n} {names[each]}{'' if n == 1 else 's'}" for each, n in counts.items() if n)


def why_not_run(path: Path | None, kind: str) -> str:
    """Return why a file can't be run here, in one sentence; empty for a command job and for a sweep."""
    if path is None:
        return "Open a job file to run it."
    if kind in RUNNABLE:
        return ""
    known = kind_title(kind)
    if kind in KINDS and KINDS[kind].family == "job":
        article = "an" if known[0] in "AEIOU" else "a"
        return f"{path.name} is {article} {known[0].lower()}{known[1:]}: only command jobs and sweeps run here."
    what = f"is of the kind “{known}”" if known else "is no job file"
    return f"{path.name} {what}: only command jobs and sweeps can be run."


@dataclass(frozen=True, slots=True)
class Checked:
    """What a text is, and what is wrong with it."""

    kind: str
    problems: tuple[Diagnostic, ...] = ()


def check(jobs: JobService, plugins: PluginHost, path: Path, text: str) -> Checked:
    """Check a text as the file it is going to be; takes milliseconds and runs off the window's thread."""
    kind = kind_by_name(path)
    if may_be_known(path.name):
        return checked_by(jobs.check_text(path, text), path)
    if kind == "python":
        return Checked(kind, sorted_problems(_script_problems(plugins, path, text)))
    return Checked(kind)


def is_checked_apart(path: Path, text: str) -> bool:
    """Whether a text is so long that its check would make the window's thread wait for the interpreter."""
    return len(text) > _CHECKED_APART and may_be_known(path.name)


def checked_by(report: FileReport, path: Path) -> Checked:
    """Return what a report says of a file."""
    kind = kind_by_name(path) if report.kind == UNKNOWN else report.kind
    return Checked(kind, sorted_problems(report.diagnostics))


def _script_problems(plugins: PluginHost, path: Path, text: str) -> Sequence[Diagnostic]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text, path.name)
    except SyntaxError as error:
        message = f"Python can't read this: {error.msg}."
        return (Diagnostic(Severity.ERROR, "syntax", message, "", error.lineno or 1, error.offset or 1),)
    except (ValueError, RecursionError, MemoryError) as error:
        return (Diagnostic(Severity.ERROR, "syntax", f"Python can't read this: {error}.", "", 1, 1),)
    try:
        return plugins.scan_script(ScriptSource(path.name, text)).findings
    except UserError:
        return ()


def merged_problems(checked: Sequence[Diagnostic], planned: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return what checking and planning found, each once."""
    known = {(each.code, each.message) for each in checked}
    return sorted_problems((*checked, *(each for each in planned if (each.code, each.message) not in known)))
