"""The sources that a person agreed to take plugins from, a line each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from desktop_app.services.plugins.installing.keeping.trust import Agreed

_KINDS = {
    "index": "Package index", "file": "File", "wheelhouse": "Folder of wheels", "folder": "Plugin's own folder",
    "address": "Address of a library",
}  # fmt: skip

INTRO = (
    "You are not asked again about what comes from here. Forget one to be asked when something comes from it next; "
    "what is installed from it stays."
)
NONE = "You agreed to no source yet: you are asked when something is first installed from it."


@dataclass(frozen=True, slots=True)
class SourceLine:
    """One source; `key` names it to the manager."""

    key: str
    where: str
    about: str


def lines(agreed: Iterable[Agreed], when: Callable[[datetime], str] = str) -> list[SourceLine]:
    """Return the sources in words; `when` says a local time."""
    return [SourceLine(each.key, each.where, _about(each, when)) for each in agreed]


def _about(source: Agreed, when: Callable[[datetime], str]) -> str:
    at = f"agreed to {when(source.at.astimezone())}" if source.at else ""
    return " · ".join(each for each in (_KINDS.get(source.kind, source.kind), at) if each)
