"""The first of the two commands, once everything is set up: no network, no delay, the sample's result and exit code."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from desktop_app.places import Places
from installer import environments
from installer.verbs import APP, default_cache

ROOT = Path(__file__).resolve().parents[2]
BASE = getattr(sys, "_base_executable", sys.executable)


@pytest.fixture(scope="module")
def cache() -> Path:
    """The cache that the set-up filled; this very test run may come from it."""
    found = default_cache()
    if not environments.is_complete(APP.folder(found)) or not list(found.glob("environments/toolchain-pytorch-*")):
        pytest.skip("not set up: `python3 installer/bootstrap.py test` does it")
    return found


def offline(cache: Path, home: Path) -> dict[str, str]:
    """Return an environment without a display and without packages to be had."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return {**kept, "PIP_NO_INDEX": "1", "UV_OFFLINE": "1", "RANKZERO_CACHE": str(cache), "RANKZERO_HOME": str(home)}


def run(command: list[str], environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command from the root of the clone."""
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.torch
def test_without_a_display_the_sample_job_is_run_to_its_result(cache: Path, no_orphans: Places) -> None:
    done = run([BASE, "installer/bootstrap.py", "run"], offline(cache, no_orphans.home))
    assert done.returncode == 0, done.stderr
    assert "accuracy" in done.stdout
    assert done.stderr.splitlines()[0] == "Making the run's folder", "there was nothing to set up"
    assert " Completed in " in done.stderr.splitlines()[-1]


def test_it_costs_less_than_a_second(cache: Path, tmp_path: Path) -> None:
    """Measured against the program itself on a task that ends at once: there is no place for the sample."""
    (tmp_path / "file").write_text("")
    environment = offline(cache, tmp_path / "file" / "home")
    python = environments.python_of(ROOT / ".venv")
    slow, quick = (
        min(seconds(command, environment) for _time in range(3))
        for command in ([BASE, "installer/bootstrap.py", "run"], [str(python), "-m", "desktop_app", "run", "--sample"])
    )
    assert slow - quick < 1.0


def seconds(command: list[str], environment: Mapping[str, str]) -> float:
    """Return how long a command takes that fails for want of a place."""
    began = time.monotonic()
    done = run(command, environment)
    assert done.returncode == 3, done.stderr
    assert "can't be copied" in done.stderr
    return time.monotonic() - began
