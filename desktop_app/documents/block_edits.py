"""Edits in block style: whole lines come and go, and what stands beside them stays."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from desktop_app.api import Value
from desktop_app.core.paths import Part
from desktop_app.documents.sites import (
    Entry,
    NoSiteError,
    Site,
    begins_line,
    column,
    comments_above,
    line_end,
    line_start,
    next_line,
)
from desktop_app.documents.yaml_writer import Layout, entry_lines, item_lines, mapping_lines

_BEFORE_KEY = re.compile(r"[ -]*")
_COLON = re.compile(r"(?:\s|#[^\n]*\n)*:")  # on a line of its own after `? key`
_COMMENT = re.compile(r"[ \t]*#[^\n]*")


def replaced(text: str, entry: Entry, value: Value, layout: Layout) -> Iterator[str]:
    """Yield texts with another value; a comment on the line of its key or dash stays."""
    result = _replaced(text, entry, value, layout)
    yield result
    if not result.endswith("\n"):
        yield f"{result}\n"  # a block of lines at the end of the text needs the end of its last one


def _replaced(text: str, entry: Entry, value: Value, layout: Layout) -> str:
    begin = _behind_head(text, entry)
    col = column(text, entry.head)
    on_head_line = entry.start <= line_end(text, begin)
    first, *more = _value_lines(entry, value, col, layout)
    if on_head_line and not more and "\n" not in text[entry.start : entry.end]:
        blanks = text[begin : entry.start] or first[: len(first) - len(first.lstrip(" "))]
        return f"{text[:begin]}{blanks}{first.lstrip(' ')}{text[entry.end :]}"
    comment = _COMMENT.match(text, entry.end if on_head_line and "\n" not in text[entry.start : entry.end] else begin)
    if comment is None and on_head_line:  # behind the | or > of a block
        comment = re.compile(r"[ \t]+#[^\n]*").search(text, entry.start, line_end(text, entry.start))
        comment = comment if text[entry.start : entry.start + 1] in {"|", ">"} else None
    lines = "\n".join([first + (comment[0] if comment else ""), *more])
    return f"{text[:begin]}{lines}{text[line_end(text, entry.end) :]}"


def _value_lines(entry: Entry, value: Value, col: int, layout: Layout) -> list[str]:
    """Return the lines of a value, the first as it stands behind the colon or dash."""
    if entry.key is not None:
        return list(entry_lines("", value, col, layout))
    first, *more = item_lines([value], col, layout)
    return [first[col + 1 :], *more]


def _behind_head(text: str, entry: Entry) -> int:
    """Return where the colon or dash ends that a value follows."""
    if not _BEFORE_KEY.fullmatch(text, line_start(text, entry.head), entry.head):
        raise NoSiteError
    if entry.key is None:
        return entry.head + 1
    found = _COLON.match(text, entry.key.end_mark.index)
    if found is None:
        raise NoSiteError
    return found.end()


def added(text: str, site: Site, part: Part, value: Value, layout: Layout) -> Iterator[str]:
    """Yield texts with one more key or item, behind the last one; a text without an end of its last line keeps none."""
    col = column(text, site.entries[0].head)
    lines = _lines(site, part, value, col, layout)
    at = _behind(text, site.entries[-1].end, col)
    if at and not text[:at].endswith("\n"):
        yield f"{text[:at]}\n{lines[:-1]}{text[at:]}"
        yield f"{text[:at]}\n{lines}{text[at:]}"
    else:
        yield f"{text[:at]}{lines}{text[at:]}"


def _behind(text: str, end: int, col: int) -> int:
    """Return the beginning of the line below an entry and below the comments that are as far in as it."""
    at = next_line(text, end)
    while (found := _COMMENT.match(text, at)) and len(found[0]) - len(found[0].lstrip(" ")) >= max(col, 1):
        at = next_line(text, at)
    return at


def inserted(text: str, site: Site, at: int, value: Value, layout: Layout) -> str:
    """Return the text with an item before another; a comment above that one stays with it."""
    head = site.entries[at].head
    col = column(text, head)
    lines = _lines(site, at, value, col, layout)
    if not begins_line(text, head):
        return f"{text[:head]}{lines[col:]}{' ' * col}{text[head:]}"
    begin = comments_above(text, head, _floor(text, site, at))
    return f"{text[:begin]}{lines}{text[begin:]}"


def _floor(text: str, site: Site, at: int) -> int:
    """Return where at the earliest the comments above an entry begin: none above the first of a file."""
    if at:
        return next_line(text, site.entries[at - 1].end)
    return line_start(text, site.entries[0].head) if site.is_root else 0


def _lines(site: Site, part: Part, value: Value, col: int, layout: Layout) -> str:
    lines = mapping_lines({str(part): value}, col, layout) if site.is_mapping else item_lines([value], col, layout)
    return "".join(f"{each}\n" for each in lines)


def removed(text: str, site: Site, at: int) -> str:
    """Return the text without an entry that is not the only one; comments above it and below it stay."""
    entry = site.entries[at]
    if begins_line(text, entry.head):
        return text[: line_start(text, entry.head)] + text[next_line(text, entry.end) :]
    if at + 1 == len(site.entries):
        raise NoSiteError
    following = site.entries[at + 1]
    if "#" in text[next_line(text, entry.end) : following.head]:
        return f"{text[: entry.head].rstrip(' ')}\n{text[next_line(text, entry.end) :]}"
    return text[: entry.head] + text[following.head :]


def moved(text: str, site: Site, at: int, to: int) -> str:
    """Return the text with an item, and the comments above it, in another place of its list."""
    chunks = list(_chunks(text, site))
    order = list(range(len(chunks)))
    order.insert(to, order.pop(at))
    return _arranged(text, chunks, order)


def _chunks(text: str, site: Site) -> Iterator[tuple[int, int]]:
    """Yield the lines of each item, with the comments directly above it."""
    for at, entry in enumerate(site.entries):
        if not begins_line(text, entry.head):
            raise NoSiteError
        yield comments_above(text, entry.head, _floor(text, site, at)), next_line(text, entry.end)


def _arranged(text: str, chunks: Sequence[tuple[int, int]], order: Sequence[int]) -> str:
    """Return the text with its chunks in another order, each in the room of another one."""
    result, at = "", 0
    for slot, which in zip(chunks, order, strict=True):
        begin, end = chunks[which]
        chunk = text[begin:end]
        result += text[at : slot[0]] + (chunk if chunk.endswith("\n") else f"{chunk}\n")
        at = slot[1]
    is_whole = text[: chunks[-1][1]].endswith("\n")
    return (result if is_whole else result.removesuffix("\n")) + text[at:]
