"""Finds the environments of one's own in a folder: environment files, conda files, requirements."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from desktop_app.api import UserError
from desktop_app.documents.kinds import kind_of
from desktop_app.documents.listing import head_of
from desktop_app.documents.project_files import project_files
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.yaml_text import parse

_MOST = 2000
_LARGEST = 1 << 16
_REQUIREMENTS = re.compile(r"(?:^|[-_.])requirements(?:[-_.]\w+)*\.(?:txt|in)$", re.IGNORECASE)
_YAML = (".yml", ".yaml")


class Own(NamedTuple):
    """A file that describes an environment; `kind` is environment, conda or requirements."""

    path: Path
    kind: str


def own_environments(folder: Path) -> list[Own]:
    """Return them as the project is walked; large files are passed by."""
    found = ((path, _kind(path)) for path in islice(project_files(folder, wanted=_is_wanted), _MOST))
    return [Own(path, kind) for path, kind in found if kind]


def _is_wanted(name: str) -> bool:
    return name.lower().endswith(_YAML) or bool(_REQUIREMENTS.search(name))


def _kind(path: Path) -> str:
    if _REQUIREMENTS.search(path.name):
        return "requirements"
    try:
        kind = kind_of(path, None, head_of(path, _LARGEST))
    except (OSError, ValueError):  # ValueError: no UTF-8
        return ""
    return kind if kind in {"environment", "conda"} else ""


def name_in(path: Path) -> str:
    """Return the name that an environment file gives; "" where it gives none or can't be read."""
    try:
        data = parse(TextFile.load(path).text).data
    except UserError:
        return ""
    name = data.get("name") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""
