"""How a file is laid out, told from what stands in it: indents, dashes, quotes, or that it is JSON."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Iterator

from desktop_app.documents.sites import Site, begins_line, column
from desktop_app.documents.yaml_nodes import Node, is_mapping, is_scalar
from desktop_app.documents.yaml_text import Parsed
from desktop_app.documents.yaml_writer import STANDARD, Layout


def layout_of(parsed: Parsed) -> Layout:
    """Return how most of the file is laid out."""
    if is_json(parsed):
        return Layout(quote='"', json=True)
    steps, dashes = _columns(parsed)
    step = _most(steps, STANDARD.step)
    return Layout(step, _most(dashes, step if steps and not dashes else STANDARD.dash))


def layout_at(parsed: Parsed, site: Site | None) -> Layout:
    """Return how something new is laid out beside what a mapping or list holds."""
    layout = layout_of(parsed)
    if site is None or layout.json:
        return layout
    return dataclasses.replace(layout, quote=_quote(parsed.text, site), gap=_gap(parsed.text, site))


def is_json(parsed: Parsed) -> bool:
    """Whether the text is JSON, and so has to stay it."""
    if not parsed.text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(parsed.text)
    except (ValueError, RecursionError):
        return False
    return True


def _columns(parsed: Parsed) -> tuple[Counter[int], Counter[int]]:
    """Return how often keys, and how often dashes, stand how far in from the key above them."""
    steps: Counter[int] = Counter()
    dashes: Counter[int] = Counter()
    for key, value in _pairs(parsed.root, set()) if parsed.root else ():
        begin = value.start_mark.index
        if begin > key.end_mark.index and begins_line(parsed.text, begin):
            found = steps if is_mapping(value) else dashes
            found[column(parsed.text, begin) - column(parsed.text, key.start_mark.index)] += 1
    return steps, dashes


def _pairs(node: Node, seen: set[int]) -> Iterator[tuple[Node, Node]]:
    """Yield the keys of blocks with the blocks below them."""
    if id(node) in seen or is_scalar(node) or node.flow_style:
        return
    seen.add(id(node))
    for each in node.value:
        if isinstance(each, tuple):
            key, value = each
            if not is_scalar(value) and not value.flow_style:
                yield key, value
            yield from _pairs(value, seen)
        else:
            yield from _pairs(each, seen)


def _most(found: Counter[int], usual: int) -> int:
    return max(found.most_common(1)[0][0], 0) if found else usual


def _quote(text: str, site: Site) -> str:
    """Return the quotes that all texts beside have; empty where one has none, or other ones."""
    marks = {text[each.start] for each in site.entries if is_scalar(each.value) and _is_text(each.value)}
    return marks.pop() if len(marks) == 1 and marks <= {'"', "'"} else ""


def _is_text(node: Node) -> bool:
    return bool(node.style) or not _is_number(str(node.value))


def _is_number(text: str) -> bool:
    return not text or text[0] in "-+.0123456789" or text in {"true", "false", "null", "~"}


def _gap(text: str, site: Site) -> int:
    """Return the blanks behind a dash."""
    if site.is_mapping or site.is_flow:
        return STANDARD.gap
    gaps = Counter(each.start - each.head - 1 for each in site.entries if "\n" not in text[each.head : each.start])
    return max(_most(gaps, STANDARD.gap), 1)
