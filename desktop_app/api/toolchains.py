"""Toolchains: Python environments of their own, in which frameworks live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class SourceEdit:
    """A text in a file of a source package that is replaced, wherever it stands, before the build; it must be there."""

    file: str
    find: str
    replace: str


@dataclass(frozen=True, slots=True)
class WheelBuild:
    """A release that has no wheel and is built from its source package, once, into a wheel in the user's cache.

    `requirement` is pinned (`horovod==0.28.1`) and installed without what it asks for itself; `build_requires` are
    installed into the toolchain before, `environment` is set for the build (an empty text takes a variable away),
    `programs` must be on the PATH (`cmake`), `edits` change the source.
    """

    requirement: str
    build_requires: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    programs: tuple[str, ...] = ()
    edits: tuple[SourceEdit, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolchainSpec:
    """A toolchain that a plugin declares in its `plugin.toml` under `[[toolchains]]`.

    `requires` are pinned requirements (`torch==2.13.0`), `alone` further ones that are installed without what they
    ask for themselves, `builds` those that have to be built; `python` is a version specifier, `imports` are the
    modules that prove it works and by which a job's toolchain is chosen; `size_mb` and `minutes` are what making it
    costs, roughly.
    """

    name: str
    title: str
    plugin: str
    requires: tuple[str, ...]
    python: str = ">=3.11"
    imports: tuple[str, ...] = ()
    size_mb: int = 0
    alone: tuple[str, ...] = ()
    builds: tuple[WheelBuild, ...] = ()
    minutes: int = 0
