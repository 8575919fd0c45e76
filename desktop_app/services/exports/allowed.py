"""What a person allowed files to import, for each file by its SHA-256: another file, or a changed one, asks anew."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from desktop_app.services.files import write_atomically

NAME = "allowed.json"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Kept beside the exports. Blocks: it is a file."""

    root: Path

    def read(self) -> dict[str, list[str]]:
        """Return the allowed names by SHA-256; nothing where the file can't be read."""
        try:
            told = json.loads((self.root / NAME).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        if not isinstance(told, dict):
            return {}
        return {str(key): [str(each) for each in names] for key, names in told.items() if isinstance(names, list)}

    def keep(self, known: Mapping[str, list[str]]) -> None:
        """Write what is allowed now. Raises OSError."""
        write_atomically(self.root / NAME, json.dumps(dict(known), indent=1) + "\n")
