"""Finding a command by a few of its letters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing the palette can do: an action, a recent file, a run. `key` names it for whoever carries it out."""

    key: str
    title: str
    kind: str = "command"
    shortcut: str = ""
    detail: str = ""
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that fits, how well, and which letters of its title were meant."""

    entry: Entry
    score: float
    letters: tuple[int, ...] = ()


def search(entries: Iterable[Entry], typed: str, recent: Sequence[str] = (), limit: int = 60) -> list[Match]:
    """Return the entries that hold the letters of `typed` in their order, best first.

    Nothing typed: all of them, those used last (`recent`, by key) first.
    """
    ranks = {key: place for place, key in enumerate(recent)}
    words = typed.casefold().split()
    found = [made for each in entries if (made := _match(each, words)) is not None]
    found.sort(key=lambda match: (-match.score, ranks.get(match.entry.key, len(ranks)), match.entry.kind != "command"))
    return found[:limit]


def _match(entry: Entry, words: Sequence[str]) -> Match | None:
    score, letters = 0.0, set[int]()
    for word in words:
        fit = fit_letters(entry.title, word)
        if fit is None:
            if word not in entry.detail.casefold():
                return None
            score += 1
            continue
        score += fit[0]
        letters.update(fit[1])
    return Match(entry, score - len(entry.title) / 1000 if words else 0.0, tuple(sorted(letters)))


def fit_letters(title: str, word: str) -> tuple[float, tuple[int, ...]] | None:
    """Return how well `word` fits `title`, and at which letters; None where it does not.

    A piece in one go beats scattered letters; the start of a word beats its middle.
    """
    folded = "".join(each.casefold()[:1] or each for each in title)
    at = _piece(folded, word)
    if at >= 0:
        bonus = 20.0 if at == 0 else 15.0 if not folded[at - 1].isalnum() else 5.0
        return 10.0 * len(word) + bonus, tuple(range(at, at + len(word)))
    return _scattered(folded, word)


def _piece(folded: str, word: str) -> int:
    """Return where `word` stands in one go, at the start of a word if it does so anywhere."""
    first = at = folded.find(word)
    while at > 0:
        if not folded[at - 1].isalnum():
            return at
        at = folded.find(word, at + 1)
    return at if at == 0 else first


def _scattered(folded: str, word: str) -> tuple[float, tuple[int, ...]] | None:
    places: list[int] = []
    score = 0.0
    at = 0
    for letter in word:
        at = _next(folded, letter, at)
        if at < 0:
            return None
        starts = at == 0 or not folded[at - 1].isalnum()
        score += 4.0 if starts else 2.0 if places and places[-1] == at - 1 else 0.5
        places.append(at)
        at += 1
    return (score, tuple(places)) if score >= 1.2 * len(word) else None


def _next(folded: str, letter: str, at: int) -> int:
    """Return the next place of `letter`, preferring the start of a word."""
    plain = folded.find(letter, at)
    place = plain
    while place > 0:
        if not folded[place - 1].isalnum():
            return place
        place = folded.find(letter, place + 1)
    return place if place == 0 else plain
