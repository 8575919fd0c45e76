"""Places in bytes where a text may be, as fast as Python finds anything; imports next to nothing, for it starts anew.

Bytes are looked at by `find` alone. Where one byte of the text is rare in a log, that byte is looked for: `find` of
a single byte is many times faster than of several. Otherwise the text is, in the bytes made small where capitals
don't count.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

Places = Callable[[bytearray, int], "Iterable[int] | None"]
"""Yields at least one place in every line that may match, among so many bytes; None: look at all lines."""

_RARE = 512  # a byte is rare that is not among so many, on average
_KIN = {"k": "\u212a", "s": "\u017f", "i": "\u0130\u0131"}
"""Letters beyond ASCII that equal an ASCII one where capitals don't count: K is also the Kelvin sign."""


def places_of(query: str, hints: Sequence[str], *, regex: bool, case: bool) -> Places:
    """Return what finds the places of a text, or of one of the `hints` that is in every line an expression matches."""
    if hints:
        wanted = [Literal(each.encode(), fold=False) for each in hints]
        return lambda data, size: sorted(place for each in wanted for place in each(data, size) or ())
    if regex:
        return lambda _data, _size: None
    if case:
        return Literal(query.encode("utf-8", "surrogatepass"), fold=False)
    if not query.isascii():
        return _spellings(query)
    has_kin = any(each in _KIN for each in query.lower())
    return Literal(query.lower().encode(), fold=True, beyond=_spellings(query) if has_kin else None)


class Literal:
    """Finds a text; with `fold` in small letters, where capitals don't count; `beyond` ASCII by other means."""

    def __init__(self, wanted: bytes, *, fold: bool, beyond: Places | None = None) -> None:
        self.wanted, self._fold, self._beyond = wanted, fold, beyond
        self._rare: int | None = None
        self._looked = False

    def __call__(self, data: bytearray, size: int) -> Iterable[int] | None:
        """Return the places among the first `size` bytes."""
        if self._beyond is not None and not data.isascii():
            return self._beyond(data, size)
        if not self._looked:
            self._look(bytes(data[: min(size, 1 << 16)]))
        if self._rare is None:
            return _finds(data.lower() if self._fold else data, self.wanted, size)
        return self._by_rare(data, size, self._rare)

    def count(self, data: bytearray, size: int) -> int | None:
        """Return how often the text is there; None where it has to be looked for."""
        if self._beyond is not None and not data.isascii():
            return None
        return (data.lower() if self._fold else data).count(self.wanted, 0, size)

    def forget(self) -> None:
        """Another log comes, in which other bytes are rare."""
        self._looked = False

    def _look(self, sample: bytes) -> None:
        """Choose the byte of the text that is least often there, if it is rare enough."""
        self._looked = True
        counts = [sum(sample.count(each) for each in self._cases(place)) for place in range(len(self.wanted))]
        least = min(range(len(counts)), key=counts.__getitem__, default=None)
        self._rare = least if least is not None and counts[least] * _RARE <= len(sample) else None

    def _cases(self, place: int) -> set[bytes]:
        byte = self.wanted[place : place + 1]
        return {byte, byte.upper()} if self._fold else {byte}

    def _by_rare(self, data: bytearray, size: int, rare: int) -> Iterator[int]:
        cases = [_finds(data, each, size) for each in self._cases(rare)]
        found = cases[0] if len(cases) == 1 else iter(sorted(place for each in cases for place in each))
        for place in found:
            begin = place - rare
            there = data[begin : begin + len(self.wanted)] if begin >= 0 else b""
            if (there.lower() if self._fold else there) == self.wanted and begin + len(self.wanted) <= size:
                yield begin


def _finds(data: bytearray | bytes, wanted: bytes, size: int) -> Iterator[int]:
    place = data.find(wanted, 0, size)
    while place >= 0:
        yield place
        place = data.find(wanted, place + 1, size)


def _spellings(query: str) -> Places:
    """Return a search for a text in capitals and small letters, also those beyond ASCII."""
    parts = []
    for each in query:
        if len(each.lower()) != 1 or len(each.upper()) != 1:
            return lambda _data, _size: None
        spellings = {each, each.lower(), each.upper(), *_KIN.get(each.lower(), "")}
        wanted = sorted(one.encode("utf-8", "surrogatepass") for one in spellings)
        parts.append(b"(?:" + b"|".join(map(re.escape, wanted)) + b")")
    pattern = re.compile(b"".join(parts))
    return lambda data, size: (found.start() for found in pattern.finditer(data, 0, size))
