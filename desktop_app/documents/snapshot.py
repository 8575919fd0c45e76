"""Which files of a code folder go along with a job: Azure ML's ignore rules, and a word about what should not go.

Source: azure-ai-ml 1.35.2, `_utils/_asset_utils.py`: an `.amlignore` in the code folder, even an empty one, switches
its `.gitignore` off; ignore files further down count for nothing; the last pattern that matches decides.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pathspec.patterns.gitignore.basic import GitIgnoreBasicPattern

from desktop_app.api import Diagnostic, PlannedFile, Severity

MOST_BYTES = 300 * 1000 * 1000
MOST_FILES = 2000
_FEW = 3
_SECRET_NAMES = re.compile(
    r"\.env(\..+)?|.*\.(pem|key|pfx|p12|ppk|keystore|jks)|id_(rsa|dsa|ecdsa|ed25519)|\.netrc|\.pypirc|\.npmrc|"
    r"credentials(\.json)?|.*service[-_]?account.*\.json|azureprofile\.json|accesstokens\.json|kubeconfig",
    re.IGNORECASE,
)
_HARMLESS = re.compile(r"\.env\.(example|sample|template|dist)|.*\.(example|sample|template)", re.IGNORECASE)


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


class Rules:
    """The patterns of the ignore file that counts."""

    def __init__(self, name: str, lines: Sequence[str]) -> None:
        self.name = name
        self._patterns = [each for line in lines if (each := _pattern(line)) is not None]
        self._re_includes = any(each.include is False for each in self._patterns)

    def ignores(self, path: str) -> bool:
        """Whether the last pattern that matches a file's path, relative and with slashes, leaves it out."""
        for pattern in reversed(self._patterns):
            if pattern.match_file(path) is not None:
                return bool(pattern.include)
        return False

    def prunes(self, folder: str) -> bool:
        """Whether nothing in a folder can go along."""
        return not self._re_includes and self.ignores(f"{folder}/")


def _pattern(line: str) -> GitIgnoreBasicPattern | None:
    try:
        pattern = GitIgnoreBasicPattern(line)
    except ValueError:  # a pattern that says nothing, such as a lone “!”
        return None
    return None if pattern.include is None else pattern


def plan_snapshot(folder: Path) -> Snapshot:
    """Return the files below `folder` that go along. Links are followed only to what lies in the folder too.

    The folder must be there; what in it can't be read is said and left out.
    """
    rules, problems = _rules(folder)
    walk = _Walk(Path(os.path.realpath(folder)), rules)
    _visit(walk, str(folder.absolute()), "", frozenset({str(walk.root)}))
    files = tuple(sorted(walk.files, key=lambda each: each.target))
    return Snapshot(files, (*problems, *_warnings(walk, files)), walk.ignored, rules.name)


def _rules(folder: Path) -> tuple[Rules, tuple[Diagnostic, ...]]:
    for name in (".amlignore", ".gitignore"):
        path = folder / name
        if not path.is_file():
            continue
        try:
            text = path.read_bytes().decode("utf-8-sig", "surrogateescape")
        except OSError as error:
            message = f"{name} can't be read, so nothing is left out: {error.strerror}."
            return Rules(name, ()), (Diagnostic(Severity.WARNING, "ignore-file", message, "code"),)
        return Rules(name, text.splitlines()), ()
    return Rules("", ()), ()


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


def is_secret(target: str) -> bool:
    """Whether a file is by its name a key, a password file or the like."""
    name = target.rpartition("/")[2]
    return bool(_SECRET_NAMES.fullmatch(name)) and not _HARMLESS.fullmatch(name) and not target.startswith(".git/")


def _size(files: Sequence[PlannedFile]) -> Iterator[Diagnostic]:
    total = sum(each.size for each in files)
    if total > MOST_BYTES:
        largest = max(files, key=lambda each: each.size)
        message = (
            f"The code folder is {total / 1e6:,.0f} MB, more than the {MOST_BYTES / 1e6:.0f} MB advised: "
            f"leave data out in .amlignore (the largest file is {largest.target})."
        )
        yield _warning("snapshot-size", message)
    if len(files) > MOST_FILES:
        counts = f"{len(files):,} files, more than the {MOST_FILES:,} advised"
        message = f"The code folder holds {counts}: leave some out in .amlignore."
        yield _warning("snapshot-files", message)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_FEW])
    return shown if len(names) <= _FEW else f"{shown} and {len(names) - _FEW} more"


def _warning(code: str, message: str) -> Diagnostic:
    return Diagnostic(Severity.WARNING, code, message, "code")
