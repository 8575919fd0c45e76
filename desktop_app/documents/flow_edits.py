"""Edits within brackets, `{a: 1}` and `[x, y]`, in one line or over several, and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from desktop_app.api import Value
from desktop_app.core.paths import Part
from desktop_app.documents.sites import Entry, NoSiteError, Site, begins_line, column, line_end, line_start, next_line
from desktop_app.documents.yaml_writer import Layout, flow, quoted

_COMMA = re.compile(r"(?:\s|#[^\n]*)*,")


def flow_text(value: Value, layout: Layout) -> str:
    """Return a value as it is written within brackets."""
    return json.dumps(value, ensure_ascii=False) if layout.json else flow(value, layout.quote)


def spellings_of_key(name: str, old: str) -> Iterator[str]:
    """Yield a key's name as it may be written where another stands."""
    if old[:1] in ("'", '"'):
        yield quoted(name, old[0])
    yield flow(name)


def replaced(text: str, entry: Entry, value: Value, layout: Layout) -> str:
    """Return the text with another value."""
    blank = " " if entry.start == entry.end and entry.key is not None else ""
    colon = blank and not text[: entry.start].endswith(":")
    return f"{text[: entry.start]}{':' if colon else ''}{blank}{flow_text(value, layout)}{text[entry.end :]}"


def added(text: str, site: Site, part: Part, value: Value, layout: Layout) -> str:
    """Return the text with one more key or item, behind the last one; on a line of its own if that has one."""
    new = _entry_text(site, part, value, layout)
    if not site.entries:
        begin = site.node.start_mark.index
        inner = text[begin : site.node.end_mark.index]
        at = begin + len(inner.rstrip("]}").rstrip(" "))
        return f"{text[:at]}{new}{text[at:]}"
    last = site.entries[-1]
    comma = _comma(text, last.end)
    if begins_line(text, last.head) and line_end(text, last.end) < site.node.end_mark.index:
        below = next_line(text, comma or last.end)
        before = text[:below] if comma else f"{text[: last.end]},{text[last.end : below]}"
        return f"{before}{' ' * column(text, last.head)}{new}{',' if comma else ''}\n{text[below:]}"
    if comma:
        return f"{text[:comma]} {new},{text[comma:]}"
    tight = len(site.entries) > 1 and text[site.entries[-2].end : last.head] == ","
    return f"{text[: last.end]}{',' if tight else ', '}{new}{text[last.end :]}"


def _entry_text(site: Site, part: Part, value: Value, layout: Layout) -> str:
    if not site.is_mapping:
        return flow_text(value, layout)
    if layout.json:
        return f"{json.dumps(str(part), ensure_ascii=False)}: {flow_text(value, layout)}"
    marks = {each.key.style or "" for each in site.entries if each.key is not None}
    quote = marks.pop() if len(marks) == 1 else ""
    return f"{flow(str(part), quote)}: {flow_text(value, layout)}"


def _comma(text: str, at: int) -> int:
    """Return where the comma behind a value ends; 0 where none follows."""
    found = _COMMA.match(text, at)
    return found.end() if found else 0


def inserted(text: str, site: Site, at: int, value: Value, layout: Layout) -> str:
    """Return the text with an item before another."""
    entry = site.entries[at]
    new = _entry_text(site, at, value, layout)
    if begins_line(text, entry.head):
        begin = line_start(text, entry.head)
        return f"{text[:begin]}{text[begin : entry.head]}{new},\n{text[begin:]}"
    return f"{text[: entry.head]}{new}, {text[entry.head :]}"


def removed(text: str, site: Site, at: int) -> str:
    """Return the text without an entry, and without the comma that parted it from the others."""
    entry = site.entries[at]
    comma = _comma(text, entry.end)
    if at + 1 < len(site.entries):
        if not comma:
            raise NoSiteError
        if begins_line(text, entry.head) and begins_line(text, site.entries[at + 1].head):
            return text[: line_start(text, entry.head)] + text[next_line(text, comma) :]
        following = site.entries[at + 1]
        if begins_line(text, following.head):  # the last one of its line
            return text[: entry.head].rstrip(" ") + text[comma:]
        return text[: entry.head] + text[following.head :]
    end = comma or entry.end
    if at == 0:
        return text[: entry.head] + text[end:].lstrip(" ")
    before = site.entries[at - 1]
    kept = _comma(text, before.end)
    if begins_line(text, entry.head) and line_end(text, end) < site.node.end_mark.index:
        upto = line_start(text, entry.head)
        above = text[:upto] if comma else f"{text[: before.end]}{text[kept:upto]}"
        return above + text[next_line(text, end) :]
    return f"{text[: before.end]}{text[entry.end :]}"


def moved(text: str, site: Site, at: int, to: int) -> str:
    """Return the text with an item in another place of its list; commas, blanks and comments between stay."""
    order = list(range(len(site.entries)))
    order.insert(to, order.pop(at))
    result, upto = "", 0
    for slot, which in zip(site.entries, order, strict=True):
        item = site.entries[which]
        result += text[upto : slot.head] + text[item.head : item.end]
        upto = slot.end
    return result + text[upto:]
