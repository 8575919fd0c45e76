"""References to what is registered: `azureml:NAME:VERSION`, `azureml:NAME@LABEL`, addresses in a registry."""

from __future__ import annotations

import re
from dataclasses import dataclass

_REGISTRY = re.compile(
    r"azureml://registries/(?P<registry>[^/]+)/(?P<kind>[a-z]+)/(?P<name>[^/@:]+)(?:[@:](?P<short>[^/]*))?"
    r"(?:/(?P<how>versions|labels)/(?P<which>[^/]+))?/?$",
    re.IGNORECASE,
)
_SHORT = re.compile(r"azureml:(?!/)(?P<name>[^:@/\s]+)(?:(?P<mark>[:@])(?P<which>[^:@/\s]*))?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference taken apart; `version` and `label` are empty where none is given."""

    name: str
    version: str = ""
    label: str = ""
    registry: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether it says which version is meant."""
        return bool(self.version or self.label)


def reference_in(text: str) -> Reference | None:
    """Return what a text refers to; None for a path, an address of another kind and an id of the cloud."""
    short = _SHORT.match(text)
    if short:
        which = short["which"] or ""
        return Reference(short["name"], *(("", which) if short["mark"] == "@" else (which, "")))
    long = _REGISTRY.match(text)
    if long is None:
        return None
    which = long["which"] or long["short"] or ""
    version, label = (which, "") if (long["how"] or "").lower() == "versions" else ("", which)
    return Reference(long["name"], version, label, long["registry"])
