"""What a person has to know, and agree to, before code of a new source runs as them: asked once for each source.

An index is known by its address, a wheelhouse and a source folder by their paths, a single wheel by its SHA-256:
another file asks anew. Nothing here holds a plugin back, and no text says so.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from desktop_app.api import OutsideError
from desktop_app.core.redact import redact
from desktop_app.services.files import locked, set_aside, write_atomically
from desktop_app.services.plugins.installing.harmless import harmless
from desktop_app.services.plugins.installing.models import PlanItem, Source, SourceKind
from desktop_app.services.plugins.words import WHAT_IT_IS

FILE = ".trust.json"
_LARGEST = 4_000_000

Sources = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Agreed:
    """A source that was agreed to; `key` names it for `Trust.revoke`."""

    key: str
    source: Source
    at: datetime | None = None

    @property
    def kind(self) -> str:
        """What it is, in a word: index, file, folder, wheelhouse or address."""
        return self.key.partition(" ")[0]

    @property
    def where(self) -> str:
        """Its address or path."""
        return self.source.where or self.key.partition(" ")[2]


class Trust:
    """What was agreed to, kept in `.trust.json` of the plugins' folder. Blocks: it is a file.

    A file that can't be understood counts as empty: everything is asked about again.
    """

    def __init__(self, plugins: Path) -> None:
        self.path = plugins / FILE

    def questions(self, items: Iterable[PlanItem], indexes: tuple[str, ...] = ()) -> tuple[str, ...]:
        """Return what has to be agreed to before `items` are installed, a paragraph each; none for known sources.

        `indexes` are the addresses, and the folders of wheels, that what they depend on may come from: whoever can
        upload to one of them may win.
        """
        known = self._read()
        asked: dict[str, str] = {}
        for item in items:
            for key, words in _own(item):
                if key not in known:
                    asked.setdefault(key, words)
            new = {key: where for key, where in _shared(item, indexes) if key not in known and key not in asked}
            asked |= dict.fromkeys(new, _needed_words(item, tuple(new.values())) if new else "")
        return (WHAT_IT_IS, *dict.fromkeys(asked.values())) if asked else ()

    def agree(self, items: Iterable[PlanItem], indexes: tuple[str, ...] = ()) -> None:
        """Remember that the sources of `items` were agreed to. Raises OutsideError where that can't be saved."""
        new = {key: _told(key, item) for item in items for key, _ in (*_own(item), *_shared(item, indexes))}
        if new:
            self._change(lambda known: {**new, **known})

    def agreed(self) -> tuple[Agreed, ...]:
        """Return the sources that were agreed to, in the order of their keys."""
        return tuple(_agreed(key, told) for key, told in sorted(self._read().items()))

    def revoke(self, key: str) -> bool:
        """Ask about a source again from now on; False where it was not agreed to. What is installed stays."""
        there = key in self._read()
        if there:
            self._change(lambda known: {each: told for each, told in known.items() if each != key})
        return there

    def _change(self, change: Callable[[Sources], Sources]) -> None:
        try:
            with locked(self.path.with_name(f"{FILE}.lock")):
                text = json.dumps(
                    {"sources": change(self._read_or_aside())}, ensure_ascii=False, indent=1, sort_keys=True
                )
                write_atomically(self.path, f"{text}\n")
        except OSError as error:
            message = f"What you agreed to can't be saved to {self.path}: {error.strerror or error}."
            raise OutsideError(message, hint="Make room there, or make the folder writable.") from error

    def _read(self) -> Sources:
        try:
            return _parsed(self.path)
        except (OSError, ValueError, RecursionError):
            return {}

    def _read_or_aside(self) -> Sources:
        try:
            return _parsed(self.path)
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError):
            set_aside(self.path)
            return {}


def trust_words(source: Source, *, editable: bool = False) -> str:
    """Return in a few words where a plugin comes from, as the list says it."""
    if source.kind is SourceKind.BUNDLED:
        return "Ships with Rank Zero"
    if source.kind is SourceKind.INDEX:
        return f"From the package index {_host(source.where)}".rstrip()
    if source.kind is SourceKind.FOLDER:
        return "From a folder on this machine, as you edit it"
    if not source.where:
        return "Installed beside Rank Zero, into its own Python"
    return "From a file on this machine" if _is_file(source) else "From a folder of wheels on this machine"


def source_key(source: Source, sha256: str = "") -> str:
    """Return what a source is known by; empty for what ships and for what nobody can be asked about."""
    if source.kind is SourceKind.BUNDLED or not source.where:
        return ""
    if source.kind is SourceKind.INDEX:
        return f"index {_address(source.where)}"
    if source.kind is SourceKind.WHEEL and _is_file(source):
        return f"file {sha256.lower() or source.where}"
    return f"{'folder' if source.kind is SourceKind.FOLDER else 'wheelhouse'} {source.where}"


def _own(item: PlanItem) -> Iterable[tuple[str, str]]:
    """Yield the sources that are an item's own, with what is said of each."""
    if not item.after:
        return
    source, sha256, title = item.offer.source, item.offer.sha256, harmless(item.title, 100)
    key = source_key(source, sha256)
    if key:
        yield key, _words(source, sha256, f"“{title}”")
    for each in map(redact, filter(_is_addressed, item.requires)):
        yield f"address {each}", f"What “{title}” needs comes from an address of its own: {harmless(each, 300)}."


def _is_addressed(requirement: str) -> bool:
    return "@" in requirement.partition(";")[0]


def _shared(item: PlanItem, indexes: tuple[str, ...]) -> Iterable[tuple[str, str]]:
    """Yield the sources that what an item needs may come from, with the index or the folder of wheels that each is."""
    source = item.offer.source
    from_index = source.kind is not SourceKind.WHEEL or _is_file(source)
    if item.wheelhouse is not None:
        indexes, from_index = (os.fspath(item.wheelhouse),), True
    needs_some = bool(item.after) and not all(map(_is_addressed, item.requires))
    for index in indexes if needs_some and from_index else ():
        place = Source(SourceKind.INDEX if "://" in index else SourceKind.WHEEL, index)
        yield source_key(place), index


def _needed_words(item: PlanItem, where: tuple[str, ...]) -> str:
    """Return one paragraph on all sources that what an item needs may come from."""
    others = [each for each in item.requires if not _is_addressed(each)]
    first = f"What “{harmless(item.title, 100)}” needs ({harmless(', '.join(others), 200)}) comes"
    if len(where) == 1:
        return _index_words(first, where[0]) if "://" in where[0] else _house_words(first, where[0])
    named = [_index_name(each) if "://" in each else f"the folder of wheels {harmless(each, 400)}" for each in where]
    return (
        f"{first} from {', '.join(named[:-1])} or {named[-1]}: whoever may upload to one of them, or write there, "
        "decides what is installed. You are not asked about them again."
    )


def _words(source: Source, sha256: str, title: str) -> str:
    where = harmless(source.where, 400)
    if source.kind is SourceKind.INDEX:
        return _index_words(f"{title} comes", source.where)
    if source.kind is SourceKind.FOLDER:
        return (
            f"{title} is taken from the folder {where}, used each time the program or a verb runs: "
            "whoever can write there changes what runs here. You are not asked about this folder again."
        )
    if _is_file(source):
        sums = f" (SHA-256 {sha256})" if sha256 else ""
        return f"{title} comes from the file {where}{sums}. Another file is asked about again."
    return _house_words(f"{title} comes", where)


def _house_words(first: str, folder: str) -> str:
    return (
        f"{first} from the folder of wheels {harmless(folder, 400)}: whoever can write there decides what is "
        "installed. You are not asked about this folder again."
    )


def _index_words(first: str, index: str) -> str:
    return (
        f"{first} from {_index_name(index)}: whoever may upload there decides "
        "what is installed. You are not asked about this index again."
    )


def _index_name(index: str) -> str:
    return f"the package index {_host(index) or harmless(index, 200)}"


def _told(key: str, item: PlanItem) -> dict[str, str]:
    kind, _, where = key.partition(" ")
    others = {"index": SourceKind.INDEX, "address": SourceKind.INDEX, "wheelhouse": SourceKind.WHEEL}
    source = Source(others[kind], where) if kind in others else item.offer.source
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"kind": source.kind.value, "where": source.where, "at": at}


def _agreed(key: str, told: Mapping[str, Any]) -> Agreed:
    try:
        source = Source(SourceKind(told.get("kind", "")), str(told.get("where", "")))
    except ValueError:
        source = Source(SourceKind.WHEEL, key)
    try:
        at = datetime.fromisoformat(str(told.get("at", "")))
    except ValueError:
        at = None
    return Agreed(key, source, at)


def _parsed(path: Path) -> Sources:
    with path.open("rb") as stream:
        told = json.loads(stream.read(_LARGEST))
    sources = told.get("sources") if isinstance(told, dict) else None
    if not isinstance(sources, dict) or not all(isinstance(each, dict) for each in sources.values()):
        raise ValueError(f"{path.name} is no list of sources")
    return sources


def _address(where: str) -> str:
    """Return an index's address as it is compared: without what signs in, with the host in small letters."""
    try:
        parts = urlsplit(where)
        host = (parts.hostname or "") + (f":{parts.port}" if parts.port else "")
    except ValueError:
        return where
    return parts._replace(netloc=host, scheme=parts.scheme.lower()).geturl().rstrip("/")


def _host(where: str) -> str:
    try:
        return harmless(urlsplit(_address(where)).netloc, 200)
    except ValueError:  # no address at all
        return ""


def _is_file(source: Source) -> bool:
    return source.where.lower().endswith(".whl")
