"""What can be done with a plugin as it is now: the one main thing, and the others."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from desktop_app.services.plugins import PluginInfo, PluginState
from desktop_app.services.plugins.installing.models import Installed, PlanItem, SourceKind


class Do(StrEnum):
    """Something to do with a plugin."""

    OPEN = "open"
    ENABLE = "enable"
    DISABLE = "disable"
    UPDATE = "update"
    LOOK = "look"
    REINSTALL = "reinstall"
    PIN = "pin"
    UNPIN = "unpin"
    FOLDER = "folder"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Way:
    """Something to do as a button or an entry of a menu says it; `text` has a mnemonic, which buttons drop."""

    do: Do
    text: str
    icon: str

    @property
    def word(self) -> str:
        """The text without its mnemonic."""
        return self.text.replace("&", "")


_OPEN = Way(Do.OPEN, "Show &details", "mdi6.information-outline")
_ENABLE = Way(Do.ENABLE, "&Enable", "mdi6.power")
_AGAIN = Way(Do.ENABLE, "&Try again", "mdi6.restart")
_ANYWAY = Way(Do.ENABLE, "&Enable anyway", "mdi6.power")
_DISABLE = Way(Do.DISABLE, "D&isable", "mdi6.circle-off-outline")
_UPDATE = Way(Do.UPDATE, "&Update", "mdi6.update")
_LOOK = Way(Do.LOOK, "&Look for a newer one", "mdi6.cloud-search-outline")
_FITS = Way(Do.LOOK, "&Look for one that fits", "mdi6.cloud-search-outline")
_REINSTALL = Way(Do.REINSTALL, "Rein&stall", "mdi6.package-down")
_PIN = Way(Do.PIN, "&Keep this version", "mdi6.pin-outline")
_UNPIN = Way(Do.UNPIN, "Let it be u&pdated", "mdi6.pin-off-outline")
_FOLDER = Way(Do.FOLDER, "Open its &folder", "mdi6.folder-outline")
_REMOVE = Way(Do.REMOVE, "&Remove", "mdi6.delete-outline")


def ways(info: PluginInfo, installed: Installed | None = None, update: PlanItem | None = None) -> tuple[Way, ...]:
    """Return what can be done, the main thing first; opening the plugin's page is always among it, removing last."""
    indexed = installed is not None and installed.source.kind is SourceKind.INDEX
    wanted = [
        *([_UPDATE] if update is not None else []),
        *_ways_out(info, installed),
        *_switching(info),
        _OPEN,
        *([_LOOK] if indexed and update is None else []),
        *([_REINSTALL] if installed is not None and not installed.editable else []),
        *([_UNPIN if installed.pinned else _PIN] if installed is not None and not installed.editable else []),
        *([_FOLDER] if info.folder is not None and info.source != "bundled" else []),
        *([_REMOVE] if installed is not None else []),
    ]
    first: dict[Do, Way] = {}
    for each in wanted:
        first.setdefault(each.do, each)
    return tuple(first.values())


def _ways_out(info: PluginInfo, installed: Installed | None) -> list[Way]:
    """Return what helps a plugin that does not work, the best first."""
    if info.state not in (PluginState.FAILED, PluginState.INCOMPATIBLE) and info.problem not in _TOLD:
        return []
    here, indexed = installed is not None, installed is not None and installed.source.kind is SourceKind.INDEX
    if info.problem == "changed":
        return [*([_REINSTALL] if here else []), _ANYWAY]
    if info.problem == "blocked" or info.state is PluginState.INCOMPATIBLE:
        look = _LOOK if info.problem == "blocked" else _FITS
        return [look] if indexed else [_REMOVE] if here else []
    if info.problem in ("manifest", "taken", "python"):
        return [_REINSTALL] if here else []
    return [_AGAIN] if info.version else [_REINSTALL] if here else []


def _switching(info: PluginInfo) -> list[Way]:
    if info.state is PluginState.OK:
        return [_DISABLE]
    if info.problem in ("blocked", "manifest", "taken", "python") or info.state is PluginState.INCOMPATIBLE:
        return []
    if info.state is PluginState.FAILED:
        return [_AGAIN, _DISABLE] if info.version else []
    return [_ENABLE]


_TOLD = ("changed", "blocked", "three-starts")
"""Problems for which a plugin may merely be switched off."""
