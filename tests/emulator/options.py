"""What may be set when the emulator is started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Secrets = Literal["key", "sas", "none"]


@dataclass(frozen=True, slots=True)
class Options:
    """How the emulator behaves. `delays` are seconds by the name of what takes them (`compute`, `queued`, ...)."""

    home: Path
    port: int = 0
    azurite: bool = False
    secrets: Secrets = "sas"
    delays: Mapping[str, float] = field(default_factory=dict)
    cloud: str = "AzureCloud"
    location: str = "westus"
    workspaces: tuple[str, ...] = ("emulated",)
    page: int = 50
    any_token: bool = False
    tunnel: bool = False
    seed: int = 0
    skew: float = 0.0
    faults: tuple[Mapping[str, Any], ...] = ()
    controls: tuple[tuple[str, str], ...] = ()

    def delay(self, name: str, default: float = 0.0) -> float:
        """Return how long something takes."""
        return self.delays.get(name, default)
