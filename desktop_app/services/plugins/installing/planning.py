"""Plans: what installing or updating would do, looked at and asked about before anything of the plugin runs."""

from __future__ import annotations

import dataclasses
import os
import shutil
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name

from desktop_app.api import OutsideError, Progress, UserError
from desktop_app.api._plugins import Manifest
from desktop_app.places import Places
from desktop_app.services.plugins.info import PluginInfo
from desktop_app.services.plugins.installing.changing.holding import in_thread
from desktop_app.services.plugins.installing.changing.staging import needs_of
from desktop_app.services.plugins.installing.finding.index import Sources, fetch, sources
from desktop_app.services.plugins.installing.keeping.block_list import read_block_list
from desktop_app.services.plugins.installing.keeping.registry import State
from desktop_app.services.plugins.installing.keeping.trust import Trust
from desktop_app.services.plugins.installing.looking.folders import FolderFacts, inspect_folder
from desktop_app.services.plugins.installing.looking.names import confusable, same_name
from desktop_app.services.plugins.installing.looking.wheels import WheelFacts, inspect_wheel
from desktop_app.services.plugins.installing.models import (
    Installed,
    Offer,
    Order,
    Plan,
    PlanItem,
    SearchResult,
    Source,
    SourceKind,
)
from desktop_app.services.plugins.installing.ordered import is_path, refuse_at_once

if TYPE_CHECKING:
    from desktop_app.services.plugins.installing.finding.updates import Update

Found: TypeAlias = tuple[PlanItem | None, list[str]]
"""A change, if there is one to make, and what to say."""
_A_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a new plugin must get along with: what is installed, and all plugins that the host knows."""

    state: State
    known: tuple[PluginInfo, ...]


class Planner:
    """Looks at what is ordered."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self.wheels = places.cache / "plugin-wheels"
        """Where wheels are fetched to; they go when they were installed, or after a day."""
        self._lists = places.cache / "plugin-lists"

    async def install(self, order: Order, around: Surroundings, progress: Progress) -> Plan:
        """Return what an order means. Raises UserError for what can't be installed, OutsideError for the network."""
        refuse_at_once(order, around.known)
        if is_path(order):
            progress("Looking at the plugin", None)
            return await in_thread(self._from_path, order, around)
        offer, notes = await self._chosen(order, progress)
        item = await in_thread(self._wheel_item, offer, around)
        return await in_thread(self._plan, [item], notes, around)

    async def update(self, wanted: Sequence[Installed], around: Surroundings, progress: Progress) -> Plan:
        """Return what would bring plugins to the newest version that fits, each from where it came.

        One whose new version can't be installed keeps no other back: a note says why it stays.
        """
        from desktop_app.services.plugins.installing.finding.updates import look_for_updates

        await in_thread(self._forget_old)
        moved = [each for each in wanted if each.pinned and each.pinned != each.version and not each.editable]
        others = [each for each in wanted if not each.editable and each not in moved]
        updates = await look_for_updates(others, self.wheels, progress, blocked=await self._blocked())
        made = [
            *[await _or_note(each, self._anew(each, around)) for each in wanted if each.editable],
            *[await _or_note(each, self._to_the_pinned(each, around, progress)) for each in moved],
            *[await _or_note(each.installed, self._to_the_newest(each, around, progress)) for each in updates.found],
        ]
        items = [each for each, _ in made if each]
        notes = [*(note for _, said in made for note in said), *updates.notes, *updates.complaints]
        plan = await in_thread(self._plan, items, notes, around)
        return dataclasses.replace(plan, complaints=updates.complaints)

    async def search(self, text: str, progress: Progress, wheelhouse: Path | None) -> SearchResult:
        """Return what there is to install whose name or summary has all words of `text`."""
        from desktop_app.services.plugins.installing.finding.searching import search

        return await search(text, self._lists, progress, wheelhouse=wheelhouse, blocked=await self._blocked())

    async def _anew(self, now: Installed, around: Surroundings) -> Found:
        """Return the item that brings a source folder's version and what it needs up to date, if they changed."""
        item, _ = await in_thread(self._folder_item, Path(now.source.where), around)
        there = {canonicalize_name(name): version for name, _, version in (e.partition("==") for e in now.requires)}
        lacks = any(not _is_met(Requirement(each), there) for each in item.requires)
        return (item if item.after != now.version or lacks else None), []

    async def _to_the_pinned(self, now: Installed, around: Surroundings, progress: Progress) -> Found:
        offer, notes = await self._chosen(Order(f"{now.distribution}=={now.pinned}", source=now.source), progress)
        return await in_thread(self._wheel_item, offer, around), notes

    async def _to_the_newest(self, update: Update, around: Surroundings, progress: Progress) -> Found:
        offer = await self._here(update.choice.best, sources(), progress)
        return await in_thread(self._wheel_item, offer, around), [_unfit(each) for each in update.choice.unfit[:1]]

    async def _chosen(self, order: Order, progress: Progress) -> tuple[Offer, list[str]]:
        """Return the offer that an order means, with its wheel on this machine, and what to say of newer ones."""
        from desktop_app.services.plugins.installing.finding.choosing import choose

        where = _where(order)
        await in_thread(self._forget_old)
        blocked = await self._blocked()
        choice = await choose(order, self.wheels, progress, blocked=blocked, where=where, lists=self._lists)
        best = await self._here(choice.best, where, progress)
        return best, [*(_unfit(each) for each in choice.unfit[:1]), *choice.complaints]

    async def _here(self, offer: Offer, where: Sources, progress: Progress) -> Offer:
        """Return an offer with its wheel on this machine."""
        if offer.file is not None and offer.file.is_file():
            return offer
        return dataclasses.replace(offer, file=await fetch(offer, self.wheels, progress, where=where))

    async def _blocked(self) -> Callable[[Offer], str]:
        blocked = await in_thread(read_block_list, self._places.plugins)
        return lambda each: blocked.why(each.distribution, each.plugin, each.version, each.sha256)

    def _from_path(self, order: Order, around: Surroundings) -> Plan:
        path = Path(os.path.abspath(Path(order.target).expanduser()))  # noqa: PTH100 - without .. but with links
        links = sources(order.wheelhouse).links if order.wheelhouse else ()  # it is there
        if path.is_dir():
            item, notes = self._folder_item(path, around)
        else:
            offer = Offer("", "", Source(SourceKind.WHEEL, os.fspath(path)), file=path)
            item, notes = self._wheel_item(offer, around), []
        item = dataclasses.replace(item, wheelhouse=Path(links[0]) if links else None)
        return self._plan([item], notes, around)

    def _wheel_item(self, offer: Offer, around: Surroundings) -> PlanItem:
        assert offer.file is not None
        facts = inspect_wheel(offer.file)
        item = _item(facts.manifest, facts.distribution, facts.version, facts.requires, _told(offer, facts), around)
        self.check(item, around)
        return item

    def _folder_item(self, path: Path, around: Surroundings) -> tuple[PlanItem, list[str]]:
        facts = inspect_folder(path, self._places.plugins)
        offer = _folder_offer(facts)
        item = _item(facts.manifest, offer.distribution, facts.manifest.version, facts.requires, offer, around)
        self.check(item, around)
        return item, list(facts.notes)

    def check(self, item: PlanItem, around: Surroundings) -> None:
        """Raise UserError for a name that is taken or misleading, and for what is blocked. Blocks: files are read."""
        taken = _why_taken(item, around)
        others = {each.id: each.name for each in around.known}
        reason = taken or ("" if item.before else confusable(item.id, item.title, others))
        if reason:
            hint = "Remove that one first." if taken and item.id in around.state.plugins else ""
            raise UserError(f"{item.title} can't be installed: {reason}", hint=hint)
        blocked = read_block_list(self._places.plugins)
        why = blocked.why(item.offer.distribution, item.id, item.after, item.offer.sha256)
        if why:
            raise UserError(f"{item.title} {item.after} can't be installed: {why}")

    def _plan(self, items: list[PlanItem], notes: Iterable[str], around: Surroundings) -> Plan:
        questions = Trust(self._places.plugins).questions(items, index_addresses()) if items else ()
        return Plan(tuple(items), questions, tuple(dict.fromkeys(notes)), around.state.generation)

    def _forget_old(self) -> None:
        """Delete what was fetched for plans that were not followed."""
        before = time.time() - _A_DAY
        for each in self.wheels.iterdir() if self.wheels.is_dir() else ():
            if each.stat().st_mtime < before:
                shutil.rmtree(each, ignore_errors=True) if each.is_dir() else each.unlink(missing_ok=True)


def index_addresses() -> tuple[str, ...]:
    """Return the indexes, pages of links and folders of wheels that what plugins need may come from."""
    where = sources()
    return (*where.indexes, *where.links)


def _item(  # noqa: PLR0913, PLR0917 - what a wheel and a folder have in common
    manifest: Manifest, distribution: str, version: str, requires: tuple[str, ...], offer: Offer, around: Surroundings
) -> PlanItem:
    before = around.state.plugins.get(manifest.id)
    return PlanItem(
        id=manifest.id,
        title=manifest.name,
        before=before.version if before else "",
        after=version,
        offer=dataclasses.replace(offer, distribution=distribution, version=version, api=manifest.api),
        requires=needs_of(requires),
        toolchains=tuple(each.title for each in manifest.toolchains),
    )


def _told(offer: Offer, facts: WheelFacts) -> Offer:
    return dataclasses.replace(
        offer,
        sha256=facts.sha256,
        size=facts.size,
        requires_python=facts.requires_python,
        summary=facts.summary,
        author=facts.author,
        license=facts.license,
        homepage=facts.homepage,
    )


def _folder_offer(facts: FolderFacts) -> Offer:
    manifest = facts.manifest
    return Offer(
        facts.distribution or f"rankzero-{manifest.id}",
        manifest.version,
        Source(SourceKind.FOLDER, os.fspath(facts.folder)),
        requires_python=facts.requires_python,
        summary=manifest.summary,
        author=manifest.author,
        license=manifest.license,
        homepage=manifest.homepage,
    )


def _why_taken(item: PlanItem, around: Surroundings) -> str:
    installed = around.state.plugins.get(item.id)
    if installed is not None:
        if same_name(installed.distribution, item.offer.distribution):
            return ""
        return f"the id “{item.id}” belongs to {installed.distribution} {installed.version}, which is installed."
    other = next((each for each in around.known if each.id == item.id), None)
    if other is None:
        return ""
    if other.source == "bundled":
        return f"the id “{item.id}” is that of a plugin that ships with the program, which can't be replaced."
    return f"the id “{item.id}” is taken by {other.folder or other.name}."


async def _or_note(now: Installed, looking: Awaitable[Found]) -> Found:
    """Return what was found, or why the plugin stays as it is. Raises OutsideError where a source can't be asked."""
    stays = f"{now.id} stays at {now.version}"
    try:
        item, notes = await looking
    except OutsideError:
        raise
    except UserError as error:
        return None, [f"{stays}: {error.message}"]
    if item is not None and item.id != now.id:
        return None, [f"{stays}: its new version is another plugin, “{item.id}”."]
    return item, notes


def _unfit(offer: Offer) -> str:
    return f"A newer version doesn't fit: {offer.why_not}"


def _where(order: Order) -> Sources:
    """Return who is asked for what is ordered. Raises UserError where that is a source that is no more."""
    from desktop_app.services.plugins.installing.finding.updates import sources_of

    if order.source is None:
        return sources(order.wheelhouse)
    where = sources_of(order.source, sources())
    if where.are_none:
        message = f"{order.target} would come from {order.source.where}, which is not there or not asked any more."
        raise UserError(message, hint="Set pip to look there, or install it from elsewhere.")
    return where


def _is_met(requirement: Requirement, there: Mapping[NormalizedName, str]) -> bool:
    version = there.get(canonicalize_name(requirement.name), "")
    return bool(version) and requirement.specifier.contains(version, prereleases=True)
