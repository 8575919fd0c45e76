"""The Python of the gateway: a toolchain of the program's own, made on demand, in which the Azure ML SDK lives."""

from __future__ import annotations

from desktop_app.api import ToolchainSpec

NAME = "azureml"
SPEC = ToolchainSpec(
    name=NAME,
    title="Azure ML client",
    plugin="",
    # Source: what azure-ai-ml 1.35.2 asks for, resolved 2026-11; it leaves its requirements open and has broken on
    # newer ones before (marshmallow 4, https://github.com/Azure/azure-sdk-for-python/issues/40565).
    requires=(
        "azure-ai-ml==1.35.2",
        "azure-identity==1.27.0",
        "azure-core==1.41.0",
        "azure-storage-blob==12.31.1",
        "marshmallow==3.26.2",
        "msal==1.39.0",
        "certifi==2026.10.18",
        "httpx==0.28.1",
        "keyring==25.7.0",
    ),
    imports=("azure.ai.ml", "azure.identity", "httpx", "keyring", "certifi"),
    size_mb=150,
    minutes=1,
)
