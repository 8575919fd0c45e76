"""Azure's clouds by their host names, from the program's own dated catalogue: the public one, China's, the US's."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

_CATALOGUE = Path(__file__).parents[2] / "resources" / "catalogues" / "azure_clouds.json"


@dataclass(frozen=True, slots=True)
class AzureCloud:
    """Where a cloud answers: hosts, and what follows a region's, an account's or an endpoint's name in theirs."""

    name: str
    management: str
    authority: str
    studio: str
    api_suffix: str
    storage_suffix: str
    inference_suffix: str


@cache
def azure_clouds() -> dict[str, AzureCloud]:
    """Return the clouds by name; that scores are told at `inference.` before the studio's domain is a guess."""
    read = json.loads(_CATALOGUE.read_text(encoding="utf-8"))["items"]
    return {each["name"]: _cloud(each) for each in read}


def _cloud(item: dict[str, str]) -> AzureCloud:
    return AzureCloud(
        name=item["name"],
        management=_host(item["management"]),
        authority=_host(item["authority"]),
        studio=item["studio"],
        api_suffix=_host(item["registries"]).partition(".")[2],
        storage_suffix=item["storage_suffix"],
        inference_suffix=f"inference.{_host(item['machine_learning'])}",
    )


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def public_cloud() -> AzureCloud:
    """Return the cloud that is meant where none is named."""
    return azure_clouds()["AzureCloud"]
