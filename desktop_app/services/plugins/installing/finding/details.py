"""What a wheel says of itself beside its name: whether it is a plugin, for which API, and who made it."""

from __future__ import annotations

import contextlib
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import parseaddr
from pathlib import Path
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from desktop_app.api import Progress
from desktop_app.services.plugins.installing.finding.index import LARGE, MISSING, OUTSIDE, Asking, Complaint
from desktop_app.services.plugins.installing.finding.shelf import Wheel
from desktop_app.services.plugins.installing.harmless import harmless
from desktop_app.services.plugins.installing.models import Offer

PLUGIN_KEYWORD, API_KEYWORD = "rankzero-plugin", "rankzero-api-"
_TINY = 300_000  # bytes of a wheel that is sooner fetched as a whole than in parts
_SMALL = 5_000_000  # bytes of a wheel that is fetched only to look into it


@dataclass(frozen=True, slots=True)
class Details:
    """A wheel's metadata, and its `plugin.toml` where it was looked into; `path` is the wheel, if it is here."""

    fields: Mapping[str, Any]
    plugin: Mapping[str, Any] | None = None
    path: Path | None = None
    sha256: str = ""
    why_no_plugin: str = ""

    @property
    def keywords(self) -> frozenset[str]:
        """The words by which it is found."""
        return frozenset(self.fields.get("keywords", "").lower().replace(",", " ").split())

    @property
    def apis(self) -> Sequence[str]:
        """The API that its manifest names; without one those that its keywords name."""
        if self.plugin is not None:
            return [str(self.plugin.get("api", ""))]
        return sorted(each.removeprefix(API_KEYWORD) for each in self.keywords if each.startswith(API_KEYWORD))

    @property
    def requires_python(self) -> str:
        """Which Pythons it is for; some indexes leave it out of their lists."""
        return str(self.fields.get("requires-python", ""))

    @property
    def program(self) -> SpecifierSet:
        """Which versions of this program it asks for, as one of its requirements; as such it is never installed."""
        return SpecifierSet(",".join(_versions_of_program(self.fields.get("requires", ()))))

    def told(self, offer: Offer) -> Offer:
        """Return an offer with what is known now."""
        fields = self.fields
        return replace(
            offer,
            plugin=str((self.plugin or {}).get("id", "")),
            api=" ".join(self.apis),
            file=self.path or offer.file,
            sha256=offer.sha256 or self.sha256,
            requires_python=offer.requires_python or self.requires_python,
            summary=harmless(fields.get("summary", "")),
            author=harmless(fields.get("author") or parseaddr(fields.get("author-email", ""))[0]),
            license=harmless(fields.get("license-expression") or fields.get("license", ""), 80),
            homepage=_homepage(fields),
        )


async def details_of(child: Asking, wheel: Wheel, folder: Path, progress: Progress | None, what: str = "") -> Details:
    """Return a wheel's details: by the index's metadata if keywords there name an API, else by parts of it, or all.

    Raises Complaint where neither can be had.
    """
    if wheel.facts["path"]:
        return await _looked(child, Path(wheel.facts["path"]))
    offered = await offered_details(child, wheel)
    if offered is not None and offered.apis:
        return offered
    if not 0 < wheel.size < _TINY:
        fields = await child.ask("look", file=dict(wheel.facts))
        if fields is not None:
            return _details(fields, wheel.facts["filename"])
        if wheel.size > _SMALL:
            return _too_large(offered, wheel)
    try:
        found = await child.ask("fetch", progress, what, file=dict(wheel.facts), folder=str(folder), most=_SMALL)
    except Complaint as complaint:
        if complaint.kind == LARGE:
            return _too_large(offered, wheel)
        raise
    return replace(await _looked(child, Path(found["path"])), sha256=found["sha256"])


async def offered_details(child: Asking, wheel: Wheel) -> Details | None:
    """Return what the index's own metadata say; None where it has none. Raises Complaint where they are wrong."""
    try:
        fields = await child.ask("metadata", file=dict(wheel.facts))
    except Complaint as complaint:
        if complaint.kind in {MISSING, OUTSIDE}:
            return None
        raise
    return None if fields is None else Details(fields)


def _too_large(offered: Details | None, wheel: Wheel) -> Details:
    fields = offered.fields if offered else {}
    size = f"with {wheel.size / 1e6:.0f} MB it" if wheel.size else "it"
    why = f"nothing it says of itself names it one, and {size} is too large to be fetched only to look into it."
    return Details(fields, why_no_plugin=why)


async def _looked(child: Asking, path: Path) -> Details:
    return replace(_details(await child.ask("look", path=str(path)), path.name), path=path)


def _details(fields: dict[str, Any], name: str) -> Details:
    manifest = fields.pop("manifest")
    if manifest is None:
        return Details(fields, why_no_plugin="there is no plugin.toml in it.")
    try:
        plugin = tomllib.loads(manifest).get("plugin", {})
    except tomllib.TOMLDecodeError:
        plugin = None
    if not isinstance(plugin, Mapping):
        raise Complaint(MISSING, f"The plugin.toml in {name} is no valid TOML.")
    return Details(fields, plugin)


def _versions_of_program(requires: Iterable[str]) -> Iterator[str]:
    for each in requires:
        with contextlib.suppress(InvalidRequirement):
            asked = Requirement(each)
            if canonicalize_name(asked.name) == "rankzero" and (asked.marker is None or asked.marker.evaluate()):
                yield str(asked.specifier)


def _homepage(fields: Mapping[str, Any]) -> str:
    labelled = {
        label.strip().lower(): url.strip() for label, _, url in (each.partition(",") for each in fields["urls"])
    }
    named = (labelled[each] for each in ("homepage", "home", "source", "repository") if each in labelled)
    url = fields.get("home-page") or next(named, "") or next(iter(labelled.values()), "")
    return harmless(url) if url.startswith(("http://", "https://")) else ""
