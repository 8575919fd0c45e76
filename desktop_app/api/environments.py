"""Environments to start from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EnvironmentPreset:
    """A curated image or a base image with packages.

    `reference` is what stands behind `environment:` in a job file. `packages` maps a distribution to its
    version. `as_of` (YYYY-MM) and `source` date the fact; `status` is current, deprecated or retired.
    """

    name: str
    title: str
    reference: str
    summary: str = ""
    python: str = ""
    cuda: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    status: str = "current"
    successor: str = ""
    as_of: str = ""
    source: str = ""
