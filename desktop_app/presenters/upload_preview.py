"""The upload preview as a person reads it: rows of files, what stays behind, what is risky; filtered by typing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_app.api import Diagnostic, Severity
from desktop_app.core.words import size_text
from desktop_app.documents.upload import UploadFile
from desktop_app.services.uploads import PartPreview, UploadPreview

_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


_SENDING = frozenset({"component", "environment", "data", "model", "parallelJob", "Run"})


@dataclass(frozen=True, slots=True)
class UploadRow:
    """One file; `note` says what is worth knowing of it, `risk` that it is worth a second look."""

    path: str
    size: int
    note: str = ""
    risk: bool = False
    stays: bool = False


def may_upload(kind: str) -> bool:
    """Whether files of a kind send anything up."""
    return kind.endswith(("Job", "Deployment", "deployment")) or kind in _SENDING


def headline(preview: UploadPreview) -> str:
    """Return `7 files, 50 kB would go up`."""
    count = sum(len(each.files) for each in preview.parts)
    if not preview.parts:
        return "Nothing of this machine would go up"
    return f"{count:,} {'file' if count == 1 else 'files'}, {size_text(preview.bytes)} would go up"


def part_title(part: PartPreview) -> str:
    """Return `code src (7)`."""
    given = part.given if len(part.given) < 30 else f"…{part.given[-28:]}"
    return f"{part.what} {given} ({len(part.files):,})"


def rule_words(part: PartPreview) -> str:
    """Return which ignore file counts, and what it leaves out."""
    left = len(part.left_out)
    if not part.ignore_file:
        return "No ignore file: everything in the folder goes along."
    words = f"{part.ignore_file} leaves out {left:,} {'file' if left == 1 else 'files'}"
    off = " and switches .gitignore off" if part.ignore_file == ".amlignore" else ""
    return f"{words}{off}."


def rows(part: PartPreview, filtered: str = "", *, left_out: bool = False) -> tuple[UploadRow, ...]:
    """Return the files that go along, or those that stay behind; risky ones first, then the largest."""
    found = [*_left(part)] if left_out else [_row(each) for each in part.files]
    wanted = filtered.casefold().strip()
    kept = [each for each in found if wanted in f"{each.path} {each.note}".casefold()]
    return tuple(sorted(kept, key=lambda each: (not each.risk, -each.size, each.path)))


def _left(part: PartPreview) -> Sequence[UploadRow]:
    return [
        UploadRow(each.path, each.size, f"line {each.line}: {each.rule}" if each.line else each.rule, stays=True)
        for each in part.left_out
    ]


def _row(file: UploadFile) -> UploadRow:
    words = [
        "looks like a secret" if file.is_private else "",
        f"seems to hold {file.holds}" if file.holds else "",
        "large" if file.is_big else "",
        f"a link to {file.link}" if file.link else "",
        "Git's own history" if file.path.startswith(".git/") else "",
    ]
    risk = file.is_private or bool(file.holds) or file.is_big
    return UploadRow(file.path, file.size, ", ".join(each for each in words if each), risk)


def findings(part: PartPreview) -> tuple[Diagnostic, ...]:
    """Return what there is to say of a part, the gravest first."""
    return tuple(sorted(part.diagnostics, key=lambda each: _ORDER[each.severity]))


def can_mend(part: PartPreview) -> bool:
    """Whether a safe `.amlignore` can be written there."""
    return part.folder.is_dir()
