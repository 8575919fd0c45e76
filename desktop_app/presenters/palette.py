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
    words: str = ""
    """Other words for it, that find it but are not shown."""


@dataclass(frozen=True, slots=True)
class Match:
    """An entry that fits, how well, and which letters of its title were meant."""

    entry: Entry
    score: float
    letters: tuple[int, ...] = ()


def search(entries: Iterable[Entry], typed: str, recent: Sequence[str] = (), limit: int = 60) -> list[Match]:
    """Return the entries that fit each word of `typed`, best first.

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
        other = max(_keyword(entry, word), _detail(entry, word))
        if fit is not None and fit[0] >= other:
            score += fit[0]
            letters.update(fit[1])
        elif other:
            score += other
        else:
            return None
    return Match(entry, score - len(entry.title) / 1000 if words else 0.0, tuple(sorted(letters)))


def _keyword(entry: Entry, word: str) -> float:
    """Return how well another word for the entry fits: whole or its beginning; below the start of a title's word."""
    others = entry.words.split()
    if word in others:
        return 10.0 * len(word) + 10.0
    return 6.0 * len(word) + 2.0 if len(word) >= _LEAST and any(each.startswith(word) for each in others) else 0.0


def _detail(entry: Entry, word: str) -> float:
    """Return 1 where a word is in what stands beside the title, or in the path that both make (`src/train.py`)."""
    detail = entry.detail.casefold()
    return 1.0 if word in detail or ("/" in word and word in f"{detail}/{entry.title.casefold()}") else 0.0


_LEAST = 3
"""Letters from which on the middle of a word, and the beginning of another word for an action, are looked at."""


def fit_letters(title: str, word: str) -> tuple[float, tuple[int, ...]] | None:
    """Return how well `word` fits `title`, and at which letters; None where it does not.

    The start of a word in one go is best; then beginnings of several words (`vtf`, `opfo`); then the middle of a word.
    """
    folded = "".join(each.casefold()[:1] or each for each in title)
    at = _piece(folded, word)
    if at >= 0 and (_starts(folded, at) or len(word) >= _LEAST):
        bonus = 20.0 if at == 0 else 15.0 if _starts(folded, at) else 0.0
        each = 10.0 if _starts(folded, at) else 5.0
        return each * len(word) + bonus, tuple(range(at, at + len(word)))
    places = _beginnings(folded, word)
    return None if places is None else (sum(4.0 if _starts(folded, place) else 3.0 for place in places), places)


def _starts(folded: str, at: int) -> bool:
    return at == 0 or not folded[at - 1].isalnum()


def _piece(folded: str, word: str) -> int:
    """Return where `word` stands in one go, at the start of a word if it does so anywhere."""
    first = at = folded.find(word)
    while at > 0:
        if not folded[at - 1].isalnum():
            return at
        at = folded.find(word, at + 1)
    return at if at == 0 else first


def _beginnings(folded: str, word: str) -> tuple[int, ...] | None:
    """Return where the letters stand if each begins a word of the title, or goes on with one begun; else None."""
    ways: dict[int, tuple[int, ...]] = {-2: ()}  # by the place of the last letter, the first way to get there
    starts = [at for at in range(len(folded)) if _starts(folded, at)]
    for letter in word:
        reached: dict[int, tuple[int, ...]] = {}
        for last, places in ways.items():
            ahead = [last + 1] if 0 <= last + 1 < len(folded) else []
            for at in (*ahead, *(each for each in starts if each > last)):
                if folded[at] == letter:
                    reached.setdefault(at, (*places, at))
        ways = reached
    return next(iter(ways.values()), None)
