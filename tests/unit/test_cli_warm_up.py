"""`run` for the cloud: the client starts while the job is read, unless it has to be made first."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from desktop_app.cli import run
from tests.helpers.fake_cloud import FakeCloud


@pytest.mark.parametrize(
    ("backend", "state", "asked"),
    [
        ("azureml", "ready", ["warm_up"]),
        ("azureml", "missing", []),
        ("azureml", "incomplete", []),
        ("local", "ready", []),
    ],
)
def test_the_client_starts_beside(backend: str, state: str, asked: list[str]) -> None:
    cloud = FakeCloud()
    toolchains = SimpleNamespace(get=lambda _name: SimpleNamespace(state=state))
    workbench = cast("Any", SimpleNamespace(cloud=cloud, toolchains=toolchains))
    run._warm_up(workbench, cloud.current() if backend == "azureml" else None)
    assert [each[0] for each in cloud.asked] == asked
