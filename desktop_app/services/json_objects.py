"""The JSON object in a file of a run, which may be gone, damaged or anybody's: what is in it, or nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any


def object_in(path: Path) -> dict[str, Any]:
    """Return the object in a file; empty for anything else, and where there is no file."""
    try:
        return object_of(path.read_bytes())
    except OSError:
        return {}


def object_of(data: bytes) -> dict[str, Any]:
    """Return the object that a text is; empty for anything else."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
