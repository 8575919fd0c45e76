"""Walks a project for files of Azure ML: quick also where a hundred thousand others lie, and never in circles."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from desktop_app.documents.kinds import may_be_known

_PASSED_BY = frozenset({"__pycache__", "node_modules", "site-packages", "venv"})
_ENTERED = frozenset({".azureml"})  # beside these, nothing hidden
_OF_AN_INSTALLATION = frozenset({"pyvenv.cfg", "conda-meta"})


def project_files(
    folder: Path,
    seen: Callable[[Path, int], object] = lambda _folder, _files: None,
    wanted: Callable[[str], bool] = may_be_known,
) -> Iterator[Path]:
    """Yield what may be files of Azure ML below a folder, each folder's own by name, then those of its folders.

    Left out are hidden folders, Python installations and what can't be read; links to folders are not followed.
    `seen` is told each folder, with the number of its files; `wanted` says whether a file of a name is looked for.
    """
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        files, folders, total = _listed(here, wanted)
        seen(here, total)
        yield from (here / each for each in sorted(files))
        waiting += [here / each for each in sorted(folders, reverse=True)]


def _listed(folder: Path, wanted: Callable[[str], bool]) -> tuple[list[str], list[str], int]:
    files: list[str] = []
    folders: list[str] = []
    total = 0
    try:
        with os.scandir(folder) as found:
            for each in found:
                if each.name in _OF_AN_INSTALLATION:
                    return [], [], 0
                if each.is_dir(follow_symlinks=False):
                    folders.append(each.name)
                else:
                    total += 1
                    if wanted(each.name) and not each.is_dir():
                        files.append(each.name)
    except OSError:
        return files, [], total
    return files, [each for each in folders if _is_entered(each)], total


def _is_entered(name: str) -> bool:
    return name in _ENTERED or (not name.startswith(".") and name not in _PASSED_BY)
