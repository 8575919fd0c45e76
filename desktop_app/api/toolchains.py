"""Toolchains: Python environments of their own, in which frameworks live."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ToolchainSpec:
    """A toolchain that a plugin declares in its `plugin.toml` under `[[toolchains]]`.

    `requires` are pinned requirements (`torch==2.13.0`), `python` a version specifier, `imports` the
    modules that prove it works, `size_mb` and `minutes` what making it costs, roughly.
    """

    name: str
    title: str
    plugin: str
    requires: tuple[str, ...]
    python: str = ">=3.11"
    imports: tuple[str, ...] = ()
    size_mb: int = 0
