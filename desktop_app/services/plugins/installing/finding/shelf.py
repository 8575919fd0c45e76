"""What the sources hold of a name: its versions, and each version's wheels."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from desktop_app.services.plugins.installing.finding.index import MISSING, Asking, Complaint, Sources
from desktop_app.services.plugins.installing.models import Source, SourceKind


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that a source lists. `facts` is the worker's own record of it; `yanked` why it was withdrawn, or None."""

    facts: Mapping[str, Any]
    source: Source
    tags: frozenset[str]
    build: tuple[int, str] | tuple[()]
    requires_python: str
    yanked: str | None
    size: int


@dataclass(slots=True)
class Release:
    """One version with its wheels; `source` is where the first of its files was seen, wheel or not."""

    version: Version
    source: Source
    wheels: list[Wheel] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Shelf:
    """The releases of a name, newest first, and which sources could not be asked."""

    name: str
    releases: tuple[Release, ...] = ()
    complaints: tuple[Complaint, ...] = ()


async def look_up(child: Asking, where: Sources, names: Iterable[str]) -> list[Shelf]:
    """Return what there is of each name; all sources are asked at once, and one that fails keeps no other back."""
    names = list(names)
    links = await asyncio.gather(*(_listed(child, each, None) for each in where.links))
    asked = [[_listed(child, index, name) for index in where.indexes] for name in names]
    shelves = []
    for name, answers in zip(names, await asyncio.gather(*(asyncio.gather(*each) for each in asked)), strict=True):
        complaints = [each for each in (*links, *answers) if isinstance(each, Complaint)]
        # Files of this computer go before the same ones of an index: they need not be fetched.
        found = [(SourceKind.WHEEL, each) for each in links if not isinstance(each, Complaint)]
        found += [(SourceKind.INDEX, each) for each in answers if not isinstance(each, Complaint)]
        shelves.append(Shelf(name, _releases(name, found), tuple(complaints)))
    return shelves


async def _listed(child: Asking, where: str, name: str | None) -> list[dict[str, Any]] | Complaint:
    try:
        found: list[dict[str, Any]] = await child.ask("files", where=where, name=name)
    except Complaint as complaint:
        return [] if complaint.kind == MISSING and name is not None else complaint
    return found


def _releases(name: str, found: Iterable[tuple[SourceKind, list[dict[str, Any]]]]) -> tuple[Release, ...]:
    releases: dict[Version, Release] = {}
    for kind, files in found:
        for facts in files:
            _sort_in(releases, canonicalize_name(name), kind, facts)
    return tuple(sorted(releases.values(), key=lambda each: each.version, reverse=True))


def _sort_in(releases: dict[Version, Release], name: str, kind: SourceKind, facts: dict[str, Any]) -> None:
    """Put a file to its version; one of another name, or whose name can't be understood, is passed over."""
    filename, source = facts["filename"], Source(kind, facts["source"])
    try:
        if not filename.endswith(".whl"):
            found, version = parse_sdist_filename(filename)
            if found == name:
                releases.setdefault(version, Release(version, source))
            return
        found, version, build, tags = parse_wheel_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return
    if found == name:
        wheel = Wheel(
            facts, source, frozenset(map(str, tags)), build, facts["requires_python"], facts["yanked"], facts["size"]
        )
        releases.setdefault(version, Release(version, source)).wheels.append(wheel)
