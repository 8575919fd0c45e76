"""What a file says that no line of a designed form shows: known keys, keys that nobody knows, and what may be added."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from desktop_app.api import Value
from desktop_app.documents.shapes import Shape, branch
from desktop_app.presenters.form.model import Row, Section
from desktop_app.presenters.form.paths import below
from desktop_app.presenters.form.tree import ANYTHING, adder_row, entry_row, is_unknown, key_adder


def leftover_sections(data: Value, shape: Shape, shown: set[str], designed: set[str]) -> tuple[Section, ...]:
    """Return the sections with what is left over; `shown` has a place, `designed` would have one were it there."""
    found = list(_leftovers(data, shape, "", shown))
    known = tuple(row for row in found if not row.is_unknown)
    unknown = tuple(row for row in found if row.is_unknown)
    adder = _adder(data, shape, shown | designed)
    sections = []
    if known or adder:
        sections.append(Section("More keys" if known else "", (*known, *adder), is_tree=True))
    if unknown:
        words = "Azure ML does not know these keys: it ignores them, or refuses the file."
        sections.append(Section("Other keys", unknown, words, is_tree=True))
    return tuple(sections)


def _leftovers(data: Value, shape: Shape, path: str, shown: set[str]) -> Iterator[Row]:
    if not isinstance(data, dict):
        return
    meant = branch(shape, data)
    for key, value in data.items():
        here = below(path, key)
        if here in shown:
            continue
        child = meant.properties.get(key, meant.values) or ANYTHING
        if isinstance(value, dict) and any(each.startswith(f"{here}.") for each in shown):
            yield from _leftovers(value, child, here, shown)
        elif not isinstance(value, list) or not any(each.startswith(f"{here}[") for each in shown):
            row = entry_row(key, value, child, here)
            yield dataclasses.replace(row, title=here, is_unknown=is_unknown(meant, key))


def _adder(data: Value, shape: Shape, taken: set[str]) -> tuple[Row, ...]:
    """Return the row that adds a key of the schema which has no line of its own."""
    found = data if isinstance(data, dict) else {}
    tops = frozenset(each.partition(".")[0].partition("[")[0] for each in taken)
    meant = branch(shape, data)
    adder = key_adder(found, meant, "", tops)
    return (adder_row(dataclasses.replace(adder, title="Add a key")),) if adder and meant.properties else ()
