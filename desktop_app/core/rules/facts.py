"""What the rules know of Azure ML that ages: sizes, environments, images, releases, limits and names, by look-up.

The values come from the dated catalogues in `resources/`; `services/catalogues.py` reads each when it is asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

SURE = frozenset({"documented", "read in source"})
"""The confidence that an error may rest on; what is general knowledge only warns."""


@dataclass(frozen=True, slots=True)
class Size:
    """A VM size: GPUs of a node (parts of one below 1), CUDA capability, and what to take when it is gone."""

    name: str
    gpus: float = 0
    gpu_model: str = ""
    capability: str = ""
    infiniband: bool = False
    status: str = "current"
    retired_on: str = ""
    successors: tuple[str, ...] = ()
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class Curated:
    """A curated environment by its name in the registry; `cuda` is empty for one that has none."""

    name: str
    status: str = "current"
    successor: str = ""
    purpose: str = ""
    removed_on: str = ""
    cuda: str = ""
    python: str = ""
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """One of Azure ML's own images, without its tag."""

    name: str
    gpu: bool = False
    cuda: str = ""
    os: str = ""
    status: str = "current"
    successor: str = ""
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a framework by its first two numbers, and what it goes together with."""

    package: str
    version: str
    python: tuple[str, ...] = ()
    cuda: tuple[str, ...] = ()
    default_cuda: str = ""
    torchvision: str = ""
    torch: str = ""
    torch_min: str = ""
    tensorflow: str = ""
    ends: str = ""
    ended: bool = False
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class NameRule:
    """What a name may look like: a regular expression, a length, and the rule in words."""

    name: str
    regex: str = ""
    least: int = 1
    most: int = 255
    says: str = ""
    confidence: str = ""


@dataclass(frozen=True, slots=True)
class Moved:
    """A key of SDK v1 and where its meaning stands today; `to` is empty where nothing took its place."""

    key: str
    to: str = ""
    says: str = ""
    confidence: str = ""


def _none(_name: str) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Facts:
    """Look-ups, each giving None for what is not known. Names of sizes and images go by any case."""

    size: Callable[[str], Size | None] = _none
    sizes: Callable[[], tuple[str, ...]] = field(default=tuple)
    """The names of all sizes that are known."""
    sizes_as_of: Callable[[], str] = field(default=str)
    curated: Callable[[str], Curated | None] = _none
    image: Callable[[str], Image | None] = _none
    release: Callable[[str], Release | None] = _none
    """By package and first two numbers: `torch 2.8`, `python 3.6`."""
    limit: Callable[[str], int | None] = _none
    name_rule: Callable[[str], NameRule | None] = _none
    reserved: Callable[[], tuple[str, ...]] = field(default=tuple)
    """Beginnings of environment names that belong to Azure ML, in small letters."""
    moved: Callable[[str], Moved | None] = _none


NO_FACTS = Facts()


def facts_of(tables: Mapping[str, Mapping[str, object]]) -> Facts:
    """Return look-ups in tables at hand, for tests: `{"size": {"standard_nc6": Size(…)}}`."""
    return Facts(**{name: partial(_look, table) for name, table in tables.items()})  # type: ignore[arg-type]


def _look(table: Mapping[str, object], name: str) -> object:
    return table.get(name.lower())
