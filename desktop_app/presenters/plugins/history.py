"""What was done to plugins, a line each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from desktop_app.services.plugins.installing.models import Act, Change
from desktop_app.services.plugins.words import source_text, version_change

_ACTS = {
    Act.INSTALL: ("Installed", "mdi6.package-down"),
    Act.UPDATE: ("Updated", "mdi6.update"),
    Act.REMOVE: ("Removed", "mdi6.delete-outline"),
    Act.ENABLE: ("Enabled", "mdi6.power"),
    Act.DISABLE: ("Disabled", "mdi6.circle-off-outline"),
    Act.PIN: ("Kept", "mdi6.pin-outline"),
    Act.UNDO: ("Took back a change of", "mdi6.undo"),
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One change in words; `undone` where it was taken back."""

    text: str
    source: str
    icon: str
    at: datetime
    undone: bool
    can_undo: bool


def lines(changes: Iterable[Change], plugin_id: str = "") -> list[HistoryLine]:
    """Return what was done, of one plugin if it is named, in the order it is given."""
    return [_line(each) for each in changes if not plugin_id or each.id == plugin_id]


def said_of(change: Change) -> str:
    """Return a change in a few words: `Updated Slurm backend 0.3.2 → 0.4.0`."""
    name = change.title or change.id
    if change.act is Act.PIN:
        return f"Kept {name} at {change.after}" if change.after else f"Let {name} be updated again"
    word, _icon = _ACTS[change.act]
    if change.act is Act.UPDATE and change.before == change.after:
        word = "Reinstalled"
    versions = version_change(change.before, change.after) if change.act in (Act.INSTALL, Act.UPDATE) else ""
    return " ".join(each for each in (word, name, versions) if each)


def done_text(changes: Iterable[Change]) -> str:
    """Return what is said once changes were made."""
    return ". ".join(map(said_of, changes)) + "."


def _line(change: Change) -> HistoryLine:
    source = f"from {source_text(change.source)}" if change.source is not None and change.source.where else ""
    return HistoryLine(
        said_of(change), source, _ACTS[change.act][1], change.at, change.undone, change.can_undo and not change.undone
    )
