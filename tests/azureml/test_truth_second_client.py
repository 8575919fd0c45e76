"""Another client, from another generator and another version of the interface, reads all that there is."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.emulators import ROOT, Emulator
from tests.helpers.waiting import wait_until

_NEW = {"properties": {}, "tags": {}, "isAnonymous": False, "isArchived": False}
_STORE = "azureml://datastores/workspaceblobstore/paths/x"
_JOB = {"jobType": "Command", "command": "sleep 600", "environmentId": "azureml:e:1"}
_BODIES: Mapping[str, Mapping[str, Any]] = {
    "computes/c": {"computeType": "AmlCompute", "properties": {"vmSize": "Standard_DS2_v2"}},
    "datastores/mine": {"datastoreType": "AzureBlob", "accountName": "a", "containerName": "c",
                        "credentials": {"credentialsType": "None"}},
    "codes/code/versions/1": {**_NEW, "codeUri": "https://a.blob.core.windows.net/c/code"},
    "data/d/versions/1": {**_NEW, "dataType": "uri_file", "dataUri": _STORE},
    "environments/e/versions/1": {**_NEW, "image": "mcr.microsoft.com/x"},
    "models/m/versions/1": {**_NEW, "modelType": "mlflow_model", "modelUri": "https://a.blob.core.windows.net/c/m"},
    "jobs/j": {**_JOB, "computeId": "{path}/computes/c", "resources": {"instanceCount": 9}},
    "onlineEndpoints/second-ep": {"authMode": "Key"},
    "onlineEndpoints/second-ep/deployments/blue": {"endpointComputeType": "Managed", "model": "azureml:m:1",
                                                   "instanceType": "Standard_DS3_v2"},
}  # fmt: skip
_NAMES = {
    "compute": {"compute_name": "c"},
    "datastores": {"name": "mine"},
    "jobs": {"id": "j"},
    "code_containers": {"name": "code"},
    "code_versions": {"name": "code", "version": "1"},
    "data_containers": {"name": "d"},
    "data_versions": {"name": "d", "version": "1"},
    "environment_containers": {"name": "e"},
    "environment_versions": {"name": "e", "version": "1"},
    "model_containers": {"name": "m"},
    "model_versions": {"name": "m", "version": "1"},
    "online_endpoints": {"endpoint_name": "second-ep"},
    "online_deployments": {"endpoint_name": "second-ep", "deployment_name": "blue"},
}
_LEFT_OUT = (
    "registry_",  # registries are read through their own host, as the SDK does it; never written
    "registries.get",
    "batch_",  # batch endpoints, components, notebooks and attached computes are not asked for
    "component_versions.get",
    "workspaces.list_notebook",
    "compute.list_keys",
    "private_link_resources.",
    "online_deployments.list_skus",
)


def _make(emulator: Emulator) -> None:
    path = emulator.workspace.partition("management.azure.com")[2]
    for name, body in _BODIES.items():
        asked = json.loads(json.dumps(body).replace("{path}", path))
        url = f"{{ws}}/{name}?api-version=2023-04-01-preview"
        assert emulator.ask("PUT", url, {"location": "westus", "properties": asked}).status == 201, name
        if name.startswith("onlineEndpoints"):
            wait_until(lambda: _stands(emulator, url))  # noqa: B023 - it is called at once


def _stands(emulator: Emulator, url: str) -> bool:
    return bool(emulator.ask("GET", url).json["properties"]["provisioningState"] == "Succeeded")


@pytest.fixture(scope="module")
def told(emulator: Emulator, second_client: Path) -> dict[str, list[str]]:
    _make(emulator)
    asked = json.dumps({**emulator.named, "token": emulator.token(), "names": _NAMES})
    command = [str(second_client), str(ROOT / "tests" / "helpers" / "second_client.py")]
    environment = {**os.environ, **emulator.environment}
    done = subprocess.run(
        command, input=asked, env=environment, capture_output=True, text=True, timeout=240, check=True
    )
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("group", sorted(_NAMES))
def test_what_is_there_is_listed_and_read(told: dict[str, list[str]], group: str) -> None:
    name = list(_NAMES[group].values())[-1]
    assert name in told[f"{group}.list"]
    assert told[f"{group}.get"] == [name]


def test_nothing_is_unknown_or_can_not_be_read_but_what_the_emulator_leaves_out(told: dict[str, list[str]]) -> None:
    faults = {each: said[0] for each, said in told.items() if said and said[0].startswith("fault")}
    unknown = {each for each, said in faults.items() if "InvalidResourceType" in said}
    assert {each for each in unknown if not each.startswith(_LEFT_OUT)} == set()
    others = {each: said for each, said in faults.items() if each not in unknown}
    assert {each: said for each, said in others.items() if "absent" not in said} == {
        "datastores.list_secrets": others["datastores.list_secrets"]  # of one that has none
    }
    assert "No secrets for credentials of type None" in others["datastores.list_secrets"]


def test_the_frame_around_them_is_read_too(told: dict[str, list[str]], emulator: Emulator) -> None:
    name = emulator.named["workspace_name"]
    assert told["workspaces.list_by_subscription"] == told["workspaces.list_by_resource_group"] == [name]
    assert told["workspaces.get"] == [name]
    assert len(told["virtual_machine_sizes.list"]) > 0
    assert len(told["usages.list"]) > 0
    assert len(told["quotas.list"]) > 0
