"""The Plugins page's cards: a plugin each, with its state, what it adds, why it is off and what can be done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desktop_app.presenters.plugins.ways import Way, ways
from desktop_app.presenters.plugins.words import KINDS, ORIGINS, STATES, count_text
from desktop_app.services.plugins import PluginHost, PluginInfo, PluginState
from desktop_app.services.plugins.installing.models import Installed, PlanItem
from desktop_app.services.plugins.words import version_change


@dataclass(frozen=True, slots=True)
class PluginCard:
    """A plugin as its card shows it; of `ways` the first is its button, the others are its menu."""

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
    ways: tuple[Way, ...] = ()

    @property
    def button(self) -> str:
        """The button's word."""
        return self.ways[0].word if self.ways else ""

    @property
    def to_copy(self) -> str:
        """What a person hands on who asks for help."""
        return f"{self.name} ({self.id}) {self.origin}\n{self.reason}\n\n{self.details}".rstrip() + "\n"


def look_again(host: PluginHost) -> None:
    """Read all plugins anew, also those put into the folder meanwhile. Imports them: not on the loop."""
    host.discover()
    host.load()


def cards(
    plugins: Iterable[PluginInfo],
    installed: Mapping[str, Installed] | None = None,
    updates: Mapping[str, PlanItem] | None = None,
) -> list[PluginCard]:
    """Return a card for each plugin, in the order of names."""
    here, newer = installed or {}, updates or {}
    made = (card(each, here.get(each.id), newer.get(each.id)) for each in plugins)
    return sorted(made, key=lambda each: (each.name.casefold(), each.id))


def card(info: PluginInfo, installed: Installed | None = None, update: PlanItem | None = None) -> PluginCard:
    """Return a plugin's card."""
    word, tone, word_icon = STATES[info.state]
    if update is not None and info.state is PluginState.OK:
        word, tone, word_icon = "Update", "accent", "mdi6.update"
    if info.state is PluginState.DISABLED and info.problem:  # nobody switched it off
        tone, word_icon = "canceled", "mdi6.alert-outline"
    is_off = info.state in (PluginState.FAILED, PluginState.INCOMPATIBLE)
    return PluginCard(
        id=info.id,
        name=info.name,
        origin=origin(info, installed, update),
        summary=info.summary,
        contributes=counted(info),
        word=word,
        tone=tone,
        word_icon=word_icon,
        icon=info.icon or "mdi6.puzzle-outline",
        reason=f"{info.reason.rstrip('.')}. The rest works." if is_off else _reason(info),
        details=info.details or (info.last_failure.details if _was_switched_off(info) and info.last_failure else ""),
        ways=ways(info, installed, update),
    )


def _reason(info: PluginInfo) -> str:
    """Return why a plugin is off; of one that was switched off for failing, also how it failed last."""
    last = info.last_failure.reason if _was_switched_off(info) and info.last_failure else ""
    return f"{info.reason.rstrip('.')}. It failed last like this: {last}" if last not in info.reason else info.reason


def _was_switched_off(info: PluginInfo) -> bool:
    return info.problem == "three-starts"


def origin(info: PluginInfo, installed: Installed | None, update: PlanItem | None = None) -> str:
    """Return what stands behind a name: `0.3.2 → 0.4.0 · from the package index · kept at 0.3.2`."""
    version = version_change(info.version, update.after) if update is not None else info.version
    kept = f"kept at {installed.pinned}" if installed is not None and installed.pinned else ""
    return " · ".join(each for each in (version, ORIGINS.get(info.source, info.source), kept) if each)


_LAUNCHES = "launches"
"""No thing that is added, but which jobs the plugin is for."""


def added(info: PluginInfo) -> dict[str, tuple[str, ...]]:
    """Return what the plugin adds by kind, the well known kinds first."""
    names = {kind: each for kind, each in info.contributes.items() if kind != _LAUNCHES and each}
    if info.toolchains:
        names["toolchains"] = tuple(each.title for each in info.toolchains)
    kinds = [*(each for each in KINDS if each in names), *sorted(names.keys() - KINDS.keys())]
    return {kind: names[kind] for kind in kinds}


def counted(info: PluginInfo) -> str:
    """Return what the plugin adds: `2 wizards · 6 environments`."""
    return " · ".join(count_text(len(names), kind) for kind, names in added(info).items())


def headline(plugins: Iterable[PluginInfo]) -> str:
    """Return how many there are and how many are on, in one line."""
    states = [each.state for each in plugins]
    on = sum(each is PluginState.OK for each in states)
    failed = sum(each is PluginState.FAILED for each in states)
    parts = [f"{on} of {len(states)} on", *([f"{failed} failed"] if failed else [])]
    return ", ".join(parts)


def badge(plugins: Iterable[PluginInfo], updates: Mapping[str, PlanItem]) -> int:
    """Return how many plugins ask for a look: those that failed, and those with an update that was found."""
    failed = {each.id for each in plugins if each.state is PluginState.FAILED or each.problem == "three-starts"}
    return len(failed | set(updates))
