"""Looks into data whose shape is not sure: what is missing or of another type is nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from desktop_app.api import Value
from desktop_app.core.paths import Part

Path = tuple[Part, ...]
_SHORT = 4
_BOUND = re.compile(r"\$\{|\{\{|\$\(|\$\[\[|<[^<>]+>")


def mapping(value: Value) -> Mapping[str, Value]:
    """Return a mapping as it is, and an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def text(value: Value) -> str:
    """Return a text without the spaces around it; empty for anything else."""
    return value.strip() if isinstance(value, str) else ""


def whole(value: Value) -> int | None:
    """Return a whole number, also one in quotes."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    plain = text(value).removeprefix("-")
    return int(text(value)) if plain.isascii() and plain.isdigit() and len(plain) < 16 else None


def is_bound(value: Value) -> bool:
    """Whether a text is filled in later: it holds a placeholder of some tool."""
    return isinstance(value, str) and bool(_BOUND.search(value))


def slip_of(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that differs by a slip of the finger: case, or a letter too many, few, wrong or swapped."""
    small = word.lower().replace("-", "_")
    for each in known:
        longer, shorter = (small, each) if len(small) > len(each) else (each, small)
        dropped = {longer[:at] + longer[at + 1 :] for at in range(len(longer))}
        swapped = len(small) == len(each) and sorted(small) == sorted(each)
        is_other = len(small) == len(each) > _SHORT and sum(a != b for a, b in zip(small, each, strict=True)) == 1
        if each[:1] == small[:1] and (small == each or swapped or is_other or shorter in dropped):
            return each
    return None


def texts(value: Value, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield every text in a value, with its path; keys are no texts."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from texts(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from texts(each, (*path, index))
