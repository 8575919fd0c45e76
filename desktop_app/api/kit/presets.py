"""A plugin's curated environments as dated data: those to start from, and retired names with their successors."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from desktop_app.api.environments import EnvironmentPreset

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


class Presets:
    """The environments in a plugin's `data/environments.json`, which is read when it is first asked.

    The file holds `base_images` (`cpu` and `gpu`) and `items`; an item that is `current` has the fields of
    `EnvironmentPreset`, another one at least `name`, `status`, `successor` and `source`.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    @cached_property
    def _data(self) -> dict[str, Any]:
        data: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return data

    @property
    def base_images(self) -> dict[str, str]:
        """Azure's base image for nodes without (`cpu`) and with GPUs (`gpu`)."""
        return {kind: self._data["base_images"][kind] for kind in ("cpu", "gpu")}

    @cached_property
    def current(self) -> tuple[EnvironmentPreset, ...]:
        """The environments to start from, best first."""
        return tuple(EnvironmentPreset(**each) for each in self._data["items"] if each["status"] == "current")

    @cached_property
    def all_retired(self) -> dict[str, Retired]:
        """The environments to move away from, by their names in small letters without `azureml-`."""
        found = {}
        for each in self._data["items"]:
            if each["status"] != "current":
                name = str(each["name"])
                removed, source = str(each.get("removed_on", "")), str(each["source"])
                found[_key(name)] = Retired(name, str(each["status"]), str(each["successor"]), removed, source)
        return found

    def retired(self, reference: str) -> Retired | None:
        """Return what is known of the environment a job refers to, if it is one to move away from."""
        return self.all_retired.get(_key(name_in(reference)))


def name_in(reference: str) -> str:
    """Return the bare name in a reference such as `azureml:NAME@latest`; empty for what is none."""
    match = _REFERENCE.match(reference.strip())
    return (match["registry"] or match["short"] or "") if match else ""


def reference_to(name: str) -> str:
    """Return what stands behind `environment:` for the newest version of a curated environment."""
    return f"azureml://registries/azureml/environments/{name}/labels/latest"


def _key(name: str) -> str:
    return name.lower().removeprefix("azureml-")
