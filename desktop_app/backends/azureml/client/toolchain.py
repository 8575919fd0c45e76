"""The Python of the gateway: a toolchain of the program's own, made on demand, in which the Azure ML SDK lives."""

from __future__ import annotations

from desktop_app.api import ToolchainSpec
from desktop_app.places import shipped

NAME = "azureml"


def _packages() -> tuple[str, ...]:
    """Return every package with its version: newer ones of what the SDK needs have broken it before."""
    text = (shipped("resources") / "toolchains" / "azureml.txt").read_text("utf-8")
    return tuple(each for each in text.splitlines() if each and not each.startswith("#"))


SPEC = ToolchainSpec(
    name=NAME,
    title="Azure ML client",
    plugin="",
    requires=_packages(),
    imports=("azure.ai.ml", "azure.identity", "httpx", "keyring", "certifi"),
    size_mb=160,
    minutes=1,
)
