"""The ends of a text's lines, kept apart from it: what is edited has newlines, and each line gets its own end back."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher

_END = re.compile(r"\r\n|\r|\n")
_MOST = 4000  # lines between the first change and the last that are compared one by one


@dataclass(frozen=True, slots=True)
class LineEnds:
    """A text with newlines, and what its lines end in; `ends` is empty where all end in `usual`."""

    text: str
    usual: str
    ends: tuple[str, ...] = ()

    @classmethod
    def of(cls, raw: str) -> LineEnds:
        """Part a text as it is on disk."""
        if "\r" not in raw:
            return cls(raw, "\n")
        ends = tuple(_END.findall(raw))
        usual = Counter(ends).most_common(1)[0][0]
        return cls(_END.sub("\n", raw), usual, () if len(set(ends)) == 1 else ends)

    def joined(self, text: str) -> str:
        """Return an edited text with the ends that its lines had; a new line ends as the one above it."""
        if not self.ends:
            return text if self.usual == "\n" else text.replace("\n", self.usual)
        if text == self.text:
            return _join(text.split("\n"), list(self.ends))
        old, new = self.text.split("\n"), text.split("\n")
        known = {there: self.ends[here] for here, there in _same_lines(old, new) if here < len(self.ends)}
        ends: list[str] = []
        for at in range(len(new) - 1):
            ends.append(known.get(at) or (ends[-1] if ends else self.ends[0]))
        return _join(new, ends)


def _join(lines: list[str], ends: list[str]) -> str:
    return "".join(line + end for line, end in zip(lines, [*ends, ""], strict=True))


def _same_lines(old: list[str], new: list[str]) -> list[tuple[int, int]]:
    """Return which lines of two texts are the same."""
    shorter = min(len(old), len(new))
    head = next((at for at in range(shorter) if old[at] != new[at]), shorter)
    tail = next((at for at in range(shorter - head) if old[-1 - at] != new[-1 - at]), shorter - head)
    pairs = [(at, at) for at in range(head)]
    middle_old, middle_new = old[head : len(old) - tail], new[head : len(new) - tail]
    if len(middle_old) + len(middle_new) <= _MOST:
        for found in SequenceMatcher(None, middle_old, middle_new, autojunk=False).get_matching_blocks():
            pairs += [(head + found.a + each, head + found.b + each) for each in range(found.size)]
    pairs += [(len(old) - tail + at, len(new) - tail + at) for at in range(tail)]
    return pairs
