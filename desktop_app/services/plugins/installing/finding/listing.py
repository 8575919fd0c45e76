"""Which names of plugins the sources list, and which of them somebody may mean."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from desktop_app.api import Progress
from desktop_app.services.plugins.installing.finding.index import Asking, Complaint, Sources, bare
from desktop_app.services.toolchains.pip_default import default_index

_LOOKED_INTO = 300  # wheels of a folder that are not called as plugins are
PREFIX = "rankzero-"
"""What the names of plugins' distributions begin with, by custom."""


@dataclass(frozen=True, slots=True)
class Effort:
    """What an index's list of names may cost: bytes and seconds, 0 for no limit of its own; `kept`: nothing at all."""

    most: int = 0
    patience: float = 0.0
    kept: bool = False


WHATEVER = Effort()
"""As much as it takes: somebody searches."""
LITTLE = Effort(2_000_000, 5.0)
"""For a hint: a company's own index has few names."""


async def known_names(
    child: Asking, where: Sources, lists: Path, progress: Progress | None, effort: Effort | None = None
) -> tuple[list[str], Sources, list[str]]:
    """Return the names of plugins, the sources that have some, and complaints of those that gave no answer."""
    answers = await asyncio.gather(
        *(_of_index(child, each, lists, progress, effort or WHATEVER) for each in where.indexes),
        *(_of_links(child, each) for each in where.links),
    )
    names = {name for found, _ in answers for name in found or ()}
    with_names = [each for each, (found, _) in zip((*where.indexes, *where.links), answers, strict=True) if found]
    has_some = where.only(
        [each for each in where.indexes if each in with_names], [each for each in where.links if each in with_names]
    )
    return sorted(names), has_some, [complaint for _, complaint in answers if complaint]


async def _of_index(
    child: Asking, index: str, lists: Path, progress: Progress | None, effort: Effort
) -> tuple[list[str], str]:
    facts = {"where": index, "prefix": PREFIX, "cache": str(lists), **asdict(effort)}
    try:
        told = await child.ask("names", progress, "Reading the list of plugins", **facts)
    except Complaint as complaint:
        return [], complaint.message
    return told["names"], told["complaint"]


async def _of_links(child: Asking, links: str) -> tuple[list[str], str]:
    try:
        files = await child.ask("files", where=links)
    except Complaint as complaint:
        return [], complaint.message
    wheels: dict[str, dict[str, Any]] = {
        canonicalize_name(each["filename"].split("-")[0]): each for each in files if each["filename"].endswith(".whl")
    }
    others = [each for each in wheels if not each.startswith(PREFIX) and wheels[each]["path"]][:_LOOKED_INTO]
    plugins = await asyncio.gather(*(_is_plugin(child, wheels[each]["path"]) for each in others))
    found = [each for each in wheels if each.startswith(PREFIX)]
    return found + [each for each, is_one in zip(others, plugins, strict=True) if is_one], ""


async def _is_plugin(child: Asking, path: str) -> bool:
    """Whether a wheel that lies here holds a plugin, whatever it is called."""
    try:
        told: Mapping[str, Any] = await child.ask("look", path=path)
    except Complaint:
        return False
    return told["manifest"] is not None


async def near_names(child: Asking, where: Sources, lists: Path, name: str) -> list[str]:
    """Return names that are nearly `name`, as far as that costs little: the public index's list is long."""
    public = [each for each in where.indexes if bare(each).rstrip("/") == default_index()]
    others = [each for each in where.indexes if each not in public]
    known = await asyncio.gather(
        known_names(child, where.only(public), lists, None, Effort(kept=True)),
        known_names(child, where.only(others, where.links), lists, None, LITTLE),
    )
    return close_names(name, sorted({each for names, _, _ in known for each in names}))


def ranked(words: Sequence[str], names: Iterable[str]) -> list[str]:
    """Return the names that have all words, those that are or begin with what was asked for first."""
    asked = "-".join(words)

    def rank(name: str) -> tuple[int, str]:
        plain = name.removeprefix(PREFIX)
        return (0 if asked == plain else 1 if plain.startswith(asked) else 2), name

    return sorted((each for each in names if all(word in each.removeprefix(PREFIX) for word in words)), key=rank)


def words_of(text: str) -> list[str]:
    """Return the words of what was asked, as names are written; what all names begin with finds nothing."""
    words = (canonicalize_name(each).removeprefix(PREFIX) for each in text.lower().split())
    return [each for each in words if each not in {"", PREFIX.rstrip("-")}]


def close_names(text: str, names: Sequence[str]) -> list[str]:
    """Return names that are nearly what was asked for."""
    by_name = {each.removeprefix(PREFIX): each for each in names}
    asked = canonicalize_name("-".join(text.split())).removeprefix(PREFIX)
    return [by_name[each] for each in get_close_matches(asked, sorted(by_name), 3, 0.7)]
