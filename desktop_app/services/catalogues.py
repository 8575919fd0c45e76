"""Dated data that ships with the program, read once."""

from __future__ import annotations

import json
from functools import cache

from desktop_app.api import VmSize
from desktop_app.core.records import from_json
from desktop_app.places import shipped


@cache
def vm_sizes() -> tuple[VmSize, ...]:
    """Return the VM sizes of Azure ML, in the catalogue's order."""
    catalogue = json.loads((shipped("resources") / "catalogues" / "vm_sizes.json").read_text("utf-8"))
    return tuple(from_json(VmSize, each) for each in catalogue["items"])
