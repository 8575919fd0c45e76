"""Checks files of knowledge as the test kit does, and that the program diagnoses each signature's log to just it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from desktop_app.api import Explanation
from desktop_app.api.testing import knowledge_problems
from desktop_app.core.diagnosis.foreign import judged_logs


def knowledge_faults(path: Path) -> tuple[str, ...]:
    """Return what is wrong with a file of knowledge, or with those of a plugin's folder, one sentence each."""
    return knowledge_problems(path, _cause)


def _cause(found: Sequence[Explanation], logs: Mapping[int, str]) -> Explanation | None:
    return judged_logs(found, logs).cause
