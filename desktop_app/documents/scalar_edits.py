"""Writes a new scalar where another stands, in its style: the same quotes, or only the words of a block that differ.

What comes out are candidates: whoever asks reads each again, and takes the first that says what it should.
"""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.api import Value
from desktop_app.core.paths import Part, join_path, value_at
from desktop_app.documents.yaml_text import Parsed
from desktop_app.documents.yaml_writer import scalar


def in_place(parsed: Parsed, path: tuple[Part, ...], value: Value) -> Iterator[str]:
    """Yield texts with one scalar changed and no other byte; none where that can't be."""
    old, extent = value_at(parsed.data, path), parsed.extent(join_path(path))
    if extent is None or isinstance(old, dict | list) or isinstance(value, dict | list):
        return
    source = parsed.text[extent.start : extent.end]
    before, after = parsed.text[: extent.start], parsed.text[extent.end :]
    if source.startswith((">", "|")):
        if isinstance(old, str) and isinstance(value, str):
            yield from (f"{before}{each}{after}" for each in _within(source, old, value))
    elif source and "\n" not in source:
        yield from (f"{before}{each}{after}" for each in _spellings(source, value))


def _spellings(source: str, value: Value) -> Iterator[str]:
    """Yield the value as it may be written where `source` stands."""
    if isinstance(value, str):
        if source.startswith("'"):
            yield _single(value)
        if source.startswith('"'):
            yield '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        if "\n" in value:
            return
    yield scalar(value)
    if isinstance(value, str):
        yield _single(value)


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _within(source: str, old: str, new: str) -> Iterator[str]:
    """Yield a block scalar with the words replaced in which the old text differs from the new one."""
    start, end = _difference(old, new)
    wanted = new[start : len(new) - (len(old) - end)]
    word = old[start:end]
    if word and "\n" not in wanted and source.count(word) == old.count(word):
        at = -1
        for _ in range(old.count(word, 0, start) + 1):
            at = source.index(word, at + 1)
        yield f"{source[:at]}{wanted}{source[at + len(word) :]}"


def _difference(old: str, new: str) -> tuple[int, int]:
    """Return the whole words of `old` that have to be replaced."""
    start = _alike(old, new)
    end = len(old) - _alike(old[start:][::-1], new[start:][::-1])
    while start > 0 and not old[start - 1].isspace():
        start -= 1
    while end < len(old) and not old[end].isspace():
        end += 1
    return start, end


def _alike(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))
