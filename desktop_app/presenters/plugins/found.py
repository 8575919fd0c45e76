"""What a search found, and where it looked."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from desktop_app.core.words import size_text
from desktop_app.services.plugins.installing.models import Choice, Installed, Order, SearchResult

INDEX = (
    "Looks in the package index that pip is configured for, among names that begin with rankzero-. "
    "Nothing is sent but that request."
)


@dataclass(frozen=True, slots=True)
class FoundPlugin:
    """A plugin that could be had; `unfit` says why its newest version, or all of it, doesn't fit.

    `id` is the plugin's where it is installed.
    """

    name: str
    version: str
    summary: str
    facts: str
    unfit: str
    has: str
    can_install: bool
    id: str = ""


def looks_in(wheelhouse: Path | None) -> str:
    """Return where a search looks."""
    return f"Looks among the wheels in {wheelhouse}; no network is asked." if wheelhouse else INDEX


def found(result: SearchResult, installed: Iterable[Installed]) -> list[FoundPlugin]:
    """Return what is shown of a search's result, in its order."""
    has = {_plain(each.distribution): each for each in installed}
    return [_found(each, has.get(_plain(each.best.distribution))) for each in result.found]


def order_for(plugin: FoundPlugin, wheelhouse: Path | None, *, pre: bool = False) -> Order:
    """Return what is asked for when a found plugin is to be installed: the version that is shown, or a newer `pre`."""
    return Order(plugin.name if pre else f"{plugin.name}=={plugin.version}", wheelhouse, pre)


def count_text(number: int) -> str:
    """Return how many were found."""
    return "1 plugin found" if number == 1 else f"{number} plugins found"


def headline(result: SearchResult, asked: str) -> str:
    """Return what stands above what was found."""
    if result.near and result.found:
        return f"Nothing is called “{asked}”. What is called nearly so:"
    return count_text(len(result.found))


def more_text(number: int, most: int) -> str:
    """Return what stands above the names of further plugins."""
    begin = "There is one more. Choose it" if number == 1 else f"There are {number} more. Choose one"
    rest = f" The first {most} of them:" if number > most else ""
    return f"{begin} to see what it is, or search with more words.{rest}"


def _found(choice: Choice, installed: Installed | None) -> FoundPlugin:
    best = choice.best
    unfit = best.why_not or (_newer(choice) if choice.unfit else "")
    is_same = installed is not None and installed.version == best.version
    facts = (best.author, best.license, size_text(best.size) if best.size else "")
    return FoundPlugin(
        name=best.distribution,
        version=best.version,
        summary=best.summary,
        facts=" · ".join(each for each in facts if each),
        unfit=unfit,
        has="" if installed is None else "Installed" if is_same else f"{installed.version} is installed",
        can_install=not best.why_not and not is_same,
        id=installed.id if installed is not None else "",
    )


def _newer(choice: Choice) -> str:
    newest = choice.unfit[0]
    why = newest.why_not.removeprefix(f"{newest.version} ")
    return f"{newest.version} is newer and does not fit: {why if why == newest.why_not else f'it {why}'}"


def _plain(name: str) -> str:
    return name.lower().replace("_", "-").replace(".", "-")
