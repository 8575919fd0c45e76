"""VM sizes, and the cores of each family that a subscription may use: from the program's own dated catalogue.

How refusals are worded is a best guess, and the limits are made up: no recording shows quota, usages or sizes.
A cluster without nodes holds no cores, as people measured who looked.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.emulator.state import Json

_CATALOGUE = Path(__file__).parents[2] / "resources" / "catalogues" / "vm_sizes.json"
DEFAULT_CORES = 100
REGION_CORES = 350
CLUSTERS = 200
LOW_PRIORITY = "LowPriority"


@dataclass(frozen=True, slots=True)
class Size:
    """A VM size as the catalogue has it."""

    name: str
    vcpus: int
    memory: float
    gpus: float
    family: str


@cache
def all_sizes() -> dict[str, Size]:
    """Return the sizes by their names in lower case."""
    found = json.loads(_CATALOGUE.read_text(encoding="utf-8"))["items"]
    made = (_size(each) for each in found if each.get("vcpus"))
    return {each.name.lower(): each for each in made}


def _size(item: Json) -> Size:
    memory, gpus = float(item.get("memory_gib") or 0), float(item.get("gpus") or 0)
    return Size(item["name"], int(item["vcpus"]), memory, gpus, family_of(item["name"]))


_FAMILIES = {
    "NCAST4v3": "NCASv3_T4",
    "NDASv4": "NDASv4_A100",
    "NDAMSA100v4": "NDAMSv4_A100",
    "NDISH100v5": "NDSH100v5",
    "NDISH200v5": "NDSH200v5",
}
"""Families whose names follow no rule; known from people's lists of usages."""


def family_of(name: str) -> str:
    """Return the family that a size's cores are counted in: Standard_NC24ads_A100_v4 → standardNCADSA100v4Family."""
    first, *rest = name.removeprefix("Standard_").split("_")
    letters = re.sub(r"[\d.-]", "", first).upper()
    if letters.startswith(("NC", "ND")):  # those with InfiniBand (r) are counted with the others
        letters = letters.removesuffix("R") if letters in ("NCR", "NDR") else letters.replace("SR", "S")
        letters = letters.replace("RS", "S")
    version = "".join(each for each in rest if re.fullmatch(r"v\d+", each))
    model = "".join(each for each in rest if not re.fullmatch(r"v\d+", each))
    plain = f"{letters}{model}{version}"
    return f"standard{_FAMILIES.get(plain, plain)}Family"


@dataclass(slots=True)
class Quotas:
    """Allowed cores by family, where they are not DEFAULT_CORES; low-priority nodes have one quota together."""

    families: dict[str, int] = field(default_factory=dict)
    low_priority: int = 100

    def limit(self, family: str) -> int:
        """Return how many cores of a family are allowed."""
        return self.families.get(family, DEFAULT_CORES)


def cores_of(properties: Json) -> tuple[str, int, bool] | None:
    """Return a cluster's family, cores per node, and whether it is of low priority; None where it isn't one."""
    inner = properties.get("properties") or {}
    size = all_sizes().get(str(inner.get("vmSize", "")).lower())
    return None if size is None else (size.family, size.vcpus, inner.get("vmPriority") == "LowPriority")
