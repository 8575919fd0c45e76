"""An emulator and the SDK for each module of tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.emulators import Emulator, Sdk, running_emulator


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
