"""The emulator's base, asked by the unmodified SDK: sign-in, the workspace, computes, assets."""

from __future__ import annotations

from tests.helpers.emulators import Emulator, Sdk


def test_the_sdk_reads_the_workspace_of_a_config_file(emulator: Emulator, sdk: Sdk) -> None:
    found = sdk("w = ml.workspaces.get(ml.workspace_name); result = [w.name, w.location, w.discovery_url]")
    assert found == [emulator.named["workspace_name"], "westus", "https://westus.api.azureml.ms/discovery"]
