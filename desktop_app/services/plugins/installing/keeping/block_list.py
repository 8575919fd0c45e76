"""Plugins that are known to do harm: a list that ships with the program, and one that a person can update from a file.

Both have `as_of` (a day, 2026-11-22), `source` (who says so) and `items`. Each item has a `reason`, and beside it
`name` (of the distribution or the plugin) with `versions` (a range as pip writes it: `<1.3`; all where it is missing),
or `sha256` (of wheels, a list). With a name, versions and hashes either is enough; with no versions the hashes count.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from desktop_app.api import OutsideError, UserError
from desktop_app.places import shipped
from desktop_app.services.files import locked, write_atomically
from desktop_app.services.plugins.installing.harmless import harmless

FILE = "blocked.json"
SHIPPED = "blocked_plugins"
_LARGEST = 8_000_000
_KEYS = {"name", "versions", "sha256", "reason", "source", "as_of"}
_TOP = {"as_of", "source", "note", "items"}
_HASH = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Blocked:
    """One entry; `name` is in the form that names are compared in, empty where hashes alone count."""

    reason: str
    name: str = ""
    versions: str = ""
    sha256: frozenset[str] = frozenset()
    source: str = ""
    as_of: str = ""

    def holds_for(self, names: frozenset[str], version: str, sha256: str) -> bool:
        """Return whether a plugin of one of these names, this version and this hash is meant."""
        if sha256 and sha256.lower() in self.sha256:
            return True
        by_name = bool(self.name) and bool(self.versions or not self.sha256)
        return by_name and self.name in names and self._in_range(version)

    def _in_range(self, version: str) -> bool:
        if not self.versions:
            return True
        from packaging.specifiers import SpecifierSet  # takes 20 ms, and the window is waiting while nothing is blocked
        from packaging.version import InvalidVersion, Version

        try:
            return SpecifierSet(self.versions).contains(Version(version), prereleases=True)
        except InvalidVersion:
            return True  # a version that can't be compared proves no innocence


@dataclass(frozen=True, slots=True)
class BlockList:
    """What is blocked, by the list that ships and the person's own. `complaints` are lists that can't be used."""

    items: tuple[Blocked, ...] = ()
    as_of: str = ""
    source: str = ""
    complaints: tuple[str, ...] = ()

    def why(self, distribution: str, plugin_id: str, version: str, sha256: str = "") -> str:
        """Return in a sentence why a plugin is blocked, or nothing."""
        names = frozenset(_comparable(each) for each in (distribution, plugin_id) if each)
        found = next((each for each in self.items if each.holds_for(names, version, sha256)), None)
        if found is None:
            return ""
        said = ", ".join(each for each in (found.source or self.source, found.as_of or self.as_of) if each)
        return f"It is on the list of blocked plugins: {found.reason.rstrip('.')}{f' ({said})' if said else ''}."


@dataclass(frozen=True, slots=True)
class Updated:
    """A list that was put in place: how many entries it has, and of which days it and the one before are."""

    count: int
    as_of: str
    before: str = ""


def read_block_list(plugins: Path) -> BlockList:
    """Return what is blocked now. Blocks. A person's list that can't be used is complained of; the other one holds."""
    ours = _parse((shipped("resources") / "catalogues" / f"{SHIPPED}.json").read_bytes())
    try:
        theirs = _parse(_content(plugins / FILE))
    except FileNotFoundError:
        return ours
    except OSError as error:
        return _with_complaint(ours, f"The list of blocked plugins {plugins / FILE} can't be read: {error.strerror}.")
    except _WrongError as error:
        return _with_complaint(ours, f"The list of blocked plugins {plugins / FILE} can't be used: {error}.")
    newest = max((ours, theirs), key=lambda each: each.as_of)
    items = tuple(_with_origin(each, one) for one in (theirs, ours) for each in one.items)
    return BlockList(items, newest.as_of, newest.source)


def update_block_list(path: Path, plugins: Path) -> Updated:
    """Put the list in `path` into the place of the person's own, as a whole. Blocks.

    Raises UserError for a list that is wrong or older than the one there; OutsideError for the disk.
    """
    try:
        content = _content(path)
        new = _parse(content)
        with locked(plugins / f".{FILE}.lock"):
            before = _as_of(plugins / FILE)
            if new.as_of < before:
                message = f"This list is of {new.as_of}; the one in use is newer, of {before}, and stays."
                raise UserError(message, hint=f"To use the older one, remove {plugins / FILE} first.")
            write_atomically(plugins / FILE, content.decode("utf-8-sig"))
    except FileNotFoundError:
        raise UserError(f"There is no file {harmless(str(path), 400)}.") from None
    except _WrongError as error:
        raise UserError(f"“{harmless(path.name, 120)}” is no list of blocked plugins: {error}.") from error
    except OSError as error:
        raise OutsideError(f"The list can't be put in place: {error.strerror or error}.") from error
    return Updated(len(new.items), new.as_of, before)


class _WrongError(Exception):
    """What is wrong with a list: the second half of a sentence."""


def _content(path: Path) -> bytes:
    with path.open("rb") as stream:
        content = stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise _WrongError(f"it is larger than {_LARGEST // 1_000_000} MB")
    return content


def _as_of(path: Path) -> str:
    try:
        return _parse(_content(path)).as_of
    except (OSError, _WrongError):
        return ""


def _parse(content: bytes) -> BlockList:
    try:
        told = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise _WrongError("it is no JSON") from None
    if not isinstance(told, dict) or not isinstance(told.get("items"), list):
        raise _WrongError("it lacks its list of items")
    _only(told, _TOP, "it")
    items = tuple(_item(each, number) for number, each in enumerate(told["items"], 1))
    return BlockList(items, _day(told, "it", needed=True), _text(told, "source", "it"))


def _item(told: Any, number: int) -> Blocked:
    which = f"its item {number}"
    if not isinstance(told, dict):
        raise _WrongError(f"{which} is no table")
    _only(told, _KEYS, which)
    name, reason = _text(told, "name", which), _text(told, "reason", which)
    sums = told.get("sha256", [])
    sums = [sums] if isinstance(sums, str) else sums
    if not isinstance(sums, list) or not all(isinstance(each, str) and _HASH.fullmatch(each.lower()) for each in sums):
        raise _WrongError(f"{which} has a sha256 that is none; it has 64 digits from 0 to f")
    if not reason:
        raise _WrongError(f"{which} lacks its reason")
    if not name and not sums:
        raise _WrongError(f"{which} has neither a name nor a sha256")
    if name and not _NAME.fullmatch(name):
        raise _WrongError(f"{which} has “{name}” for a name, which is none")
    return Blocked(
        reason=reason,
        name=_comparable(name) if name else "",
        versions=_versions(told, which),
        sha256=frozenset(each.lower() for each in sums),
        source=_text(told, "source", which),
        as_of=_day(told, which),
    )


def _only(told: Mapping[str, Any], known: set[str], which: str) -> None:
    unknown = sorted(told.keys() - known)
    if unknown:
        raise _WrongError(f"{which} has an unknown key “{harmless(unknown[0], 60)}”")


def _text(told: Mapping[str, Any], key: str, which: str) -> str:
    value = told.get(key, "")
    if not isinstance(value, str):
        raise _WrongError(f"{which} has a {key} that is no text")
    return harmless(value)


def _versions(told: Mapping[str, Any], which: str) -> str:
    text = _text(told, "versions", which)
    if not text:
        return ""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise _WrongError(f"{which} has “{text}” for versions, which is no range such as <1.3") from None
    return text


def _day(told: Mapping[str, Any], which: str, *, needed: bool = False) -> str:
    text = _text(told, "as_of", which)
    if not text and not needed:
        return ""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise _WrongError(f"{which} lacks the day that it is of, as_of: 2026-11-22") from None


def _comparable(name: str) -> str:
    """Return a name as indexes compare names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _with_origin(item: Blocked, one: BlockList) -> Blocked:
    return Blocked(
        item.reason, item.name, item.versions, item.sha256, item.source or one.source, item.as_of or one.as_of
    )


def _with_complaint(one: BlockList, complaint: str) -> BlockList:
    return BlockList(one.items, one.as_of, one.source, (complaint,))
