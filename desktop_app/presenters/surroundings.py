"""What lies around a file: names that files nearby declare, and files and folders. Reads the disk."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from desktop_app.documents.kinds import UNKNOWN, kind_of

_MOST_FILES = 200
_LARGEST = 100_000
_MOST_ENTRIES = 300
_NAME = re.compile(r"""^name\s*:\s*["']?(?P<name>[^\s"'#]+)""", re.MULTILINE)
_VERSION = re.compile(r"""^version\s*:\s*["']?(?P<version>[^\s"'#]+)""", re.MULTILINE)
_HIDDEN = frozenset({"__pycache__", "node_modules"})


@dataclass(frozen=True, slots=True)
class Declared:
    """What a file nearby declares; `file` is relative to the folder that was asked for."""

    family: str
    name: str
    version: str
    file: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder by its name."""

    name: str
    is_folder: bool


def declared(folder: Path) -> list[Declared]:
    """Return what the YAML files of a folder and of the folders in it declare: computes, environments, components."""
    found = []
    for path in _yaml_files(folder):
        with contextlib.suppress(OSError, ValueError):
            state = path.stat()
            made = _declared_in(path, state.st_mtime_ns, state.st_size) if state.st_size <= _LARGEST else None
            if made is not None:
                found.append(Declared(*made, path.relative_to(folder).as_posix()))
    return found


def _yaml_files(folder: Path) -> list[Path]:
    found: list[Path] = []
    with contextlib.suppress(OSError):
        for each in sorted(folder.iterdir()):
            if len(found) >= _MOST_FILES:
                break
            if each.suffix.lower() in {".yml", ".yaml"}:
                found.append(each)
            elif each.is_dir() and not _is_hidden(each.name):
                found += sorted(each.glob("*.y*ml"))[:_MOST_FILES]
    return found[:_MOST_FILES]


@lru_cache(maxsize=1024)
def _declared_in(path: Path, _changed: int, _size: int) -> tuple[str, str, str] | None:
    """Return family, name and version; read again only when the file has changed."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return None
    kind = kind_of(path, None, text)
    if kind == UNKNOWN:
        return None
    name, version = _NAME.search(text), _VERSION.search(text)
    family = (
        "component" if kind.lower().endswith("component") else "compute" if kind.lower().endswith("compute") else kind
    )
    return family, name["name"] if name else "", version["version"] if version else ""


def entries(folder: Path) -> Iterator[Entry]:
    """Yield what lies in a folder, folders first; nothing where there is no such folder."""
    try:
        with os.scandir(folder) as found:
            there = sorted((Entry(each.name, each.is_dir()) for each in found if not _is_hidden(each.name)), key=_order)
    except OSError:
        return
    yield from there[:_MOST_ENTRIES]


def _order(entry: Entry) -> tuple[bool, str]:
    return not entry.is_folder, entry.name.lower()


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name in _HIDDEN
