"""Chooses the version of a plugin that is installed: the newest that fits this host, and why newer ones don't."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from desktop_app.api import OutsideError, Progress, UserError
from desktop_app.services.plugins.installing.finding.details import Details, details_of, offered_details
from desktop_app.services.plugins.installing.finding.fitting import Blocked, Fit, pick, withdrawn_why
from desktop_app.services.plugins.installing.finding.index import (
    HOUSE,
    NOWHERE,
    OUTSIDE,
    Asking,
    Complaint,
    Sources,
    asking,
    sources,
)
from desktop_app.services.plugins.installing.finding.listing import PREFIX, near_names
from desktop_app.services.plugins.installing.finding.shelf import Release, Shelf, Wheel, look_up
from desktop_app.services.plugins.installing.models import Choice, Offer, Order, SourceKind

_LOOK = "Look for it: rankzero plugins search."
_LOOKED_AT = 20  # versions, at most, that are looked into to choose one


def nothing_blocked(_offer: Offer) -> str:
    """Block nothing."""
    return ""


async def choose(  # noqa: PLR0913 - what a choice depends on, each with a default
    order: Order,
    folder: Path,
    progress: Progress,
    *,
    blocked: Blocked = nothing_blocked,
    fit: Fit | None = None,
    where: Sources | None = None,
    lists: Path | None = None,
) -> Choice:
    """Return the newest version of what `order` names that fits, and newer ones with why they don't.

    `acme` also finds the distribution `rankzero-acme`. Wheels that have to be looked into are fetched into `folder`;
    the offer has the `file` then. `lists` is where `search` keeps names; with it, near ones are named in the hint.
    Raises UserError where there is nothing of that name, or no version that fits; OutsideError where that can't be
    known because a source gave no answer.
    """
    asked = parsed(order.target)
    where = where or sources(order.wheelhouse)
    if where.are_none:
        raise UserError(NOWHERE, hint=HOUSE)
    progress(f"Looking for {asked.name}", None)
    async with asking(where) as child:
        shelves = await look_up(child, where, names_for(asked.name))
        chooser = Chooser(child, folder, progress, blocked, fit or Fit())
        if any(each.releases for each in shelves):
            return await _first(chooser, asked, shelves, pre=order.pre)
        near = await near_names(child, where, lists, asked.name) if lists else []
        raise _missing(order, shelves, near)


def parsed(target: str) -> Requirement:
    """Return a name with or without versions. Raises UserError for anything else."""
    try:
        found = Requirement(target.strip())
    except InvalidRequirement:
        raise UserError(f"“{target[:80]}” is no name of a plugin.", hint="Write NAME or NAME==1.2.") from None
    if found.url or found.extras or found.marker:
        raise UserError(f"“{target[:80]}” says more than a name and versions.", hint="Write NAME or NAME==1.2.")
    return found


def names_for(name: str) -> tuple[str, ...]:
    """Return the distributions that somebody may mean by `name`, likeliest first."""
    plain = canonicalize_name(name)
    return (plain,) if plain.startswith(PREFIX) else (plain, PREFIX + plain)


async def _first(chooser: Chooser, asked: Requirement, shelves: Sequence[Shelf], *, pre: bool) -> Choice:
    """Return the choice from the first shelf that holds a plugin, as far as can be known."""
    refusals: list[UserError] = []
    for shelf in shelves:
        if not shelf.releases:
            continue
        try:
            choice = await chooser.choose(shelf, asked, pre=pre)
        except (NoPluginError, NothingFitsError) as error:
            refusals.append(error)
            if isinstance(error, NothingFitsError) and error.is_plugin:
                break
            continue
        told = [
            *choice.complaints,
            *(each.message for each in all_complaints(shelves)),
            *_elsewhere(shelf, choice.best),
        ]
        return replace(choice, complaints=tuple(told))
    raise refusals[0]


def all_complaints(shelves: Sequence[Shelf]) -> tuple[Complaint, ...]:
    """Return the sources that could not be asked, each once."""
    return tuple({each.message: each for shelf in shelves for each in shelf.complaints}.values())


def _elsewhere(shelf: Shelf, best: Offer) -> Iterator[str]:
    """Say that several indexes have the name: who can publish in one of them can offer a higher version."""
    indexes = {each.source.where for each in shelf.releases if each.source.kind is SourceKind.INDEX}
    if len(indexes) > 1 and best.source.kind is SourceKind.INDEX:
        others = ", ".join(sorted(indexes - {best.source.where}))
        yield f"{best.distribution} {best.version} comes from {best.source.where}; {others} has that name as well."


def _missing(order: Order, shelves: Sequence[Shelf], near: Sequence[str]) -> UserError:
    told = " or ".join(f"“{each.name}”" for each in shelves)
    complaints = all_complaints(shelves)
    if complaints:
        first = complaints[0]
        details = "\n".join(each.message for each in complaints)
        message = f"“{shelves[0].name}” could not be looked for: {first.message}"
        return OutsideError(message, hint=first.hint, details=details)
    hint = f"Did you mean {' or '.join(f'“{each}”' for each in near)}?" if near else _LOOK
    if order.wheelhouse is not None:
        return UserError(f"There is no wheel of {told} in {order.wheelhouse}.", hint=hint if near else "")
    return UserError(f"Nothing called {told} is there.", hint=hint)


class NoPluginError(UserError):
    """There is a package of that name, but it is no plugin."""


class NothingFitsError(UserError):
    """No version fits; `is_plugin` where at least one was seen to be of a plugin."""

    def __init__(self, message: str, *, hint: str, details: str, is_plugin: bool) -> None:
        super().__init__(message, hint=hint, details=details)
        self.is_plugin = is_plugin


class Chooser:
    """Goes through versions, newest first, until one fits."""

    def __init__(self, child: Asking, folder: Path | None, progress: Progress, blocked: Blocked, fit: Fit) -> None:
        """Take `folder` None to look at what the sources list alone, and fetch no wheel."""
        self._child, self._folder, self._progress = child, folder, progress
        self._why_blocked, self._fit = blocked, fit

    async def choose(self, shelf: Shelf, asked: Requirement, *, pre: bool) -> Choice:
        """Return the newest version that fits. Raises UserError where none does."""
        pinned = any(each.operator in {"==", "==="} and "*" not in each.version for each in asked.specifier)
        releases = [each for each in shelf.releases if asked.specifier.contains(each.version, prereleases=True)]
        best, unfit = await self.newest(shelf.name, releases, pre=pre or pinned, yanked=pinned)
        if best is None:
            raise _none_fits(shelf, asked, unfit)
        release = next(each for each in releases if str(each.version) == best.version)
        is_withdrawn = all(each.yanked is not None for each in release.wheels)
        return Choice(best, unfit, (withdrawn_why(release),) if is_withdrawn else ())

    async def newest(
        self, name: str, releases: Sequence[Release], *, pre: bool, yanked: bool = False
    ) -> tuple[Offer | None, tuple[Offer, ...]]:
        """Return the first of these releases that fits, or None, and those before it that don't."""
        unfit: list[Offer] = []
        looked = 0
        for release in releases:
            offer, wheel = self._listed(name, release, pre=pre, yanked=yanked)
            if wheel is not None:
                offer = await self._looked_at(offer, wheel)
                looked += 1
            if not offer.why_not:
                return offer, tuple(unfit)
            unfit.append(offer)
            if looked == _LOOKED_AT:
                break
        return None, tuple(unfit)

    def _listed(self, name: str, release: Release, *, pre: bool, yanked: bool) -> tuple[Offer, Wheel | None]:
        """Return an offer of a release with its wheel; without one where lists say already that it doesn't fit."""
        wheel, why_not = pick(release, self._fit, yanked=yanked)
        offer = _offer(name, release, wheel)
        if release.version.is_prerelease and not pre:
            why_not = f"{release.version} is a pre-release, and those are taken only when they are asked for."
        why_not = self._blocked(offer) or why_not
        return replace(offer, why_not=why_not), None if why_not else wheel

    async def _looked_at(self, offer: Offer, wheel: Wheel) -> Offer:
        """Return an offer with what its wheel says of itself, and `why_not` where that doesn't fit."""
        try:
            return self._with(offer, await self._details(offer, wheel))
        except Complaint as complaint:
            if complaint.kind == OUTSIDE:
                raise
            return replace(offer, why_not=f"{offer.version} can't be had: {complaint.message}")

    async def _details(self, offer: Offer, wheel: Wheel) -> Details | None:
        if self._folder is None and not wheel.facts["path"]:
            return await offered_details(self._child, wheel)
        what = f"Looking at {offer.distribution} {offer.version}"
        self._progress(what, None)
        return await details_of(self._child, wheel, self._folder or Path(), self._progress, what)

    def _with(self, offer: Offer, details: Details | None) -> Offer:
        if details is None:
            return offer
        if details.why_no_plugin:
            raise NoPluginError(
                f"{offer.distribution} is no plugin of Rank Zero: {details.why_no_plugin}",
                hint="It is an ordinary package; plugins are found by: rankzero plugins search.",
            )
        offer = details.told(offer)
        why_not = self._fit.why_no_python(offer.version, details.requires_python)
        why_not = why_not or self._fit.why_no_api(offer.version, details.apis)
        why_not = why_not or self._fit.why_no_program(offer.version, details.program)
        return replace(offer, why_not=why_not or self._blocked(offer))

    def _blocked(self, offer: Offer) -> str:
        why = self._why_blocked(offer)
        return f"{offer.version}{why.removeprefix('It')}" if why.startswith("It ") else why


def _offer(name: str, release: Release, wheel: Wheel | None) -> Offer:
    known = wheel or next(iter(release.wheels), None)
    if known is None:
        return Offer(name, str(release.version), release.source)
    path = known.facts["path"]
    return Offer(
        name, str(release.version), known.source, url=known.facts["url"], file=Path(path) if path else None,
        sha256=known.facts["sha256"], size=known.size, requires_python=known.requires_python,
    )  # fmt: skip


def _none_fits(shelf: Shelf, asked: Requirement, unfit: Sequence[Offer]) -> UserError:
    if not unfit:
        newest: Version = shelf.releases[0].version
        return UserError(f"There is no {shelf.name} {asked.specifier}.", hint=f"The newest version is {newest}.")
    early = [each for each in unfit if Version(each.version).is_prerelease]
    return NothingFitsError(
        f"No version of {shelf.name} fits: {unfit[0].why_not}",
        hint="Ask for it with --pre." if early == list(unfit) else "",
        details="\n".join(each.why_not for each in unfit),
        is_plugin=any(each.api for each in unfit),
    )
