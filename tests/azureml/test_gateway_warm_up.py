"""Getting ready for a job: both children start beside everything else, and are the ones that are asked afterwards."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from desktop_app.api import OutsideError, Progress, Workspace
from desktop_app.backends.azureml.client.gateway_process import Gateway
from desktop_app.backends.azureml.client.wire import Ask, CloudFault
from tests.helpers.emulated_backends import until
from tests.helpers.emulators import Emulator
from tests.helpers.gateways import WORKSPACE, gateway_of, silent


def _children() -> dict[str, int]:
    """Return the gateway's children by role; one that has just been made has no words yet."""
    found: dict[str, int] = {}
    for each in psutil.Process().children():
        try:
            words = each.cmdline()
        except psutil.Error:
            continue
        if any("gateway" in word for word in words):
            found[words[-1]] = each.pid
    return found


async def test_both_children_start_and_are_used(
    azureml_python: Path, emulator: Emulator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    named = emulator.named
    workspace = Workspace(named["workspace_name"], named["subscription_id"], named["resource_group"])
    async with gateway_of(azureml_python) as gateway:
        gateway.warm_up(workspace)
        gateway.warm_up(workspace)
        await until(lambda: set(_children()) == {"wire", "sdk"})
        started = _children()
        arguments = {"file": str(tmp_path / "none.yml"), "name": "none"}
        with pytest.raises(CloudFault):
            await gateway.call(workspace, "submit_job", arguments, silent)
        logins = [each for each in emulator.log() if each["path"].endswith("/token")]
        assert len(logins) == 1, "who asks next has the token that was got meanwhile"
        assert _children() == started


async def test_what_fails_is_told_to_who_asks() -> None:
    async def none(_progress: Progress) -> str:
        raise OutsideError("There is no room for the client.")

    gateway = Gateway(none)
    gateway.warm_up(WORKSPACE)
    with pytest.raises(OutsideError, match="no room"):
        await gateway.ask(WORKSPACE, Ask("GET", "https://management.azure.com/"))
    await gateway.close()
