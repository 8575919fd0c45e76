"""Writes a new scalar where another stands, in its style: the same quotes, or only the words of a block that differ.

What comes out are candidates: whoever asks reads each again, and takes the first that says what it should.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from desktop_app.api import Value
from desktop_app.documents.flow_edits import flow_text
from desktop_app.documents.sites import Entry, Site, line_end
from desktop_app.documents.yaml_nodes import is_block, is_scalar
from desktop_app.documents.yaml_writer import Layout, quoted, scalar

_PROPERTIES = re.compile(r"(?:[&!]\S*[ \t]+)*")
_WORD = re.compile(r"\S+")
_MOST_WORDS = 3000


@dataclass(frozen=True, slots=True)
class Swap:
    """One scalar for another at a place of a text, and how texts beside it are laid out."""

    text: str
    site: Site
    entry: Entry
    old: Value
    value: Value
    layout: Layout


def in_place(swap: Swap) -> Iterator[str]:
    """Yield texts with one scalar changed and no other byte; none where that can't be."""
    text, entry = swap.text, swap.entry
    if not is_scalar(entry.value) or entry.is_alias or isinstance(swap.value, dict | list) or entry.start == entry.end:
        return
    begin = _properties_end(text, entry)
    for each in _sources(text[begin : entry.end], swap):
        yield f"{text[:begin]}{each}{text[entry.end :]}"
        if begin > entry.start and not is_block(entry.value):  # a tag that stands for another type
            yield f"{text[: entry.start]}{each}{text[entry.end :]}"


def _properties_end(text: str, entry: Entry) -> int:
    """Return where the tag and the anchor before a scalar end."""
    found = _PROPERTIES.match(text, entry.start, entry.end)
    return found.end() if found else entry.start


def _sources(source: str, swap: Swap) -> Iterator[str]:
    old, new = swap.old, swap.value
    if is_block(swap.entry.value):
        if isinstance(old, str) and isinstance(new, str):
            yield from _words_changed(source, line_end(source, 0), old, new)
            yield from _block_lines(source, new)
        return
    if "\n" in source and isinstance(old, str) and isinstance(new, str):
        yield from _words_changed(source, 0, old, new)
    if "\n" not in source or swap.site.is_flow or (isinstance(new, str) and "\n" not in new):
        yield from _spellings(source, swap)


def _spellings(source: str, swap: Swap) -> Iterator[str]:
    """Yield the value as it may be written where `source` stands."""
    value, layout = swap.value, swap.layout
    if layout.json:
        yield flow_text(value, layout)
        return
    is_blank = source == "''" and layout.quote != "'"  # as an entry begins that is still to be filled in
    if isinstance(value, str) and source[:1] in ("'", '"') and not is_blank:
        yield quoted(value, source[0])
    if swap.site.is_flow:
        yield flow_text(value, layout)
        return
    if isinstance(value, str) and "\n" in value:
        return
    yield scalar(value)
    if isinstance(value, str):
        yield quoted(value, layout.quote or "'")


def _words_changed(source: str, body: int, old: str, new: str) -> Iterator[str]:
    """Yield the source with the words replaced in which two texts differ; its own line breaks stay."""
    there = list(_WORD.finditer(source, body))
    before, after = list(_WORD.finditer(old)), list(_WORD.finditer(new))
    if [each[0] for each in there] != [each[0] for each in before] or not before or not after:
        return
    if len(before) + len(after) > _MOST_WORDS:
        return
    indent = _indent_of(source, body)
    pairs = SequenceMatcher(None, [each[0] for each in before], [each[0] for each in after], autojunk=False)
    result, at = "", 0
    for old_from, old_to, new_from, new_to in _changes(pairs, len(before), len(after)):
        words = new[after[new_from].start() : after[new_to - 1].end()].replace("\n", f"\n{indent}")
        result += source[at : there[old_from].start()] + words
        at = there[old_to - 1].end()
    yield result + source[at:]


def _changes(matcher: SequenceMatcher[str], old: int, new: int) -> list[tuple[int, int, int, int]]:
    """Return the ranges of words that differ, each with a word on both sides at least."""
    found: list[tuple[int, int, int, int]] = []
    done = 0
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            continue
        if a == b or c == d:  # put in or left out: with a word beside it
            if a > done and c > 0:
                a, c = a - 1, c - 1  # noqa: PLW2901
            elif b < old and d < new:
                b, d = b + 1, d + 1  # noqa: PLW2901
            else:
                return [(0, old, 0, new)]
        done = b
        found.append((a, b, c, d))
    return found


def _indent_of(source: str, body: int) -> str:
    """Return the blanks before the first line of a block, or before the second of another scalar."""
    found = re.compile(r"\n( *)(?=\S)").search(source, body)
    return found[1] if found else ""


def _block_lines(source: str, value: str) -> Iterator[str]:
    """Yield a block scalar that holds another text, with the sign and the indent of the one that is there."""
    head, _, _ = source.partition("\n")
    indent = _indent_of(source, len(head))
    if not indent or not value.strip() or value[0] in " \n" or re.search(r"\d", head):
        return
    keep = "" if value.endswith("\n") and not value.endswith("\n\n") else "-" if not value.endswith("\n") else "+"
    sign = f"{source[0]}{keep}{re.sub(r'^[|>][-+]?', '', head)}"
    lines = value.removesuffix("\n").split("\n") if keep != "+" else value[:-1].split("\n")
    if source[0] == ">":
        lines = _spread(lines)
    yield "\n".join([sign, *(f"{indent}{each}" if each else "" for each in lines)])


def _spread(lines: Sequence[str]) -> list[str]:
    """Return lines as a folded block needs them: a blank line for each line break within the text."""
    spread: list[str] = []
    for each in lines:
        spread += [each] if not spread else ["", each]
    return spread
