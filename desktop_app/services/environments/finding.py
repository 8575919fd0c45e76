"""Finds the environments of one's own in a folder: environment files, conda files, requirements."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from desktop_app.documents.kinds import kind_of

_MOST = 2000
_LARGEST = 1 << 16
_PASSED_BY = frozenset({"__pycache__", "node_modules", "venv", "env", "build", "dist"})
_REQUIREMENTS = re.compile(r"(?:^|[-_.])requirements(?:[-_.]\w+)*\.(?:txt|in)$", re.IGNORECASE)


class Own(NamedTuple):
    """A file that describes an environment; `kind` is environment, conda or requirements."""

    path: Path
    kind: str


def own_environments(folder: Path) -> list[Own]:
    """Return them by their paths; large files and hidden folders are passed by."""
    found = ((path, _kind(path)) for path in _files(folder))
    return [Own(path, kind) for path, kind in found if kind]


def _files(folder: Path) -> Iterator[Path]:
    seen = 0
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _PASSED_BY)
        for name in sorted(files):
            seen += 1
            if seen > _MOST:
                return
            yield Path(here, name)


def _kind(path: Path) -> str:
    if _REQUIREMENTS.search(path.name):
        return "requirements"
    if path.suffix.lower() not in {".yml", ".yaml"}:
        return ""
    try:
        if path.stat().st_size > _LARGEST:
            return ""
        kind = kind_of(path, None, path.read_text("utf-8", "replace"))
    except OSError:
        return ""
    return kind if kind in {"environment", "conda"} else ""
