"""The problems of the whole open folder: by file, filtered, counted."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from pathlib import Path

from desktop_app.api import Diagnostic, Severity
from desktop_app.documents.checks import FileReport
from desktop_app.presenters.editor import sorted_problems

_PLACE = attrgetter("key")
_Key = tuple[tuple[str, ...], str, str]


@dataclass(frozen=True, slots=True)
class Filter:
    """Which problems are shown: of these severities, and with these words in them, their file's name or their code."""

    text: str = ""
    severities: frozenset[Severity] = frozenset(Severity)

    def takes(self, name: str, found: Diagnostic) -> bool:
        """Whether a problem is shown."""
        if found.severity not in self.severities:
            return False
        words = self.text.casefold().split()
        told = f"{name} {found.message} {found.code}".casefold()
        return all(each in told for each in words)


@dataclass(slots=True)
class Group:
    """A file and its problems that are shown; `name` is relative to the folder, with `/`, and `key` its place."""

    path: Path
    name: str
    kind: str
    problems: tuple[Diagnostic, ...]
    key: _Key = field(init=False)

    def __post_init__(self) -> None:
        """Place the folder's own files first, then those of its folders."""
        folder, _, name = self.name.rpartition("/")
        self.key = tuple(folder.casefold().split("/")) if folder else (), name.casefold(), self.name


@dataclass(frozen=True, slots=True)
class Counts:
    """How many problems there are, shown or not."""

    errors: int = 0
    warnings: int = 0
    notes: int = 0

    @property
    def all(self) -> int:
        """Their sum."""
        return self.errors + self.warnings + self.notes


class ProjectProblems:
    """What is wrong in the open folder. A text in an editor is told by `show_open`, and goes before its file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.groups: list[Group] = []
        self._filter = Filter()
        self._checked: dict[Path, FileReport] = {}
        self._open: dict[Path, FileReport] = {}
        self._counts: dict[Path, Counts] = {}
        self._sum = Counts()

    @property
    def counts(self) -> Counts:
        """How many problems the whole folder has."""
        return self._sum

    def take(self, report: FileReport) -> Path | None:
        """Take a file's report; returns its path where what is shown of it may be another now."""
        if report.path is None:
            return None
        if report.diagnostics:
            self._checked[report.path] = report
        elif self._checked.pop(report.path, None) is None and report.path not in self._open:
            return None
        return self._counted(report.path)

    def forget(self, path: Path) -> Path | None:
        """Forget a file that is gone."""
        self._checked.pop(path, None)
        return self._counted(path)

    def show_open(self, path: Path, kind: str, problems: Sequence[Diagnostic] | None) -> Path | None:
        """Take what is wrong with a text in an editor; None: it is closed."""
        before = self._open.get(path)
        if problems is None:
            self._open.pop(path, None)
            return self._counted(path) if before else None
        report = FileReport(path, kind, tuple(problems))
        self._open[path] = report
        return None if before == report else self._counted(path)

    def group_of(self, path: Path) -> Group | None:
        """Return what is to be shown of a file; None where that is nothing."""
        report = self._open.get(path) or self._checked.get(path)
        if report is None:
            return None
        name = self.name_of(path)
        found = tuple(each for each in sorted_problems(report.diagnostics) if self._filter.takes(name, each))
        return Group(path, name, report.kind, found) if found else None

    def place_of(self, group: Group) -> int:
        """Return where a group stands among those that are shown, or would."""
        return bisect_left(self.groups, group.key, key=_PLACE)

    def set_filter(self, wanted: Filter) -> None:
        """Show other problems."""
        self._filter = wanted
        paths = {**self._checked, **self._open}
        found = (self.group_of(each) for each in paths)
        self.groups = sorted((each for each in found if each), key=lambda each: each.key)

    def all(self) -> Iterator[tuple[Path, Diagnostic]]:
        """Yield every problem, shown or not."""
        for path in {**self._checked, **self._open}:
            report = self._open.get(path) or self._checked[path]
            yield from ((path, each) for each in report.diagnostics)

    def alike(self, found: Diagnostic) -> list[tuple[Path, Diagnostic]]:
        """Return the problems of the same kind that can be mended by a click."""
        key = _key_of(found)
        same = ((path, each) for path, each in self.all() if each.code == found.code and each.fix is not None)
        return [(path, each) for path, each in same if _key_of(each) == key]

    def name_of(self, path: Path) -> str:
        """Return how a file is called in the folder."""
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else str(path)

    def _counted(self, path: Path) -> Path:
        report = self._open.get(path) or self._checked.get(path)
        before, now = self._counts.pop(path, Counts()), count(report.diagnostics if report else ())
        if now.all:
            self._counts[path] = now
        self._sum = Counts(
            self._sum.errors - before.errors + now.errors,
            self._sum.warnings - before.warnings + now.warnings,
            self._sum.notes - before.notes + now.notes,
        )
        return path


def _key_of(found: Diagnostic) -> str:
    """Return the last key of where a problem is: an unknown value of `type` is not one of `auth_mode`."""
    return found.path.rpartition(".")[2].partition("[")[0]


def count(problems: Iterable[Diagnostic]) -> Counts:
    """Return how many there are of each severity."""
    found = [each.severity for each in problems]
    return Counts(found.count(Severity.ERROR), found.count(Severity.WARNING), found.count(Severity.INFO))
