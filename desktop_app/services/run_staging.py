"""Puts a run among the others in one step: made in a hidden folder beside them, there with one rename or not at all."""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

LOGS_IN = "logs in "
"""What `from_bundle` begins with where a run is nothing but logs from elsewhere."""
_STAGE = ".opening"
_STALE = 3600.0  # seconds after which a staged folder belongs to nobody: its program was killed


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A run that was taken in: its `handle`, its name, its folder, and where it comes from."""

    handle: str
    run: str
    folder: Path
    origin: str


@contextmanager
def staged(runs: Path, name: str) -> Iterator[Path]:
    """Lend a folder in which a run is put together; whatever is left of it afterwards is deleted."""
    runs.mkdir(0o700, parents=True, exist_ok=True)
    _sweep(runs)
    stage = Path(tempfile.mkdtemp(prefix=f".{name}-", suffix=_STAGE, dir=runs))
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def write_paper(path: Path, data: dict[str, Any]) -> None:
    """Write a JSON file for its owner alone."""
    path.touch(0o600)
    path.write_text(json.dumps(data, ensure_ascii=False), "utf-8", "surrogateescape")


def _sweep(runs: Path) -> None:
    """Delete what a program left that was killed while it put a run together."""
    for each in runs.glob(f".*{_STAGE}"):
        with contextlib.suppress(OSError):
            if time.time() - each.stat().st_mtime > _STALE:
                shutil.rmtree(each, ignore_errors=True)
