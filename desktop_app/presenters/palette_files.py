"""The open folder's files for the palette: nearest first, and never more than is quickly read."""

from __future__ import annotations

import os
from collections import deque
from pathlib import Path

from desktop_app.presenters.files import HIDDEN, kind_by_name
from desktop_app.presenters.palette import Entry

MOST = 4_000
"""Files that are offered."""
MOST_OF_A_FOLDER = 500
"""A folder of data must not hide the others."""
MOST_FOLDERS = 2_000

_ICONS = {"python": "mdi6.language-python", "yaml": "mdi6.file-code-outline", "markdown": "mdi6.text-box-outline"}


def files_of(folder: Path) -> list[Entry]:
    """Return the files of a project folder, level by level; folders that can't be read are passed by.

    Reads the disk: a window calls it off its own thread. Links to folders are not followed, so that it ends.
    """
    found: list[Entry] = []
    waiting, read = deque([folder]), 0
    while waiting and len(found) < MOST and read < MOST_FOLDERS:
        read += 1
        files, folders = _read(waiting.popleft())
        found += [_entry(folder, each) for each in files[:MOST_OF_A_FOLDER]]
        waiting.extend(folders)
    return found[:MOST]


def _read(folder: Path) -> tuple[list[Path], list[Path]]:
    files, folders = list[str](), list[str]()
    try:
        with os.scandir(folder) as listed:
            for each in listed:
                if each.name in HIDDEN:
                    continue
                if each.is_dir(follow_symlinks=False):
                    folders.append(each.name)
                elif each.is_file():
                    files.append(each.name)
    except OSError:
        return [], []
    return [folder / each for each in sorted(files)], [folder / each for each in sorted(folders)]


def _entry(folder: Path, path: Path) -> Entry:
    above = path.parent.relative_to(folder).as_posix()
    picture = _ICONS.get(kind_by_name(path), "mdi6.file-outline")
    return Entry(f"open:{path}", path.name, "file", detail="" if above == "." else above, icon=picture)
