"""Toolchains that cost nothing: ready, not made yet, broken, and one whose making waits to be let go."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from desktop_app.api import Progress, UserError


@dataclass(frozen=True)
class FakeToolchain:
    """The facts of `services.toolchains.Toolchain`."""

    name: str
    title: str
    python: Path = Path("/cache/toolchains/pytorch-4f2a/bin/python")
    origin: str = "made"
    state: str = "ready"
    reason: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    size: int = 0


class FakeToolchains:
    """A drawer of toolchains; `go` lets `create` finish."""

    def __init__(self, toolchains: list[FakeToolchain] | None = None) -> None:
        self.toolchains = toolchains or [
            FakeToolchain("pytorch", "PyTorch", packages={"torch": "2.13.0+cpu", "numpy": "2.3.1"}, size=812_000_000)
        ]
        self.go = asyncio.Event()
        self.fails = False
        self.calls: list[tuple[str, ...]] = []

    def list(self) -> list[FakeToolchain]:
        return list(self.toolchains)

    async def create(self, name: str, progress: Progress, base_python: str | None = None) -> None:
        self.calls.append(("create", name))
        progress("Downloading torch 2.13.0", 0.4)
        await self.go.wait()
        if self.fails:
            raise UserError("The toolchain could not be made.", hint="Look at the network.", details="pip said no")
        self._set(name, state="ready", reason="")

    async def check(self, name: str) -> None:
        self.calls.append(("check", name))

    def remove(self, name: str) -> None:
        self.calls.append(("remove", name))
        self._set(name, state="missing", size=0)

    def use(self, plugin_id: str, python: Path) -> None:
        self.calls.append(("use", plugin_id, str(python)))

    def _set(self, name: str, **changes: object) -> None:
        self.toolchains = [replace(each, **changes) if each.name == name else each for each in self.toolchains]  # type: ignore[arg-type]
