"""Everything at once: a service that fails in all its ways, children that are killed; every question is answered."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from desktop_app.api import Workspace
from desktop_app.backends.azureml.client.gateway_process import Gateway
from desktop_app.backends.azureml.client.routes import resource_id
from desktop_app.backends.azureml.client.wire import Ask
from tests.helpers.emulators import Emulator
from tests.helpers.gateways import gateway_of

FAULTS = (
    {"kind": "throttle", "seconds": 0, "probability": 0.05},
    {"kind": "error", "status": 503, "probability": 0.05},
    {"kind": "reset", "probability": 0.05},
    {"kind": "cut", "probability": 0.03},
    {"kind": "short", "probability": 0.03},
)
COUNT = 300


@pytest.fixture
def weather(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """The emulator, which fails about every fifth request to the management plane."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    for each in FAULTS:
        emulator.control("faults", {"plane": "arm", **each})
    yield emulator
    emulator.control("faults/clear", {})


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
async def test_no_question_is_lost(weather: Emulator, azureml_python: Path) -> None:
    named = weather.named
    workspace = Workspace(named["workspace_name"], named["subscription_id"], named["resource_group"])
    seen: Counter[str] = Counter()
    async with gateway_of(azureml_python) as gateway:
        killing = asyncio.create_task(kill_now_and_then(seen))
        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(20):
                    workers.create_task(worker(gateway, workspace, seen))
        finally:
            killing.cancel()
    assert seen["answered"] == COUNT
    assert seen["killed"] > 0
    assert len(weather.control("faults/log")) > COUNT / 20


async def worker(gateway: Gateway, workspace: Workspace, seen: Counter[str]) -> None:
    url = f"https://management.azure.com{resource_id(workspace)}?api-version=2024-10-01-preview"
    for _ in range(COUNT // 20):
        reply = await gateway.ask(workspace, Ask("GET", url, patience=60))
        seen["answered"] += reply.json["name"] == workspace.name


async def kill_now_and_then(seen: Counter[str]) -> None:
    """End the child that asks, twice: a question outlives no more, and a slow one may meet each end."""
    for _ in range(2):
        before = seen["answered"]
        while seen["answered"] < before + COUNT // 4:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        for each in psutil.Process().children(recursive=True):
            if each.cmdline()[-1:] == ["wire"]:
                os.kill(each.pid, signal.SIGKILL)
                seen["killed"] += 1
