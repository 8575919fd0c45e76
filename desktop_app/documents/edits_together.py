"""Makes many edits of one text at once: each as a splice of its own, all proved by reading the result a single time.

Edits that touch each other, and those that are refused together, are made one by one: what comes out is the same.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from desktop_app.api import UserError, Value
from desktop_app.core.paths import Part
from desktop_app.documents.data_edits import same
from desktop_app.documents.sites import NoSiteError
from desktop_app.documents.yaml_text import Parsed, parse

Path = tuple[Part, ...]
_FEWEST = 3  # edits: for fewer it is not worth while
_PART = 4  # at least this part of the edits goes together, or all go one by one


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit: the ways to make it, what the data is after it, and how it is made and proved alone."""

    path: Path
    ways: Callable[[Parsed], Iterator[str]]
    wanted: Callable[[Value], Value]
    alone: Callable[[Parsed], Parsed]


@dataclass(slots=True)
class _Splices:
    """What is put in place of which parts of a text, by where they begin; no two of them touch."""

    text: str
    begins: list[int] = field(default_factory=list)
    parts: list[tuple[int, int, str]] = field(default_factory=list)

    def take(self, new: str) -> bool:
        """Take what makes `new` of the text, unless it touches what was taken."""
        begin, end, part = _splice(self.text, new)
        at = bisect_left(self.begins, begin)
        if at and self.parts[at - 1][1] >= begin:
            return False
        if at < len(self.parts) and self.begins[at] <= end:
            return False
        self.begins.insert(at, begin)
        self.parts.insert(at, (begin, end, part))
        return True

    def joined(self) -> str:
        """Return the text with all of them."""
        result, at = [], 0
        for begin, end, part in self.parts:
            result += [self.text[at:begin], part]
            at = end
        return "".join([*result, self.text[at:]])


def make(parsed: Parsed, edits: Sequence[Edit]) -> Parsed:
    """Return the text with all edits, in their order where they touch. Raises UserError where one can't be made."""
    if len(edits) >= _FEWEST and _are_apart([each.path for each in edits]):
        return _together(parsed, edits)
    return _one_by_one(parsed, edits)


def _one_by_one(parsed: Parsed, edits: Sequence[Edit]) -> Parsed:
    for each in edits:
        parsed = each.alone(parsed)
    return parsed


def _together(parsed: Parsed, edits: Sequence[Edit]) -> Parsed:
    if len(edits) < _FEWEST:
        return _one_by_one(parsed, edits)
    splices, wanted = _Splices(parsed.text), parsed.data
    chosen: list[Edit] = []
    rest: list[Edit] = []
    for each in edits:
        way = _first(each, parsed)
        if way is not None and splices.take(way):
            chosen.append(each)
            wanted = each.wanted(wanted)
        else:
            rest.append(each)
    if len(chosen) * _PART < len(edits):
        return _one_by_one(parsed, edits)
    after = parse(splices.joined())
    is_sound = len(after.problems) <= len(parsed.problems) and after.documents == parsed.documents
    if not (is_sound and same(after.data, wanted)):
        after = _halved(parsed, chosen)
    return _together(after, rest)


def _halved(parsed: Parsed, edits: Sequence[Edit]) -> Parsed:
    middle = len(edits) // 2
    return _together(_together(parsed, edits[:middle]), edits[middle:])


def _first(edit: Edit, parsed: Parsed) -> str | None:
    """Return the most sparing way; None where there is none, or one that only looking at it alone can tell."""
    try:
        return next(edit.ways(parsed), None)
    except (NoSiteError, UserError):
        return None


def _are_apart(paths: Sequence[Path]) -> bool:
    """Whether no path leads to another or through it, and no list item is counted anew."""
    there = set(paths)
    return len(there) == len(paths) and not any(each[:end] in there for each in paths for end in range(len(each)))


def _splice(old: str, new: str) -> tuple[int, int, str]:
    """Return which part of a text another replaces, and by what."""
    shorter = min(len(old), len(new))
    head = _alike(shorter, lambda count: old.startswith(new[:count]))
    tail = _alike(shorter - head, lambda count: old.endswith(new[len(new) - count :]))
    return head, len(old) - tail, new[head : len(new) - tail]


def _alike(most: int, holds: Callable[[int], bool]) -> int:
    """Return the largest number for which something holds that holds for all smaller ones."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low
