"""Toolchains that cost nothing: ready, not made yet, broken, and one whose making waits to be let go."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

from desktop_app.api import Progress, UserError
from desktop_app.services.toolchains import Toolchain

PYTHON = Path("/cache/toolchains/pytorch-4f2a/bin/python")
READY = Toolchain(
    "pytorch", "PyTorch", PYTHON, "made", "ready", packages={"torch": "2.13.0+cpu", "numpy": "2.3.1"}, size=812_000_000
)
MISSING = Toolchain("tensorflow", "TensorFlow", PYTHON, "made", "missing")
BROKEN = Toolchain("horovod", "Horovod", PYTHON, "made", "broken", "Its Python is gone: /usr/bin/python3.9.")


class FakeToolchains:
    """A drawer of toolchains; `go` lets `create` finish."""

    def __init__(self, *toolchains: Toolchain) -> None:
        self.toolchains = list(toolchains or (READY,))
        self.go = asyncio.Event()
        self.fails = False
        self.calls: list[tuple[str, ...]] = []

    def list(self) -> list[Toolchain]:
        return list(self.toolchains)

    async def create(self, name: str, progress: Progress, base_python: str | None = None) -> None:
        self.calls.append(("create", name))
        progress("Downloading torch 2.13.0", 0.4)
        await self.go.wait()
        if self.fails:
            raise UserError("The toolchain could not be made.", hint="Look at the network.", details="pip said no")
        self.toolchains = [
            replace(each, state="ready", reason="") if each.name == name else each for each in self.toolchains
        ]

    async def check(self, name: str) -> Toolchain:
        self.calls.append(("check", name))
        return next(each for each in self.toolchains if each.name == name)

    def remove(self, name: str) -> None:
        self.calls.append(("remove", name))
        self.toolchains = [replace(each, state="missing") if each.name == name else each for each in self.toolchains]

    def use(self, plugin_id: str, python: Path | str | None) -> None:
        self.calls.append(("use", plugin_id, str(python)))
