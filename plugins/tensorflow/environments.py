"""Curated TensorFlow environments as dated data: those to start from, and retired names with their successors."""

from __future__ import annotations

from pathlib import Path

from desktop_app.api import EnvironmentPreset
from desktop_app.api.kit import Presets

PRESETS = Presets(Path(__file__).parent / "data" / "environments.json")


def presets() -> tuple[EnvironmentPreset, ...]:
    """Return the environments to start from, best first."""
    return PRESETS.current
