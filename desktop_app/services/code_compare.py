"""Which files of two working copies differ, by content, and how."""

from __future__ import annotations

import difflib
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from desktop_app.services.run_sides import Side

OWN = ("outputs", "logs")
"""What a run writes into its working copy."""
SMALL = 200_000
MOST_LINES = 60
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileDifference:
    """A file that is in one working copy alone, or that differs; sizes in bytes, None where there is no such file."""

    path: str
    kind: str
    first: int | None
    second: int | None
    diff: tuple[str, ...] = ()


def compare_code(first: Side, second: Side, with_diff: bool) -> Iterator[FileDifference]:
    """Yield the files that differ. Both working copies must be there; Raises OSError for what can't be read."""
    assert first.code is not None
    assert second.code is not None
    ours, theirs = _files(first, first.code), _files(second, second.code)
    for name in sorted(ours.keys() | theirs.keys()):
        one, other = ours.get(name), theirs.get(name)
        if one is None or other is None:
            kind = "only-second" if one is None else "only-first"
            yield FileDifference(name, kind, _size(one), _size(other))
        elif not _is_same(one, other):
            diff = _diff(one, other) if with_diff else ()
            yield FileDifference(name, "changed", _size(one), _size(other), diff)


def _files(side: Side, code: Path) -> Mapping[str, Path]:
    """Return the files that came along, where the plan says which did; else all that are none of the run's own."""
    planned = (side.plan or {}).get("files")
    if isinstance(planned, list) and planned:
        found = {name: code / name for name in map(_target, planned) if name}
    else:
        found = {path.relative_to(code).as_posix(): path for path in _below(code)}
    return {name: path for name, path in found.items() if _is_file(path)}


def _target(planned: Any) -> str:
    target = planned.get("target") if isinstance(planned, Mapping) else None
    is_inside = isinstance(target, str) and not target.startswith("/") and ".." not in target.split("/")
    return str(target) if is_inside else ""


def _below(code: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(code):
        own = OWN if Path(here) == code else ()
        folders[:] = sorted(each for each in folders if each not in (*own, "__pycache__"))
        yield from (Path(here, each) for each in sorted(files))


def _is_file(path: Path) -> bool:
    """Whether it is a file and no link: what a job may have put in its place is not followed."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _size(path: Path | None) -> int | None:
    return None if path is None else path.lstat().st_size


def _is_same(one: Path, other: Path) -> bool:
    if _size(one) != _size(other):
        return False
    with one.open("rb") as ours, other.open("rb") as theirs:
        while True:
            chunk = ours.read(_CHUNK)
            if chunk != theirs.read(_CHUNK):
                return False
            if not chunk:
                return True


def _diff(one: Path, other: Path) -> tuple[str, ...]:
    """Return a short unified diff of two small texts, nothing for others."""
    if max(_size(one) or 0, _size(other) or 0) > SMALL:
        return ()
    ours, theirs = one.read_bytes(), other.read_bytes()
    if b"\0" in ours + theirs:
        return ()
    before, after = (each.decode("utf-8", "replace").splitlines() for each in (ours, theirs))
    found = list(islice(difflib.unified_diff(before, after, n=1, lineterm=""), 2, MOST_LINES + 3))
    return (*found[:MOST_LINES], "… and more") if len(found) > MOST_LINES else tuple(found)
