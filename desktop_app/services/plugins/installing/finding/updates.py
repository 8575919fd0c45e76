"""Looks which installed plugins have newer versions, each where it came from."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.version import InvalidVersion, Version

from desktop_app.api import Progress, UserError
from desktop_app.services.plugins.installing.finding.choosing import Chooser, nothing_blocked
from desktop_app.services.plugins.installing.finding.fitting import Blocked, Fit
from desktop_app.services.plugins.installing.finding.index import Sources, asking, bare, sources
from desktop_app.services.plugins.installing.finding.shelf import Shelf, look_up
from desktop_app.services.plugins.installing.models import Choice, Installed, Source, SourceKind


@dataclass(frozen=True, slots=True)
class Update:
    """A newer version of an installed plugin that fits."""

    installed: Installed
    choice: Choice


@dataclass(frozen=True, slots=True)
class Updates:
    """What was found; `notes` say what is left as it is and why, `complaints` which sources gave no answer."""

    found: tuple[Update, ...] = ()
    notes: tuple[str, ...] = ()
    complaints: tuple[str, ...] = ()


async def look_for_updates(  # noqa: PLR0913 - as `choose`
    installed: Sequence[Installed],
    folder: Path,
    progress: Progress,
    *,
    blocked: Blocked = nothing_blocked,
    fit: Fit | None = None,
    where: Sources | None = None,
) -> Updates:
    """Return newer versions of those that came from an index or a wheel and are not pinned; all are asked at once."""
    where = where or sources()
    progress("Looking for newer versions", None)
    looks = [_Look(each, sources_of(each.source, where)) for each in installed]
    asked = [each for each in looks if each.asks]
    if not asked:
        return Updates(notes=tuple(each.note for each in looks if each.note))
    everywhere = _all_of(asked, where)
    async with asking(everywhere) as child:
        chooser = Chooser(child, folder, progress, blocked, fit or Fit())

        async def look(each: _Look) -> Shelf:
            (shelf,) = await look_up(child, each.where, [each.installed.distribution])
            await each.take(shelf, chooser)
            return shelf

        shelves = await asyncio.gather(*(look(each) for each in asked))
    complaints = {one.message: None for shelf in shelves for one in shelf.complaints}
    return Updates(
        tuple(each.found for each in looks if each.found),
        tuple(each.note for each in looks if each.note),
        tuple(complaints),
    )


class _Look:
    """A plugin, where it is looked for, and what came of it."""

    def __init__(self, installed: Installed, where: Sources) -> None:
        self.installed = installed
        self.where = where
        self.found: Update | None = None
        self.note = self._note()
        self.asks = not self.note and installed.source.kind in {SourceKind.INDEX, SourceKind.WHEEL}

    def _note(self) -> str:
        each = self.installed
        if each.pinned:
            return f"{each.id} stays at {each.version}: it is pinned."
        if each.source.kind is SourceKind.INDEX and not (self.where.indexes or self.where.links):
            return f"{each.id} came from {each.source.where}, and pip is not set to look there any more."
        if each.source.kind is SourceKind.WHEEL and not self.where.links:
            return f"{each.id} came from {each.source.where}, which is not there any more."
        return ""

    async def take(self, shelf: Shelf, chooser: Chooser) -> None:
        """Look at what there is that is newer."""
        now = _version(self.installed.version)
        newer = [each for each in shelf.releases if now is None or each.version > now]
        try:
            best, unfit = await chooser.newest(shelf.name, newer, pre=now is not None and now.is_prerelease)
        except UserError as error:
            self.note = f"{self.installed.id} stays at {self.installed.version}: {error.message}"
            return
        if best is not None:
            self.found = Update(self.installed, Choice(best, unfit))
        elif unfit:
            self.note = f"{self.installed.id} stays at {self.installed.version}: {unfit[0].why_not}"


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None


def sources_of(source: Source, where: Sources) -> Sources:
    """Return the source that a plugin came from: no other one may give another version under its name."""
    came = source.where
    if source.kind is SourceKind.INDEX:
        return where.only(
            indexes=[each for each in where.indexes if _same(each, came)],
            links=[each for each in where.links if _same(each, came)],
        )
    if source.kind is SourceKind.WHEEL:
        path = Path(came)
        folder = path if path.is_dir() else path.parent
        links = [each for each in where.links if _same(each, came)]
        return where.only(links=links or ([str(folder)] if came and folder.is_dir() else []))
    return where.only()


def _same(address: str, came: str) -> bool:
    return bare(address).rstrip("/") == bare(came).rstrip("/")


def _all_of(looks: Sequence[_Look], where: Sources) -> Sources:
    links = dict.fromkeys(one for each in looks for one in each.where.links)
    return where.only(where.indexes, tuple(links))
