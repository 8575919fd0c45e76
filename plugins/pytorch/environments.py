"""Curated PyTorch environments as dated data: those to start from, and retired names with their successors."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from desktop_app.api import EnvironmentPreset

_DATA = Path(__file__).parent / "data"
_REFERENCE = re.compile(
    r"^(?:azureml://registries/[^/]+/environments/(?P<registry>[^/]+)(?:/.*)?"
    r"|(?:azureml:)?(?P<short>[A-Za-z0-9][\w.-]*?)(?:@[\w-]+|:[\w.-]+)?)$"
)


@dataclass(frozen=True, slots=True)
class Retired:
    """A curated environment to move away from; `status` is retired or deprecated, `removed_on` a day or empty."""

    name: str
    status: str
    successor: str
    removed_on: str
    source: str


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads((_DATA / "environments.json").read_text(encoding="utf-8"))
    return data


def base_images() -> dict[str, str]:
    """Return Azure's base image for nodes without (`cpu`) and with GPUs (`gpu`)."""
    return {kind: _data()["base_images"][kind] for kind in ("cpu", "gpu")}


@cache
def presets() -> tuple[EnvironmentPreset, ...]:
    """Return the environments to start from, best first."""
    return tuple(EnvironmentPreset(**each) for each in _data()["items"] if each["status"] == "current")


@cache
def _retired() -> dict[str, Retired]:
    found = {}
    for each in _data()["items"]:
        if each["status"] != "current":
            name = str(each["name"])
            found[_key(name)] = Retired(
                name, str(each["status"]), str(each["successor"]), str(each.get("removed_on", "")), str(each["source"])
            )
    return found


def retired(reference: str) -> Retired | None:
    """Return what is known of the environment a job refers to, if it is one to move away from."""
    return _retired().get(_key(name_in(reference)))


def name_in(reference: str) -> str:
    """Return the bare name in a reference such as `azureml:NAME@latest`; empty for what is none."""
    match = _REFERENCE.match(reference.strip())
    return (match["registry"] or match["short"] or "") if match else ""


def reference_to(name: str) -> str:
    """Return what stands behind `environment:` for the newest version of a curated environment."""
    return f"azureml://registries/azureml/environments/{name}/labels/latest"


def _key(name: str) -> str:
    return name.lower().removeprefix("azureml-")
