"""Fixtures that every suite may use; light, and without Qt."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from desktop_app.places import Places, find_places
from installer.environments import is_complete, python_of
from installer.verbs import AZUREML, default_cache
from tests.helpers.processes import children, describe, end_resource_tracker, processes_of
from tests.helpers.waiting import wait_until

ROOT = Path(__file__).resolve().parent.parent
_AZUREML = AZUREML.folder(default_cache())


@pytest.fixture(autouse=True)
def no_child_left() -> Iterator[None]:
    """Fail a test that leaves a child process of its own behind."""
    before = children()
    yield
    end_resource_tracker()
    try:
        wait_until(lambda: children() <= before, timeout=10, what="the test's children to end")
    except AssertionError:
        left = [psutil.Process(each) for each in children() - before if psutil.pid_exists(each)]
        pytest.fail(f"children were left behind:\n{describe(left)}")


class _Heard(logging.Handler):
    """Keeps what was logged as a warning or worse."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Called by logging."""
        self.lines.append(f"{record.name}: {record.getMessage()}")


@pytest.fixture(autouse=True)
def no_stray_log(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which somebody logs a warning or worse, unless it asks for `caplog` to look at that itself."""
    heard = _Heard()
    logging.getLogger().addHandler(heard)
    yield
    logging.getLogger().removeHandler(heard)
    assert not heard.lines or "caplog" in request.fixturenames, heard.lines


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    """State and cache of a person who has never started the program."""
    monkeypatch.setenv("RANKZERO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("RANKZERO_CACHE", str(tmp_path / "cache"))
    return find_places()


@pytest.fixture
def no_orphans(places: Places) -> Iterator[Places]:
    """Fail the test if a process of its runs is still there a moment after it."""
    yield places
    try:
        wait_until(lambda: not processes_of(places.home), timeout=20, what="the test's processes to end")
    except AssertionError:
        left = processes_of(places.home)
        text = describe(left)
        for each in left:
            each.kill()
        pytest.fail(f"processes were left behind:\n{text}")


@pytest.fixture(scope="session")
def torch_toolchain() -> Path:
    """The Python of a PyTorch toolchain.

    RANKZERO_TEST_TOOLCHAIN names it, else the user's cache has one. Where neither is so the test is skipped if it
    was started by hand, and fails in CI: what needs torch must not go untested there.
    """
    named = os.environ.get("RANKZERO_TEST_TOOLCHAIN")
    found = Path(named) if named else _cached_toolchain()
    if found is not None and found.exists():
        return found
    advice = "`python3 installer/bootstrap.py test` makes the PyTorch toolchain"
    if os.environ.get("CI") or named:
        pytest.fail(f"no PyTorch toolchain; {advice}")
    pytest.skip(advice)


@pytest.fixture(scope="session")
def azureml_python() -> Path:
    """The Python of an environment with azure-ai-ml: RANKZERO_TEST_AZUREML names it, else the user's cache has one."""
    named = os.environ.get("RANKZERO_TEST_AZUREML")
    if named or is_complete(_AZUREML):
        return Path(named) if named else python_of(_AZUREML)
    advice = "`python3 installer/bootstrap.py test` makes the environment with the Azure ML SDK"
    if os.environ.get("CI"):
        pytest.fail(f"no azure-ai-ml; {advice}")
    pytest.skip(advice)


def _cached_toolchain() -> Path | None:
    asked = subprocess.run(
        [sys.executable, "-m", "desktop_app", "toolchains", "list", "--json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if asked.returncode != 0:
        return None
    for each in json.loads(asked.stdout)["toolchains"]:
        if each["name"] == "pytorch" and each["state"] == "ready":
            return Path(each["python"])
    return None
