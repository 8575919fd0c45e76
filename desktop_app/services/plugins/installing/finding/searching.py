"""Searches indexes and folders of wheels for plugins, by their names first and then by what they say of themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from desktop_app.api import Progress, UserError
from desktop_app.services.plugins.installing.finding.choosing import Chooser, NoPluginError, nothing_blocked
from desktop_app.services.plugins.installing.finding.fitting import Blocked, Fit
from desktop_app.services.plugins.installing.finding.index import (
    HOUSE,
    NOWHERE,
    Asking,
    Complaint,
    Sources,
    asking,
    sources,
)
from desktop_app.services.plugins.installing.finding.listing import close_names, known_names, ranked, words_of
from desktop_app.services.plugins.installing.finding.shelf import Shelf, look_up
from desktop_app.services.plugins.installing.models import Choice, SearchResult

_DETAILED = 20  # plugins that are shown with what they say of themselves
_LOOKED_INTO = 40  # plugins of other names whose words are looked into, where the names don't fill the page


async def search(  # noqa: PLR0913 - as `choose`
    text: str,
    lists: Path,
    progress: Progress,
    *,
    wheelhouse: Path | None = None,
    blocked: Blocked = nothing_blocked,
    fit: Fit | None = None,
    where: Sources | None = None,
) -> SearchResult:
    """Return the plugins whose name, summary or author has all words of `text`, best first; an empty text finds all.

    No wheel is fetched. `lists` is a folder of the cache, where lists of names are kept. Of one that has no version
    that fits, `best` is the newest, with `why_not`. A source that gives no answer is a complaint, never an error.
    """
    where = where or sources(wheelhouse)
    if where.are_none:
        return SearchResult(complaints=(f"{NOWHERE} {HOUSE}",))
    progress("Asking for the list of plugins", None)
    async with asking(where) as child:
        names, answered, complaints = await known_names(child, where, lists, progress)
        hunt = _Hunt(child, answered, Chooser(child, None, progress, blocked, fit or Fit()), progress)
        found, more = await hunt.search(text, names)
    told = dict.fromkeys([*complaints, *(each.message for each in hunt.complaints)])
    return SearchResult(tuple(found), tuple(told), tuple(more), hunt.near)


class _Hunt:
    def __init__(self, child: Asking, where: Sources, chooser: Chooser, progress: Progress) -> None:
        self._child, self._where, self._chooser, self._progress = child, where, chooser, progress
        self.complaints: list[Complaint] = []
        self.near = False

    async def search(self, text: str, names: Sequence[str]) -> tuple[list[Choice], list[str]]:
        """Return what is found, and the names of what there is beyond."""
        words = words_of(text)
        by_name = ranked(words, names)
        found = await self._detailed(by_name[:_DETAILED])
        if words and len(by_name) < _DETAILED:
            others = [each for each in names if each not in by_name][:_LOOKED_INTO]
            told = await self._detailed(others)
            found += [each for each in told if _says(each, words)][: _DETAILED - len(found)]
        if not found and words:
            found = await self._detailed(close_names(text, names))
            self.near = bool(found)
        return found, by_name[_DETAILED:]

    async def _detailed(self, names: Sequence[str]) -> list[Choice]:
        if not names:
            return []
        shelves = await look_up(self._child, self._where, names)
        self.complaints += [complaint for shelf in shelves for complaint in shelf.complaints]
        choices = await asyncio.gather(*(self._choice(each) for each in shelves))
        return [each for each in choices if each is not None]

    async def _choice(self, shelf: Shelf) -> Choice | None:
        """Return what there is of a plugin, None where it is none or there is nothing."""
        if not shelf.releases:
            return None
        try:
            best, unfit = await self._chooser.newest(shelf.name, shelf.releases, pre=False)
        except NoPluginError:
            return None
        except UserError as error:
            if isinstance(error, Complaint):
                self.complaints.append(error)
            return None
        return Choice(best, unfit) if best is not None else Choice(unfit[0], unfit[1:])


def _says(choice: Choice, words: Sequence[str]) -> bool:
    said = f"{choice.best.distribution} {choice.best.summary} {choice.best.author}".lower()
    return all(each in said for each in words)
