"""What is said of plugins that are installed, offered or about to change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path


class SourceKind(StrEnum):
    """Where a plugin came from."""

    BUNDLED = "bundled"
    INDEX = "index"
    WHEEL = "wheel"
    FOLDER = "folder"


@dataclass(frozen=True, slots=True)
class Source:
    """`where` is the index's address without a password, the path of a wheel or wheelhouse, or a source folder."""

    kind: SourceKind
    where: str = ""


@dataclass(frozen=True, slots=True)
class Order:
    """What a person asks for: a name with or without a version, or the path of a wheel or of a source folder.

    With `wheelhouse` wheels come from that folder alone, and no network is asked; with `source` they come from there
    alone, as of a plugin that came from there. `pre` admits pre-releases.
    """

    target: str
    wheelhouse: Path | None = None
    pre: bool = False
    source: Source | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One version of a plugin's distribution that could be had; `why_not` says in a sentence why it doesn't fit.

    `size` is in bytes, 0 where nobody said it. `file` is the wheel where it lies here already. `plugin` is the id, if
    the wheel was looked into to choose it.
    """

    distribution: str
    version: str
    source: Source
    url: str = ""
    file: Path | None = None
    sha256: str = ""
    size: int = 0
    requires_python: str = ""
    plugin: str = ""
    api: str = ""
    summary: str = ""
    author: str = ""
    license: str = ""
    homepage: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """The newest version that fits, and those that are newer and don't; `complaints` as in SearchResult."""

    best: Offer
    unfit: tuple[Offer, ...] = ()
    complaints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchResult:
    """What a search found, best first; `complaints` are sources that could not be asked, a sentence each.

    Of a plugin without a version that fits, `best` is the newest, with `why_not`. `more` are names of further ones.
    `near` where none has what was asked for, and those that are called nearly so are named in their place.
    """

    found: tuple[Choice, ...] = ()
    complaints: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    near: bool = False


@dataclass(frozen=True, slots=True)
class Installed:
    """An installed plugin as the registry has it.

    `folder` holds `plugin.toml`, `lib` is what can be imported beside it; both are absolute. `package` is the
    package's name, None for a source folder that is imported under a private name. `pinned` is the version that
    updates leave alone, or empty. `hooks` are those that it was seen to implement. `requires` are the dependencies
    that were installed with it, `NAME==VERSION` each. `python` and `machine` are those that compiled parts of it or of
    its dependencies were built for, empty where they work with each.
    """

    id: str
    version: str
    distribution: str
    source: Source
    folder: Path
    lib: Path | None = None
    package: str | None = None
    sha256: str = ""
    size: int = 0
    installed: datetime | None = None
    pinned: str = ""
    hooks: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    editable: bool = False
    python: str = ""
    machine: str = ""


@dataclass(frozen=True, slots=True)
class PlanItem:
    """One change that a plan would make; `before` is empty for a new plugin, `after` for one that goes.

    What the plugin needs comes from `wheelhouse` alone, where there is one.
    """

    id: str
    title: str
    before: str
    after: str
    offer: Offer
    requires: tuple[str, ...] = ()
    toolchains: tuple[str, ...] = ()
    wheelhouse: Path | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done, as it is shown and then applied.

    `questions` are what has to be agreed to, a paragraph each; `notes` what is worth knowing (a newer version that
    doesn't fit), of which `complaints` are those that say which sources gave no answer. `generation` is the state of
    the registry it was made for.
    """

    items: tuple[PlanItem, ...]
    questions: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    generation: int = 0
    complaints: tuple[str, ...] = ()


class Act(StrEnum):
    """What was done to a plugin."""

    INSTALL = "install"
    UPDATE = "update"
    REMOVE = "remove"
    ENABLE = "enable"
    DISABLE = "disable"
    PIN = "pin"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Change:
    """A line of the history. `undone` where the change was taken back; `can_undo` for the last one alone."""

    number: int
    at: datetime
    act: Act
    id: str
    title: str
    before: str = ""
    after: str = ""
    source: Source | None = None
    undone: bool = False
    can_undo: bool = False


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """What there is to know about where a plugin comes from and what it takes. `changed` are files that were edited."""

    id: str
    source: Source
    trust: str = ""
    size: int = 0
    sha256: str = ""
    installed: datetime | None = None
    pinned: str = ""
    requires: tuple[str, ...] = ()
    hooks: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    editable: bool = False
