"""Mends all problems of one kind in a folder: what would change, then the change itself, then its undoing."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.api import Diagnostic, Fix, UserError
from desktop_app.core.paths import split_path
from desktop_app.documents.edits import diff, set_values
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.whole_files import overwrite_file, replace_file


@dataclass(frozen=True, slots=True)
class Mended:
    """One file as it is and as it would be; `text` and `new` have plain line ends."""

    path: Path
    name: str
    text: str
    new: str
    fixes: int
    is_open: bool

    @property
    def diff(self) -> str:
        """The lines that change, as a unified difference."""
        return diff(self.text, self.new, self.name)


@dataclass(frozen=True, slots=True)
class MendPlan:
    """What mending all of a kind would do; `left` says of each file or problem that stays why."""

    code: str
    files: tuple[Mended, ...]
    left: tuple[str, ...] = ()

    @property
    def fixes(self) -> int:
        """How many problems are mended."""
        return sum(each.fixes for each in self.files)

    @property
    def diff(self) -> str:
        """Everything that changes."""
        return "".join(each.diff for each in self.files)


def plan_mending(
    code: str,
    found: Sequence[tuple[Path, Diagnostic]],
    open_texts: Mapping[Path, str],
    folder: Path,
    name_of: Callable[[Path], str],
) -> MendPlan:
    """Return what mending these problems changes; reads the files that are not open. Off the window's thread.

    A link that leads out of the folder is left alone: nobody who mends a folder means what lies elsewhere.
    """
    by_file: dict[Path, list[Diagnostic]] = {}
    for path, each in found:
        by_file.setdefault(path, []).append(each)
    made: list[Mended] = []
    left: list[str] = []
    for path, problems in by_file.items():
        if path not in open_texts and _leads_out(path, folder):
            where = os.path.realpath(path)
            left.append(f"{name_of(path)} is a link to {where}, outside the folder: open it to mend it there.")
            continue
        try:
            text = open_texts[path] if path in open_texts else TextFile.load(path).text
        except UserError as error:
            left.append(str(error))
            continue
        name = name_of(path)
        new, fixes, refused = mended(text, problems)
        left += [f"{name}, line {each.line}: {why}" if each.line else f"{name}: {why}" for each, why in refused]
        if new != text:
            made.append(Mended(path, name, text, new, fixes, path in open_texts))
    return MendPlan(code, tuple(made), tuple(left))


def _leads_out(path: Path, folder: Path) -> bool:
    return not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


def mended(text: str, problems: Sequence[Diagnostic]) -> tuple[str, int, list[tuple[Diagnostic, str]]]:
    """Return the text with these problems mended, how many that are, and why others are not.

    All of them are tried together, which is quick. Where that can't be it goes from the last line up, so that no fix
    moves the place of another.
    """
    fixes = [each.fix for each in problems if each.fix]
    together = _together(fixes)
    if together is not None:
        with suppress(UserError):
            return set_values(text, together.set, together.unset), len(fixes), []
    return _one_by_one(text, problems)


def _together(fixes: Sequence[Fix]) -> Fix | None:
    """Return one fix that does what all do; None where two speak of the same place, or one of a list's items."""
    values = {path: each for fix in fixes for path, each in fix.set.items()}
    gone = [path for fix in fixes for path in fix.unset]
    places = [split_path(each) for each in (*values, *gone)]
    there = set(places)
    is_apart = len(places) == sum(len(fix.set) + len(fix.unset) for fix in fixes) == len(there)
    is_nested = any(each[:end] in there for each in places for end in range(len(each)))
    counts_anew = any(isinstance(split_path(each)[-1], int) for each in gone)
    return Fix("", values, tuple(gone)) if is_apart and not is_nested and not counts_anew else None


def _one_by_one(text: str, problems: Sequence[Diagnostic]) -> tuple[str, int, list[tuple[Diagnostic, str]]]:
    fixes, left = 0, []
    for each in sorted(problems, key=lambda one: (one.line or 0, one.column or 0), reverse=True):
        if each.fix is None:
            continue
        try:
            text = set_values(text, each.fix.set, each.fix.unset)
            fixes += 1
        except UserError as error:
            left.append((each, str(error)))
    return text, fixes, left


@dataclass(slots=True)
class MendUndo:
    """What closed files held before they were mended, until the window closes."""

    before: dict[Path, bytes] = field(default_factory=dict)
    after: dict[Path, bytes] = field(default_factory=dict)


def write_mended(plan: MendPlan) -> tuple[MendUndo, list[str]]:
    """Write the files of a plan that are not open, each as a whole; returns how to undo it, and what was left alone."""
    undo, left = MendUndo(), []
    for each in plan.files:
        if each.is_open:
            continue
        try:
            file = TextFile.load(each.path)
            if file.text != each.text:
                left.append(f"{each.name} has changed meanwhile, so it was left as it is.")
                continue
            before = each.path.read_bytes()
            file.save(each.new)
            undo.before[each.path], undo.after[each.path] = before, each.path.read_bytes()
        except (OSError, UserError) as error:
            left.append(f"{each.name}: {error}")
    return undo, left


def undo_mending(undo: MendUndo) -> list[str]:
    """Give files their bytes back; returns which have changed since, and stay as they are."""
    left = []
    for path, before in undo.before.items():
        try:
            if path.read_bytes() != undo.after[path]:
                left.append(f"{path.name} was changed since, so it was left as it is.")
                continue
            _restore(path, before)
        except (OSError, UserError) as error:
            left.append(f"{path.name}: {error}")
    return left


def _restore(path: Path, data: bytes) -> None:
    target = Path(os.path.realpath(path))
    state = target.stat()
    if state.st_nlink > 1:
        overwrite_file(target, data)
    else:
        replace_file(target, data, like=state)
