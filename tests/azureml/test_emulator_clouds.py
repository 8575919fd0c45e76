"""The emulator as the clouds of China and the US government: other host names, everything else the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.emulators import Emulator, Sdk, running_emulator

_HOSTS = {
    "AzureUSGovernment": ("usgovcloudapi.net", "usgovarizona.api.ml.azure.us", "login.microsoftonline.us"),
    "AzureChinaCloud": ("chinacloudapi.cn", "usgovarizona.api.ml.azure.cn", "login.chinacloudapi.cn"),
}


@pytest.fixture(scope="module", params=list(_HOSTS))
def abroad(
    request: pytest.FixtureRequest, azureml_python: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Emulator, Sdk]]:
    name: str = request.param
    options = ("--cloud", name, "--location", "usgovarizona")
    with (
        running_emulator(tmp_path_factory.mktemp("emulator"), *options) as emulator,
        Sdk(azureml_python, emulator.environment, tmp_path_factory.mktemp("sdk")) as sdk,
    ):
        sdk("ml = client(config, cloud=cloud); import pathlib", config=str(emulator.config), cloud=name)
        yield name, emulator, sdk


def test_the_sdk_finds_its_way_in_another_cloud(abroad: tuple[str, Emulator, Sdk]) -> None:
    name, emulator, sdk = abroad
    suffix, api, login = _HOSTS[name]
    assert sdk("ml.workspaces.get(ml.workspace_name).discovery_url") == f"https://{api}/discovery"
    spec = "entities.AmlCompute(name='c', size='Standard_DS3_v2')"
    assert sdk(f"ml.compute.begin_create_or_update({spec}).result().provisioning_state") == "Succeeded"
    version = sdk(
        """
        pathlib.Path("m.bin").write_bytes(b"weights")
        made = ml.models.create_or_update(entities.Model(name="m", path="m.bin", type="custom_model"))
        ml.models.download("m", made.version, download_path="down")
        result = [each.read_bytes() == b"weights" for each in pathlib.Path("down").rglob("*.bin")]
        """
    )
    assert version == [True]
    hosts = {each["host"] for each in emulator.log()}
    assert {f"management.{suffix}", login} <= hosts
    assert any(each.endswith(f".blob.core.{suffix}") for each in hosts)
    assert all(each.endswith((suffix, api, login)) or each == "127.0.0.1" for each in hosts)
