"""Recorded answers of the real service, where this machine has them, and how the emulator's are compared with them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_FILE = Path(__file__).resolve().parents[3] / "shared" / "azureml-truth" / "recordings" / "answers.json"

_FREE = ("tags", "flavors", "registryFqdns")
_OPTIONAL = ("description",)


@cache
def recordings() -> Mapping[str, Mapping[str, Any]]:
    """Return the recorded answers by their kind (`compute.create`); skip the test where there are none."""
    if not _FILE.exists():
        pytest.skip("the recorded answers of the service are not on this machine")
    return {each["kind"]: each for each in json.loads(_FILE.read_text(encoding="utf-8"))}


def differences(recorded: object, told: object, where: str = "") -> Iterator[str]:
    """Tell how two answers differ in shape: members and their order, null or not, types; never values."""
    if isinstance(recorded, dict) and isinstance(told, dict):
        yield from _of_members(recorded, told, where)
    elif isinstance(recorded, list) and isinstance(told, list):
        real = [each for each in recorded if not isinstance(each, str) or "trimmed" not in each]
        if real and told:
            yield from differences(real[0], told[0], f"{where}[0]")
    elif _type(recorded) != _type(told) and where.rpartition(".")[2] not in _OPTIONAL:
        yield f"{where}: {_type(recorded)} is told as {_type(told)}"


def _of_members(recorded: dict[str, object], told: dict[str, object], where: str) -> Iterator[str]:
    """Names that a person or a region gave (tags, inputs) are compared by nothing but their kind."""
    last = where.rpartition(".")[2]
    if last in _FREE or (last == "properties" and where.endswith(".properties.properties") and not _described(told)):
        return
    yield from (f"{where}.{name} is missing" for name in recorded if name not in told)
    yield from (f"{where}.{name} is too much" for name in told if name not in recorded)
    shared = [name for name in recorded if name in told]
    if shared != [name for name in told if name in recorded]:
        yield f"{where}: order {list(recorded)} is told as {list(told)}"
    for name in shared:
        yield from differences(recorded[name], told[name], f"{where}.{name}")


def _described(told: dict[str, object]) -> bool:
    """Tell a compute's inner properties, whose names are the service's, from those that a person gave an asset."""
    return "vmSize" in told


def _type(value: object) -> str:
    if isinstance(value, bool) or value is None or isinstance(value, str | list | dict):
        return type(value).__name__
    return "number"
