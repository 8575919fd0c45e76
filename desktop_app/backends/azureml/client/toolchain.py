"""The Python of the gateway: a toolchain of the program's own, made on demand, in which the Azure ML SDK lives."""

from __future__ import annotations

from desktop_app.api import ToolchainSpec
from desktop_app.places import pinned

NAME = "azureml"
# Newer ones of what the SDK needs have broken it before.
SPEC = ToolchainSpec(
    name=NAME,
    title="Azure ML client",
    plugin="",
    requires=pinned(NAME),
    imports=("azure.ai.ml", "azure.identity", "httpx", "keyring", "certifi"),
    size_mb=160,
    minutes=1,
)
