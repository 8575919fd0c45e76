"""Fixtures of the supervisor's tests: a place for runs, from which no process may be left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import local_runs


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Path]:
    """Return a folder for runs; a process of one of them that outlives the test fails it."""
    folder = tmp_path / "home" / "runs"
    folder.mkdir(parents=True)
    yield folder
    local_runs.assert_nothing_left(folder)
