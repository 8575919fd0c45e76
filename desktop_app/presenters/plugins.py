"""What the Plugins page says about each plugin, and what it does with them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from desktop_app.services.plugins import PluginHost, PluginInfo, PluginState

_WORDS = {
    PluginState.OK: ("On", "completed", "mdi6.check-circle-outline"),
    PluginState.DISABLED: ("Off", "muted", "mdi6.circle-off-outline"),
    PluginState.INCOMPATIBLE: ("Incompatible", "canceled", "mdi6.alert-outline"),
    PluginState.FAILED: ("Failed", "failed", "mdi6.close-circle-outline"),
}
_SOURCES = {"bundled": "bundled", "index": "from the package index", "wheel": "installed", "folder": "from a folder"}
_COUNTED = {
    "wizards": ("wizard", "wizards"),
    "environments": ("environment", "environments"),
    "exporters": ("exporter", "exporters"),
    "backends": ("backend", "backends"),
    "toolchains": ("toolchain", "toolchains"),
}


@dataclass(frozen=True, slots=True)
class PluginCard:
    """A plugin as its card shows it; `action` is what the button does: enable, disable, or nothing."""

    id: str
    name: str
    origin: str
    summary: str
    contributes: str
    word: str
    tone: str
    word_icon: str
    icon: str
    reason: str = ""
    details: str = ""
    action: str = ""

    @property
    def button(self) -> str:
        """The button's word."""
        if self.action == "enable":
            return "Try again" if self.word == "Failed" else "Enable"
        return "Disable" if self.action == "disable" else ""

    @property
    def underway(self) -> str:
        """What is said while the button's action goes on."""
        return f"{'Enabling' if self.action == 'enable' else 'Disabling'} {self.name}"


def switch(host: PluginHost, card: PluginCard) -> None:
    """Do what the card's button says. Saves settings and may import: not on the loop. Raises UserError."""
    if card.action == "enable":
        host.enable(card.id)
        host.load()
    else:
        host.disable(card.id)


def look_again(host: PluginHost) -> None:
    """Read all plugins anew, also those put into the folder meanwhile. Imports them: not on the loop."""
    host.discover()
    host.load()


def cards(plugins: Iterable[PluginInfo]) -> list[PluginCard]:
    """Return a card for each plugin, in the order of names."""
    return sorted((card(each) for each in plugins), key=lambda made: (made.name.casefold(), made.id))


def card(info: PluginInfo) -> PluginCard:
    """Return a plugin's card."""
    word, tone, word_icon = _WORDS[info.state]
    is_off = info.state in (PluginState.FAILED, PluginState.INCOMPATIBLE)
    return PluginCard(
        id=info.id,
        name=info.name,
        origin=" · ".join(each for each in (info.version, _SOURCES.get(info.source, info.source)) if each),
        summary=info.summary,
        contributes=counted(info),
        word=word,
        tone=tone,
        word_icon=word_icon,
        icon=info.icon or "mdi6.puzzle-outline",
        reason=f"{info.reason.rstrip('.')}. The rest works." if is_off else info.reason,
        details=info.details,
        action=_action(info),
    )


_LAUNCHES = "launches"
"""No thing that is added, but which jobs the plugin is for."""


def counted(info: PluginInfo) -> str:
    """Return what the plugin adds: `2 wizards · 6 environments`."""
    counts = {kind: len(names) for kind, names in info.contributes.items() if kind != _LAUNCHES}
    if info.toolchains:
        counts["toolchains"] = len(info.toolchains)
    kinds = [*(each for each in _COUNTED if each in counts), *sorted(counts.keys() - _COUNTED.keys())]
    return " · ".join(_count(counts[kind], *_COUNTED.get(kind, (kind, kind))) for kind in kinds if counts[kind])


def headline(plugins: Iterable[PluginInfo]) -> str:
    """Return how many there are and how many are on, in one line."""
    states = [each.state for each in plugins]
    on = sum(each is PluginState.OK for each in states)
    failed = sum(each is PluginState.FAILED for each in states)
    parts = [f"{on} of {len(states)} on", *([f"{failed} failed"] if failed else [])]
    return ", ".join(parts)


def _action(info: PluginInfo) -> str:
    if info.state is PluginState.OK:
        return "disable"
    if info.state is PluginState.DISABLED or (info.state is PluginState.FAILED and info.version):
        return "enable"
    return ""


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
