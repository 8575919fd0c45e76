"""Fixtures that every suite may use; light, and without Qt."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, settings

from desktop_app.places import Places, find_places
from tests.helpers.made_toolchains import toolchain_or_skip
from tests.helpers.processes import children, describe, end_resource_tracker, processes_of
from tests.helpers.waiting import wait_until

# Hypothesis without a clock: a busy machine makes no test fail. CI, and the README's command, try the same examples
# every time; pytest by hand looks for new ones.
_SAME = any(os.environ.get(each) for each in ("CI", "RANKZERO_TEST_SAME_EXAMPLES"))
settings.register_profile("rankzero", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=_SAME)
settings.load_profile("rankzero")


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


@pytest.fixture(autouse=True)
def no_package_index(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have tests of plugins ask no index and no folder of this machine: what they need they bring along."""
    if not request.path.name.startswith("test_plugin"):
        return
    for name in [each for each in os.environ if each.upper().startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")


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
    """The Python of the toolchain pytorch, see `toolchain_or_skip`."""
    return toolchain_or_skip("pytorch")


@pytest.fixture(scope="session")
def deepspeed_toolchain() -> Path:
    """The Python of the toolchain deepspeed."""
    return toolchain_or_skip("deepspeed")


@pytest.fixture(scope="session")
def tensorflow_toolchain() -> Path:
    """The Python of the toolchain tensorflow."""
    return toolchain_or_skip("tensorflow")


@pytest.fixture(scope="session")
def horovod_pytorch_toolchain() -> Path:
    """The Python of the toolchain horovod-pytorch."""
    return toolchain_or_skip("horovod-pytorch")


@pytest.fixture(scope="session")
def horovod_tensorflow_toolchain() -> Path:
    """The Python of the toolchain horovod-tensorflow."""
    return toolchain_or_skip("horovod-tensorflow")


@pytest.fixture(scope="session")
def mpi_toolchain() -> Path:
    """The Python of the toolchain mpi."""
    return toolchain_or_skip("mpi")


@pytest.fixture(scope="session")
def ray_toolchain() -> Path:
    """The Python of the toolchain ray."""
    return toolchain_or_skip("ray")


@pytest.fixture(scope="session")
def mpirun() -> str:
    """The mpirun on the PATH; where there is none the test is skipped by hand, and fails in CI."""
    if found := shutil.which("mpirun"):
        return found
    advice = "no mpirun: `apt-get install openmpi-bin`, or `python3 installer/bootstrap.py test` as root"
    if os.environ.get("CI"):
        pytest.fail(advice)
    pytest.skip(advice)


@pytest.fixture(scope="session")
def azureml_python() -> Path:
    """The Python of an environment with azure-ai-ml: RANKZERO_TEST_AZUREML names it, else it is the toolchain's."""
    named = os.environ.get("RANKZERO_TEST_AZUREML")
    return Path(named) if named else toolchain_or_skip("azureml")
