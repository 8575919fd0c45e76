"""The clouds that Azure ML is in, by what `config.json` and the SDK call them: their hosts, from dated data."""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from desktop_app.api import UserError
from desktop_app.places import shipped

DEFAULT = "AzureCloud"
_ZONES = ".storage.azure.net"
"""How accounts with an Azure DNS zone of their own end: ACCOUNT.zNN.blob.storage.azure.net."""


@dataclass(frozen=True, slots=True)
class AzureCloud:
    """One cloud; every address is `https://HOST` without a slash at its end.

    `authority` signs in, `management` is Azure Resource Manager, `registries` answers for shared registries,
    `machine_learning` and `storage` are what tokens are asked for, accounts are `NAME.blob.STORAGE_SUFFIX`.
    """

    name: str
    title: str
    authority: str
    management: str
    portal: str
    studio: str
    machine_learning: str
    registries: str
    storage: str
    storage_suffix: str

    def scope(self, audience: str) -> str:
        """Return what a token for `management` or `storage` is asked with."""
        return {"management": self.management, "storage": self.storage}[audience] + "/.default"

    def is_storage(self, url: str) -> bool:
        """Whether a URL leads to a storage account of this cloud: nobody else may see a token for storage."""
        host = (urlsplit(url).hostname or "").lower()
        return host.endswith((f".{self.storage_suffix}", _ZONES))


def cloud_named(name: str) -> AzureCloud:
    """Return a cloud. Raises UserError for a name that none has."""
    try:
        return clouds()[name or DEFAULT]
    except KeyError:
        known = ", ".join(clouds())
        raise UserError(f"There is no Azure cloud “{name}”.", hint=f"Known are {known}.") from None


@functools.cache
def clouds() -> Mapping[str, AzureCloud]:
    """Return all clouds by their names, the common one first."""
    data = json.loads((shipped("resources") / "catalogues" / "azure_clouds.json").read_text("utf-8"))
    names = [each.name for each in dataclasses.fields(AzureCloud)]
    return {each["name"]: AzureCloud(**{name: each[name] for name in names}) for each in data["items"]}
