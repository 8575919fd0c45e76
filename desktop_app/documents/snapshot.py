"""Which files of a code folder go along with a job: Azure ML's ignore rules, and a word about what should not go.

Source: azure-ai-ml 1.35.2, `_utils/_asset_utils.py`: an `.amlignore` in the code folder, even an empty one, switches
its `.gitignore` off; ignore files further down count for nothing; the last pattern that matches decides.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.api import Diagnostic, PlannedFile, Severity
from desktop_app.core.limits import SNAPSHOT_BYTES, SNAPSHOT_FILES
from desktop_app.core.words import size_text
from desktop_app.documents.ignore_rules import Rules, is_secret, read_rules

_FEW = 3


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The files that go along, by their targets; `ignored` files and folders do not; what there is to say."""

    files: tuple[PlannedFile, ...]
    diagnostics: tuple[Diagnostic, ...] = ()
    ignored: int = 0
    ignore_file: str = ""

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(each.size for each in self.files)


@dataclass(slots=True)
class _Walk:
    root: Path
    rules: Rules
    files: list[PlannedFile] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    dangling: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    ignored: int = 0


def plan_snapshot(folder: Path) -> Snapshot:
    """Return the files below `folder` that go along. Links are followed only to what lies in the folder too.

    The folder must be there; what in it can't be read is said and left out.
    """
    rules, problems = read_rules(folder)
    walk = _Walk(Path(os.path.realpath(folder)), rules)
    _visit(walk, str(folder.absolute()), "", frozenset({str(walk.root)}))
    files = tuple(sorted(walk.files, key=lambda each: each.target))
    return Snapshot(files, (*problems, *_warnings(walk, files)), walk.ignored, rules.name)


def _visit(walk: _Walk, folder: str, prefix: str, above: frozenset[str]) -> None:
    try:
        entries = sorted(os.scandir(folder), key=lambda each: each.name)
    except OSError:
        walk.unreadable.append(prefix.rstrip("/") or ".")
        return
    for entry in entries:
        _take(walk, entry, f"{prefix}{entry.name}", above)


def _take(walk: _Walk, entry: os.DirEntry[str], target: str, above: frozenset[str]) -> None:
    real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
    try:
        state = entry.stat()
    except OSError:
        if not walk.rules.ignores(target):
            (walk.dangling if entry.is_symlink() else walk.unreadable).append(target)
        return
    if stat.S_ISDIR(state.st_mode):
        _take_folder(walk, entry, target, real, above)
    elif walk.rules.ignores(target):
        walk.ignored += 1
    elif entry.is_symlink() and not _is_inside(real, walk.root):
        walk.outside.append(target)
    elif stat.S_ISREG(state.st_mode):
        _take_file(walk, entry, target, state)


def _take_folder(walk: _Walk, entry: os.DirEntry[str], target: str, real: str, above: frozenset[str]) -> None:
    if walk.rules.prunes(target):
        walk.ignored += 1
    elif not entry.is_symlink():
        _visit(walk, entry.path, f"{target}/", above)
    elif not _is_inside(real, walk.root):
        walk.outside.append(target)
    elif real not in above and not _holds(real, entry.path):
        _visit(walk, entry.path, f"{target}/", above | {real})


def _take_file(walk: _Walk, entry: os.DirEntry[str], target: str, state: os.stat_result) -> None:
    if os.access(entry.path, os.R_OK):
        walk.files.append(PlannedFile(entry.path, target, state.st_size, state.st_mtime_ns))
    else:
        walk.unreadable.append(target)


def _is_inside(real: str, root: Path) -> bool:
    return real == str(root) or real.startswith(f"{root}{os.sep}")


def _holds(folder: str, link: str) -> bool:
    """Whether a link lies in the folder that it leads to: following it would never end."""
    return _is_inside(os.path.realpath(os.path.dirname(link)), Path(folder))  # noqa: PTH120 - a string from scandir


def _warnings(walk: _Walk, files: Sequence[PlannedFile]) -> Iterator[Diagnostic]:
    yield from _private(files, walk.rules.name or ".amlignore")
    yield from _size(files)
    for names, code, text in (
        (walk.outside, "link-outside", "lead out of the code folder and do not go along: copy what they point to"),
        (walk.dangling, "dangling-link", "are links to nothing and do not go along: remove them"),
        (walk.unreadable, "unreadable-file", "can't be read and do not go along: change their permissions"),
    ):
        if names:
            yield _warning(code, f"{_some(names)} {text}.")


def _private(files: Sequence[PlannedFile], ignore_file: str) -> Iterator[Diagnostic]:
    if any(each.target.startswith(".git/") or each.target == ".git" for each in files):
        yield _warning("git-goes-along", f"The folder .git/ with all its history goes along: list it in {ignore_file}.")
    secrets = [each.target for each in files if is_secret(each.target)]
    if secrets:
        yield _warning(
            "secret-goes-along", f"{_some(secrets)} may hold secrets and go along: list them in {ignore_file}."
        )


def _size(files: Sequence[PlannedFile]) -> Iterator[Diagnostic]:
    total = sum(each.size for each in files)
    if total > SNAPSHOT_BYTES:
        largest = max(files, key=lambda each: each.size)
        message = (
            f"The code folder is {size_text(total)}, more than the {size_text(SNAPSHOT_BYTES)} advised: "
            f"leave data out in .amlignore (the largest file is {largest.target})."
        )
        yield _warning("snapshot-size", message)
    if len(files) > SNAPSHOT_FILES:
        counts = f"{len(files):,} files, more than the {SNAPSHOT_FILES:,} advised"
        message = f"The code folder holds {counts}: leave some out in .amlignore."
        yield _warning("snapshot-files", message)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_FEW])
    return shown if len(names) <= _FEW else f"{shown} and {len(names) - _FEW} more"


def _warning(code: str, message: str) -> Diagnostic:
    return Diagnostic(Severity.WARNING, code, message, "code")
