"""The clouds' hosts and the client's packages: dated data, held to the SDK that they were read from."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from desktop_app.api import UserError, Workspace
from desktop_app.backends.azureml.client import gateway_process, toolchain
from desktop_app.backends.azureml.client.clouds import cloud_named, clouds

CODE = """
import json
from azure.ai.ml._azure_environments import _environments
from importlib.metadata import distributions
names = {each.name.lower().replace("_", "-").replace(".", "-"): each.version for each in distributions()}
print(json.dumps([_environments, names]))
"""


def test_clouds_and_packages_are_the_sdks(azureml_python: Path) -> None:
    said = subprocess.run(
        [str(azureml_python), "-W", "ignore", "-c", CODE], capture_output=True, text=True, check=True
    ).stdout
    there, packages = json.loads(said)
    assert clouds().keys() == there.keys()
    for name, cloud in clouds().items():
        assert cloud.management == there[name]["resource_manager"].rstrip("/")
        assert cloud.authority == there[name]["active_directory"].rstrip("/")
        assert cloud.machine_learning == there[name]["aml_resource_id"].rstrip("/")
        assert cloud.storage_suffix == there[name]["storage_endpoint"]
        assert cloud.registries == there[name]["registry_discovery_endpoint"].rstrip("/")
        assert cloud.portal == there[name]["azure_portal"].rstrip("/")
    for name, version in packages.items():
        if name not in ("pip", "setuptools"):
            assert f"{name}=={version}" in pinned(), name


def pinned() -> set[str]:
    return {each.partition(";")[0].strip().lower().replace("_", "-") for each in toolchain.SPEC.requires}


def test_every_package_of_the_client_is_pinned() -> None:
    assert all(re.fullmatch(r"[\w.-]+==[\w.]+(; \w+ [<=]+ \"[\w.]+\")?", each) for each in toolchain.SPEC.requires)
    assert {"azure-ai-ml==1.35.2", "marshmallow==3.26.2"} <= pinned()


@pytest.mark.parametrize(
    ("cloud", "authority", "scope"),
    [
        ("", "https://login.microsoftonline.com", "https://management.azure.com/.default"),
        ("AzureUSGovernment", "https://login.microsoftonline.us", "https://management.usgovcloudapi.net/.default"),
        ("AzureChinaCloud", "https://login.chinacloudapi.cn", "https://management.chinacloudapi.cn/.default"),
    ],
)
def test_each_cloud_has_a_sign_in_of_its_own(cloud: str, authority: str, scope: str) -> None:
    account = gateway_process._account(Workspace("lab", "s", "g", cloud=cloud))
    assert (account["authority"], account["scopes"]["management"]) == (authority, scope)
    assert account["scopes"]["storage"] == "https://storage.azure.com/.default"


def test_a_cloud_that_is_none_is_told() -> None:
    with pytest.raises(UserError, match="There is no Azure cloud “AzureGermany”"):
        cloud_named("AzureGermany")


@pytest.mark.parametrize(
    ("url", "whose"),
    [
        ("https://account.blob.core.windows.net/c/a.txt", "storage"),
        ("https://ACCOUNT.blob.CORE.windows.net:443/c/a.txt", "storage"),
        ("https://account.z12.blob.storage.azure.net/c/a.txt", "storage"),
        ("https://account.blob.core.windows.net/c/sig=1.txt", "storage"),
        ("https://account.blob.core.windows.net/c/a.txt?sv=1&sig=abc", ""),
        ("https://example.org/a.csv", ""),
        ("https://account.blob.example.org/c/a.csv", ""),
        ("https://example.org/core.windows.net", ""),
        ("https://core.windows.net.example.org/a", ""),
        ("https://evilcore.windows.net/a", ""),
        ("https://account.blob.core.windows.net@example.org/a", ""),
        ("https://account.blob.core.chinacloudapi.cn/c/a", ""),
    ],
)
def test_a_token_for_storage_goes_to_the_clouds_storage_alone(url: str, whose: str) -> None:
    assert gateway_process._of_storage(Workspace("lab", "s", "g"), url) == whose
