"""Dated facts that checks need: the GPUs of VM sizes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data"


@dataclass(frozen=True, slots=True)
class GpuSize:
    """A VM size: its GPUs per node, and whether it is still to be had."""

    name: str
    gpus: int
    status: str = "current"


@cache
def _items(name: str) -> tuple[dict[str, Any], ...]:
    return tuple(json.loads((_DATA / f"{name}.json").read_text(encoding="utf-8"))["items"])


@cache
def _gpu_sizes() -> dict[str, GpuSize]:
    return {each["name"].lower(): GpuSize(**each) for each in _items("vm_gpus")}


def gpu_size(name: str | None) -> GpuSize | None:
    """Return what is known of a VM size with GPUs; Azure does not mind the case of its letters."""
    return _gpu_sizes().get((name or "").lower())
