"""What became of a project since the last look: which files are new, changed or gone, and which lean on such a change.

A file leans on what it names: a code folder, a script, a conda file. Folders' times tell cheaply whether something may
have come or gone in them, and only then is asked for the names themselves.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.documents.checks import FileReport
from desktop_app.documents.listing import head_of
from desktop_app.documents.project_files import project_files

_Stamp = tuple[int, int, int] | None
_WORD = re.compile(r"""[^\s"'`,;=\[\]{}()<>|&$#*?]+""")
_ONE_WORD = re.compile(
    r"""^[\s-]*(?:\w*code|\w*path|\w*file|\w*script|trial|component|environment|\w*job|model):\s*["']?([\w-]+)["']?\s*$"""
)
_ENDING = re.compile(r"\.[A-Za-z]\w*$")
_FILE, _FOLDER = 1, 2
_MOST_WORDS = 200
_LONGEST = 240
_MOST_TEXT = 200_000
OF_DISK = frozenset({"missing-code", "script-missing", "missing-file", "unknown-compute", "unknown-endpoint"})
"""Codes of findings that the disk may mend or make."""
_DECLARING = re.compile(r"^\s*(?:auth_mode|size|type)\s*:", re.MULTILINE)


def stamp_of(path: Path | str) -> _Stamp:
    """Return what changes when a file or folder does; None where there is none."""
    try:
        state = os.stat(path)  # noqa: PTH116 - thousands of them: no Path is made
    except (OSError, ValueError):
        return None
    return state.st_mtime_ns, state.st_size, state.st_ino


@dataclass(frozen=True, slots=True)
class Looked:
    """What is to be checked, in the order of the project, and what is no longer there."""

    to_check: tuple[Path, ...]
    gone: tuple[Path, ...]
    files: int


@dataclass(slots=True)
class _Leaning:
    """What a file names on disk, and which of it was there."""

    folders: frozenset[str]
    names: dict[str, int]
    is_told_of: bool


@dataclass(slots=True)
class ProjectLook:
    """Looks at one project again and again."""

    folder: Path
    _stamps: dict[Path, _Stamp] = field(default_factory=dict)
    _leaning: dict[Path, _Leaning] = field(default_factory=dict)
    _folders: dict[str, _Stamp] = field(default_factory=dict)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that were there at the last look."""
        return tuple(self._stamps)

    def look(self) -> Looked:
        """Read the project's folders, and return what there is to do since the last time."""
        before, now = self._stamps, {each: stamp_of(each) for each in project_files(self.folder)}
        changed = [each for each, stamp in now.items() if before.get(each, ()) != stamp]
        gone = tuple(each for each in before if each not in now)
        self._stamps = now
        wanted = dict.fromkeys(changed)
        if before:
            wanted |= dict.fromkeys(self._leaning_on(self._moved_folders(), (*changed, *gone)))
        for each in gone:
            self._leaning.pop(each, None)
        return Looked(tuple(each for each in now if each in wanted), gone, len(now))

    def note(self, report: FileReport, text: str) -> None:
        """Remember what a file that was just checked leans on."""
        if report.path is None or report.kind in {"unknown", "amlignore", "config"}:
            return
        names, folders = _named(report.path.parent, text)
        for each in folders:
            self._folders.setdefault(each, stamp_of(each))
        told = any(each.code in OF_DISK for each in report.diagnostics)
        self._leaning[report.path] = _Leaning(folders, names, told)

    def _moved_folders(self) -> frozenset[str]:
        """Return the folders in which something came or went since they were looked at last."""
        now = {each: stamp_of(each) for each in self._folders}
        moved = frozenset(each for each, stamp in now.items() if self._folders[each] != stamp)
        self._folders = now
        return moved

    def _leaning_on(self, moved: frozenset[str], changed: Iterable[Path]) -> list[Path]:
        files = {str(each) for each in changed}
        beside = {each.parent for each in changed if _declares(each)}
        return [path for path, each in self._leaning.items() if self._is_touched(path, each, moved, files, beside)]

    def _is_touched(
        self, path: Path, leaning: _Leaning, moved: frozenset[str], files: set[str], beside: set[Path]
    ) -> bool:
        if path.parent in beside or not files.isdisjoint(leaning.names):
            return True
        return not moved.isdisjoint(leaning.folders) and (
            leaning.is_told_of or any(_there(each) != there for each, there in leaning.names.items())
        )


def _declares(path: Path) -> bool:
    """Whether a file may declare a compute or endpoint, which others in its folder name; one that is gone may have."""
    try:
        return bool(_DECLARING.search(head_of(path, _MOST_TEXT)))
    except (OSError, ValueError):
        return True


def _named(folder: Path, text: str) -> tuple[dict[str, int], frozenset[str]]:
    """Return the paths that a text may name, with what is there, and the folders in which they would lie."""
    here = str(folder)
    words = dict.fromkeys(_words(text))
    names = {each: _there(each) for each in (_joined(here, word) for word in words)}
    inner = [each for each, there in names.items() if there == _FOLDER and each != here]
    scripts = [each for each in words if each.endswith(".py")]
    names |= {each: _there(each) for each in (_joined(one, script) for one in inner for script in scripts)}
    return names, frozenset((here, *inner, *(each.rpartition(os.sep)[0] or os.sep for each in names)))


def _joined(folder: str, name: str) -> str:
    return os.path.normpath(os.path.join(folder, name))  # noqa: PTH118 - thousands of them: no Path is made


def _words(text: str) -> Iterable[str]:
    """Yield what looks like a path: with a slash or an ending, or a value of one word at a key for paths."""
    count = 0
    for row in text[:_MOST_TEXT].splitlines():
        at_key = _ONE_WORD.match(row)
        if at_key:
            yield at_key[1]
        elif "/" not in row and "." not in row:
            continue
        for found in _WORD.findall(row.partition(" #")[0]):
            if ("/" in found or _ENDING.search(found)) and "://" not in found and len(found) < _LONGEST:
                yield found.removeprefix("azureml:").removeprefix("file:")
                count += 1
        if count > _MOST_WORDS:
            return


def _there(name: str) -> int:
    """Return whether a name is that of a folder, of a file, or of nothing (0)."""
    try:
        return _FOLDER if stat.S_ISDIR(os.stat(name).st_mode) else _FILE  # noqa: PTH116 - thousands of them
    except (OSError, ValueError):
        return 0


def share_of(paths: Iterable[Path], share: tuple[int, int]) -> list[Path]:
    """Return the files that one of several processes checks: every n-th folder's, so that neighbours stay together."""
    mine, of = share
    return [each for each in paths if of == 1 or _number(str(each.parent)) % of == mine]


def _number(text: str) -> int:
    return sum(map(ord, text)) + len(text)
