"""An emulator and the SDK for each module of tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.places import Places
from tests.helpers.cloud_verbs import cloud_program
from tests.helpers.emulators import Emulator, Sdk, running_emulator
from tests.helpers.program import Program


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator in a process of its own, shared by the module's tests."""
    with running_emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture(scope="module")
def sdk(emulator: Emulator, azureml_python: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sdk]:
    """azure-ai-ml with `ml`, a client of the emulator's workspace."""
    with Sdk(azureml_python, emulator.environment, tmp_path_factory.mktemp("sdk")) as running:
        running("ml = client(config)", config=str(emulator.config))
        yield running


@pytest.fixture(scope="session")
def second_client() -> Path:
    """The Python of an environment with azure-mgmt-machinelearningservices, which the tests' set-up makes."""
    if named := os.environ.get("RANKZERO_TEST_SECOND_CLIENT"):
        return Path(named)
    advice = "no second client of Azure ML; `python3 installer/bootstrap.py test` makes it"
    if os.environ.get("CI"):
        pytest.fail(advice)
    pytest.skip(advice)


@pytest.fixture
def newcomer(no_orphans: Places, emulator: Emulator, azureml_python: Path, tmp_path: Path) -> Iterator[Program]:
    """The program of a person who has added no workspace yet."""
    with cloud_program(no_orphans, emulator, azureml_python, tmp_path) as program:
        yield program


@pytest.fixture
def verbs(newcomer: Program, emulator: Emulator) -> Program:
    """The program of a person who works in the emulator's workspace."""
    assert newcomer("workspace", "add", emulator.config, "--no-check").code == 0
    return newcomer
