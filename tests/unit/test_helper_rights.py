"""Tests that ask whether file modes are obeyed ask it in earnest, whoever runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.rights import obeying_modes, obeys_modes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")


@pytest.fixture
def closed(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.touch(0o400)
    return path


@obeys_modes
def test_neither_this_thread_nor_what_it_starts_may_write(closed: Path) -> None:
    assert not os.access(closed, os.W_OK)
    with pytest.raises(PermissionError):
        closed.open("w")
    assert subprocess.run(["sh", "-c", f"echo x > {closed}"], capture_output=True, check=False).returncode != 0


def test_for_a_while_only(closed: Path) -> None:
    before = os.access(closed, os.W_OK)
    with obeying_modes():
        assert not os.access(closed, os.W_OK)
        with pytest.raises(PermissionError):
            closed.open("w")
    assert os.access(closed, os.W_OK) is before
