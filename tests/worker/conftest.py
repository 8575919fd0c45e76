"""Fixtures of the supervisor's tests: a place for runs, from which no process may be left."""

from __future__ import annotations

import subprocess
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


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 4 MiB of its own, mounted where root may."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"a small disk can't be mounted: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)
