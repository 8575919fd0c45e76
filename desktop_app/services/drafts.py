"""Unfinished work that must survive a crash: one small JSON file each, replaced as a whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from desktop_app.api import Value
from desktop_app.api._records import from_json, to_json
from desktop_app.services.files import write_atomically


@dataclass(frozen=True, slots=True)
class Draft:
    """What was kept under `key` (a path, a wizard's name), and when."""

    key: str
    kept: datetime
    data: dict[str, Value]


class Drafts:
    """The drafts of one kind (`texts`, `wizards`) below the person's drafts folder."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._folder = folder / kind

    def keep(self, key: str, data: dict[str, Value]) -> Draft:
        """Write a draft, in place of an earlier one of that key. Raises OSError where it can't be written."""
        draft = Draft(key, datetime.now(UTC), data)
        write_atomically(self._path(key), json.dumps(to_json(draft)))
        return draft

    def get(self, key: str) -> Draft | None:
        """Return the draft of `key`; None where there is none that can be read."""
        found = _read(self._path(key))
        return found if found is not None and found.key == key else None

    def drop(self, key: str) -> None:
        """Forget a draft."""
        self._path(key).unlink(missing_ok=True)

    def all(self) -> list[Draft]:
        """Return every draft that can be read, newest first."""
        found = (_read(each) for each in self._folder.glob("*.json"))
        return sorted((each for each in found if each), key=lambda each: each.kept, reverse=True)

    def _path(self, key: str) -> Path:
        return self._folder / f"{hashlib.sha256(key.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}.json"


def _read(path: Path) -> Draft | None:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return from_json(Draft, data) if isinstance(data["data"], dict) and data["kept"] else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None
