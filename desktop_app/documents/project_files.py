"""Walks a project for files of Azure ML: quick also where a hundred thousand others lie, and never in circles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from desktop_app.documents.kinds import may_be_known

_PASSED_BY = frozenset({"__pycache__", "node_modules", "site-packages"})
_ENTERED = frozenset({".azureml"})  # beside these, nothing hidden
_OF_AN_INSTALLATION = frozenset({"pyvenv.cfg", "conda-meta"})
PASSED_BY = "hidden folders, node_modules, __pycache__, site-packages, virtual environments and links to folders"
"""What is not walked, in words; a folder is known for a virtual environment by what it holds, not by its name."""


def project_files(
    folder: Path,
    seen: Callable[[Path, int], object] = lambda _folder, _files: None,
    wanted: Callable[[str], bool] = may_be_known,
    passed_by: Callable[[Path], object] = lambda _folder: None,
) -> Iterator[Path]:
    """Yield what may be files of Azure ML below a folder, each folder's own by name, then those of its folders.

    Left out is what PASSED_BY says, and what can't be read; `passed_by` is told each such folder.
    `seen` is told each folder, with the number of its files; `wanted` says whether a file of a name is looked for.
    """
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        listed = _listed(here, wanted)
        if listed is None:
            passed_by(here)
            seen(here, 0)
            continue
        files, folders, left, total = listed
        seen(here, total)
        for each in sorted(left):
            passed_by(here / each)
        yield from (here / each for each in sorted(files))
        waiting += [here / each for each in sorted(folders, reverse=True)]


def _listed(folder: Path, wanted: Callable[[str], bool]) -> tuple[list[str], list[str], list[str], int] | None:
    """Return a folder's files, the folders to enter and those to pass by, and how many files it has; None: pass by."""
    files: list[str] = []
    folders: list[str] = []
    left: list[str] = []
    total = 0
    try:
        with os.scandir(folder) as found:
            for each in found:
                if each.name in _OF_AN_INSTALLATION:
                    return None
                if each.is_dir(follow_symlinks=False):
                    (folders if _is_entered(each.name) else left).append(each.name)
                elif each.is_symlink() and Path(each.path).is_dir():
                    left.append(each.name)
                else:
                    total += 1
                    if wanted(each.name):
                        files.append(each.name)
    except OSError:
        return (files, [], left, total) if files else None
    return files, folders, left, total


def _is_entered(name: str) -> bool:
    return name in _ENTERED or (not name.startswith(".") and name not in _PASSED_BY)
