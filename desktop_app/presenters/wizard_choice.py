"""Which wizards there are to choose from: by framework, the usual one first, found by any word of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desktop_app.presenters.wizard import WizardCard

_FIRST = ("rankzero-pytorch", "rankzero-tensorflow", "rankzero-horovod", "rankzero-ray")
_LAST = ("rankzero-sdk-v1",)
"""What comes before and after all others; what a person installs stands between them, by name."""


@dataclass(frozen=True, slots=True)
class CardGroup:
    """The wizards of one plugin, most used first."""

    title: str
    about: str
    cards: tuple[WizardCard, ...]


def grouped(cards: Sequence[WizardCard]) -> tuple[CardGroup, ...]:
    """Return the cards by plugin; the order of a plugin's own wizards stays."""
    plugins: dict[str, list[WizardCard]] = {}
    for each in cards:
        plugins.setdefault(_plugin(each), []).append(each)
    ordered = sorted(plugins.items(), key=lambda item: (*_place(item[0]), item[1][0].plugin.casefold()))
    return tuple(CardGroup(found[0].plugin, found[0].about, tuple(found)) for _plugin_id, found in ordered)


def shortcuts(cards: Sequence[WizardCard]) -> tuple[WizardCard, ...]:
    """Return the cards that stand last and that many look for all the same: who comes from SDK v1 knows no other."""
    return tuple(each for each in cards if _plugin(each) in _LAST)


def fits(card: WizardCard, typed: str) -> bool:
    """Whether every word that was typed is somewhere in what the card says."""
    said = " ".join((card.title, card.summary, card.plugin, card.key, *card.tags)).casefold()
    return all(word in said for word in typed.casefold().split())


def _plugin(card: WizardCard) -> str:
    return card.key.partition("/")[0]


def _place(plugin: str) -> tuple[int, int]:
    if plugin in _FIRST:
        return 0, _FIRST.index(plugin)
    return (2, _LAST.index(plugin)) if plugin in _LAST else (1, 0)
