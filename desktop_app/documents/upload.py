"""What Azure ML would take of a folder: every file with its size, what stays behind by which rule, what is risky.

This walks as azure-ai-ml 1.35.2 does (`_utils/_asset_utils.py`), which is not as a local run does: links are followed
wherever they lead, and a linked folder is judged by where it truly lies.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.api import Diagnostic, Severity
from desktop_app.core.limits import SNAPSHOT_BYTES, SNAPSHOT_FILES
from desktop_app.core.secrets import kinds_of_secrets
from desktop_app.core.words import size_text
from desktop_app.documents.ignore_rules import Rule, Rules, is_secret, read_rules

BIG = 25 * 1000 * 1000
"""Bytes from which a single file is worth a word."""
MOST_LOOKED_AT = 50_000
"""Files and folders; a folder with more is not counted to its end."""
_SEARCHED = 1 << 20  # bytes of a file that are searched for secrets
_SEARCHED_IN_ALL = 64 << 20
_FEW = 3
_MOST_SAID = 10
_COMPONENT_RULES = ("__pycache__",)  # what the SDK leaves out of a component's code beside the ignore file's rules


@dataclass(frozen=True, slots=True)
class UploadFile:
    """A file that Azure ML would take; `path` with slashes, `size` in bytes.

    `link` is where a symbolic link leads; `is_private` says that its name is one of a key or a password file, `holds`
    what kind of secret seems to stand in it.
    """

    path: str
    size: int
    source: str
    link: str = ""
    is_private: bool = False
    holds: str = ""

    @property
    def is_big(self) -> bool:
        """Whether its size is worth a word."""
        return self.size >= BIG


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A file that stays behind, and the line of the ignore file that says so."""

    path: str
    size: int
    rule: str
    line: int


@dataclass(frozen=True, slots=True)
class Upload:
    """What would go up of one folder; `ignore_file` is the name of the one that counts, empty where none does."""

    folder: Path
    files: tuple[UploadFile, ...]
    left_out: tuple[LeftOut, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    ignore_file: str = ""
    is_whole: bool = True

    @property
    def bytes(self) -> int:
        """The size of all files together."""
        return sum(each.size for each in self.files)


@dataclass(slots=True)
class _Walk:
    folder: Path
    rules: Rules
    files: list[UploadFile] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    dangling: list[str] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    special: list[str] = field(default_factory=list)
    circles: list[str] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    searched: int = 0
    folders: int = 0  # a few links that lead to one another make any number of them

    @property
    def seen(self) -> int:
        return len(self.files) + len(self.left_out) + self.folders


def plan_upload(folder: Path, *, of_component: bool = False) -> Upload:
    """Return what Azure ML would take of a folder or a single file. Nothing is executed, nothing is written.

    A component's code leaves `__pycache__` out whatever the ignore file says. What can't be read is said.
    """
    if folder.is_file():
        walk = _Walk(folder.parent, Rules("", ()))
        _file(walk, str(folder), folder.name, folder.name)
        return _made(walk, ())
    rules, problems = read_rules(folder)
    if of_component:
        rules = rules.with_lines(_COMPONENT_RULES)
    walk = _Walk(Path(os.path.realpath(folder)), rules)
    _folder(walk, str(folder.absolute()), "", frozenset())
    return _made(walk, problems)


def _made(walk: _Walk, problems: Sequence[Diagnostic]) -> Upload:
    files = tuple(sorted(walk.files, key=lambda each: each.path))
    left_out = tuple(sorted(walk.left_out, key=lambda each: each.path))
    findings = (*problems, *_findings(walk, files))
    return Upload(walk.folder, files, left_out, findings, walk.rules.name, walk.seen < MOST_LOOKED_AT)


def _folder(walk: _Walk, folder: str, prefix: str, above: frozenset[str]) -> None:
    real = os.path.realpath(folder)
    if real in above:
        walk.circles.append(prefix.rstrip("/"))
        return
    walk.folders += bool(prefix)
    try:
        entries = sorted(os.scandir(folder), key=lambda each: each.name)
    except OSError:
        walk.unreadable.append(prefix.rstrip("/") or ".")
        return
    judged = os.path.relpath(real, walk.folder).replace(os.sep, "/")
    inside = "" if judged == "." else f"{judged}/"
    for entry in entries:
        if walk.seen >= MOST_LOOKED_AT:
            return
        path = f"{prefix}{entry.name}"
        if _is_folder(entry):
            _folder(walk, entry.path, f"{path}/", above | {real})
        else:
            _file(walk, entry.path, path, f"{inside}{entry.name}")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _file(walk: _Walk, source: str, path: str, judged: str) -> None:
    rule = walk.rules.deciding(judged)
    try:
        state = os.stat(source)  # noqa: PTH116 - a string from scandir
    except OSError:
        if not _leaves_out(rule):
            (walk.dangling if os.path.islink(source) else walk.unreadable).append(path)  # noqa: PTH114
        return
    if rule is not None and _leaves_out(rule):
        walk.left_out.append(LeftOut(path, state.st_size, rule.text, rule.line))
    elif not stat.S_ISREG(state.st_mode):
        walk.special.append(path)
    elif not os.access(source, os.R_OK):
        walk.unreadable.append(path)
    else:
        walk.files.append(_taken(walk, source, path, state.st_size))


def _leaves_out(rule: Rule | None) -> bool:
    return rule is not None and bool(rule.pattern.include)


def _taken(walk: _Walk, source: str, path: str, size: int) -> UploadFile:
    real = os.path.realpath(source)
    link = real if os.path.islink(source) else ""  # noqa: PTH114
    if not _is_inside(real, walk.folder):
        walk.outside.append(path)
        link = real
    private = is_secret(path)
    holds = "" if private or path.startswith(".git/") or not size else _held(walk, source)
    return UploadFile(path, size, source, link, private, holds)


def _held(walk: _Walk, source: str) -> str:
    """Return what kind of secret stands in a file's first part, empty for none."""
    if walk.searched > _SEARCHED_IN_ALL:
        return ""
    try:
        with open(source, "rb") as stream:  # noqa: PTH123 - a string from scandir
            data = stream.read(_SEARCHED)
    except OSError:
        return ""
    walk.searched += len(data)
    if b"\0" in data:
        return ""
    return next(iter(kinds_of_secrets(data.decode("utf-8", "replace"))), "")


def _is_inside(real: str, folder: Path) -> bool:
    return real.startswith(f"{folder}{os.sep}")


def _findings(walk: _Walk, files: Sequence[UploadFile]) -> Iterator[Diagnostic]:
    ignore_file = walk.rules.name or ".amlignore"
    yield from _private(files, ignore_file)
    yield from _size(files)
    lists = (
        (walk.outside, "link-outside", f"lie outside the folder and go along by a link: list them in {ignore_file}"),
        (walk.dangling, "dangling-link", "are links to nothing, on which the upload fails: remove them"),
        (walk.unreadable, "unreadable-file", "can't be read, so the upload fails: change their permissions"),
        (walk.special, "special-file", "are no regular files, so the upload fails: remove them"),
        (walk.circles, "link-circle", "lead back to a folder above, round and round: remove the links"),
    )
    for names, code, text in lists:
        if names:
            severity = Severity.WARNING if names is walk.outside else Severity.ERROR
            yield Diagnostic(severity, code, f"{_some(names)} {text}.", "code")
    if walk.seen >= MOST_LOOKED_AT:
        message = f"The folder holds more than {MOST_LOOKED_AT:,} files and folders; only those were looked at."
        yield Diagnostic(Severity.WARNING, "too-many-files", message, "code")


def _private(files: Sequence[UploadFile], ignore_file: str) -> Iterator[Diagnostic]:
    if any(each.path.startswith(".git/") or each.path == ".git" for each in files):
        yield _warning("git-goes-along", f"The folder .git/ with all its history goes along: list it in {ignore_file}.")
    named = [each.path for each in files if each.is_private]
    if named:
        message = f"{_some(named)} may hold secrets and go along: list them in {ignore_file}."
        yield _warning("secret-goes-along", message)
    for each in [each for each in files if each.holds][:_MOST_SAID]:
        message = f"{each.path} seems to hold {each.holds}: take it out, or list the file in {ignore_file}."
        yield _warning("secret-in-file", message)


def _size(files: Sequence[UploadFile]) -> Iterator[Diagnostic]:
    total = sum(each.size for each in files)
    big = sorted((each for each in files if each.is_big), key=lambda each: -each.size)
    if total > SNAPSHOT_BYTES:
        largest = max(files, key=lambda each: each.size)
        message = (
            f"The folder is {size_text(total)}, more than the {size_text(SNAPSHOT_BYTES)} advised: leave data out in "
            f".amlignore (the largest file is {largest.path})."
        )
        yield _warning("snapshot-size", message)
    elif big:
        names = _some([f"{each.path} ({size_text(each.size)})" for each in big])
        yield Diagnostic(Severity.INFO, "big-file", f"Large files go along with every new version: {names}.", "code")
    if len(files) > SNAPSHOT_FILES:
        counts = f"{len(files):,} files, more than the {SNAPSHOT_FILES:,} advised"
        long = "each is sent by itself, which takes minutes"
        yield _warning("snapshot-files", f"The folder holds {counts}, and {long}: leave some out in .amlignore.")


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_FEW])
    return shown if len(names) <= _FEW else f"{shown} and {len(names) - _FEW} more"


def _warning(code: str, message: str) -> Diagnostic:
    return Diagnostic(Severity.WARNING, code, message, "code")
