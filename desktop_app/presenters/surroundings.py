"""What lies around a file: files and folders, as one chooses among them. Reads the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from desktop_app.documents.declared import is_hidden

_MOST_ENTRIES = 300


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder by its name."""

    name: str
    is_folder: bool


def entries(folder: Path) -> Iterator[Entry]:
    """Yield what lies in a folder, folders first; nothing where there is no such folder."""
    try:
        with os.scandir(folder) as found:
            there = sorted((Entry(each.name, each.is_dir()) for each in found if not is_hidden(each.name)), key=_order)
    except (OSError, ValueError):  # a NUL in a name
        return
    yield from there[:_MOST_ENTRIES]


def _order(entry: Entry) -> tuple[bool, str]:
    return not entry.is_folder, entry.name.lower()
