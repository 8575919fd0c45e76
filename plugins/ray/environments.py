"""Environments for Ray: base images alone, since no curated one is known to hold it; and what a job's own lacks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from desktop_app.api import Diagnostic, Job, Value
from desktop_app.api.kit import Presets, name_in, packages_of, warning

from .cluster import is_ray

PRESETS = Presets(Path(__file__).parent / "data" / "environments.json")
_CURATED = "azureml://registries/azureml/environments/"
_BRINGERS = frozenset({
    "ray", "ray-core", "ray-default", "ray-all", "ray-air", "ray-client", "ray-dashboard", "ray-data", "ray-rllib",
    "ray-serve", "ray-train", "ray-tune",
})  # fmt: skip


@cache
def holders() -> frozenset[str]:
    """Return the curated environments that are known to hold Ray, from dated data."""
    return frozenset(json.loads(PRESETS.path.read_text("utf-8"))["holders"])


def check(environment: str | Mapping[str, Value], job: Job) -> Iterator[Diagnostic]:
    """Yield where a Ray job's environment has no Ray, as far as that is known."""
    if not is_ray(job):
        return
    if isinstance(environment, str):
        if environment.startswith(_CURATED) and name_in(environment) not in holders():
            message = (
                f"{name_in(environment)} has no Ray, as far as its source says: take an image and a conda file with "
                "ray in it."
            )
            yield warning("environment-without-ray", message, "environment")
        return
    if isinstance(environment.get("conda_file"), Mapping) and not packages_of(environment) & _BRINGERS:
        message = "The conda file has no ray: add it to its pip packages (ray[default] for the dashboard too)."
        yield warning("environment-without-ray", message, "environment.conda_file")
