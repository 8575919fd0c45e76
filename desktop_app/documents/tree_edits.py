"""Ways to make one edit in a YAML text, the most sparing first. Whoever asks reads each, and takes what is right."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from desktop_app.api import UserError, Value
from desktop_app.core.paths import Part, join_path, value_at
from desktop_app.documents import block_edits, flow_edits
from desktop_app.documents.layouts import layout_at, layout_of
from desktop_app.documents.scalar_edits import Swap, in_place
from desktop_app.documents.sites import NoSiteError, Site, next_line, node_at, site_of
from desktop_app.documents.yaml_nodes import is_block, is_mapping, is_scalar
from desktop_app.documents.yaml_text import Parsed, parse
from desktop_app.documents.yaml_writer import mapping_lines

Path = tuple[Part, ...]


def ways_to_set(parsed: Parsed, path: Path, value: Value) -> Iterator[str]:
    """Yield texts with a value set at a path; what is missing on the way is made."""
    holder = _holder(parsed, path)
    node = node_at(parsed, path[:holder])
    if node is None and holder:
        raise NoSiteError
    if node is None or is_scalar(node):  # nothing yet: a key without a value, or an empty text
        made = _nested(path[holder:], value)
        yield from _ways_to_fill(parsed, path[:holder], made)
        return
    site = site_of(parsed, node)
    at = site.find(path[holder])
    if at is None:
        made = _nested(path[holder + 1 :], value)
        yield from _ways_to_add(parsed, path[:holder], site, path[holder], made)
    elif len(path) == holder + 1:
        yield from _ways_to_replace(parsed, path, site, at, value)
    else:
        raise NoSiteError


def _holder(parsed: Parsed, path: Path) -> int:
    """Return how many parts of a path lead to the nearest thing that is in the text itself."""
    depth = len(path) - 1
    while depth and parsed.find(path[:depth]) is None:
        depth -= 1
    for each in range(1, depth + 1):
        place = parsed.find(path[:each])
        if place is not None and place.is_alias:
            raise _through_alias(parsed, path, path[:each])
    return depth


def _through_alias(parsed: Parsed, path: Path, alias: Path) -> UserError:
    site = site_of(parsed, node_at(parsed, alias[:-1]) or parsed.root)  # type: ignore[arg-type]
    at = site.find(alias[-1])
    entry = site.entries[at or 0]
    name = parsed.text[entry.start : entry.end]
    message = (
        f"{join_path(path)} stands where “{name[1:]}” is marked with &, and {join_path(alias)} repeats it as {name}."
    )
    return UserError(message, hint=f"Change it there, or write out {join_path(alias)} here in place of {name}.")


def _nested(parts: Sequence[Part], value: Value) -> Value:
    for part in reversed(parts):
        value = {part: value} if isinstance(part, str) else [value]
    return value


def _ways_to_replace(parsed: Parsed, path: Path, site: Site, at: int, value: Value) -> Iterator[str]:
    entry, layout = site.entries[at], layout_at(parsed, site)
    yield from in_place(Swap(parsed.text, site, entry, value_at(parsed.data, path), value, layout))
    if site.is_flow:
        yield flow_edits.replaced(parsed.text, entry, value, layout)
    else:
        yield from block_edits.replaced(parsed.text, entry, value, layout)


def _ways_to_add(parsed: Parsed, path: Path, site: Site, part: Part, value: Value) -> Iterator[str]:
    layout = layout_at(parsed, site)
    if site.is_flow and not site.entries and not layout.json and not _is_in_flow(parsed, path):
        made: Value = {str(part): value} if site.is_mapping else [value]
        yield from _ways_to_fill(parsed, path, made)
    if site.is_flow:
        yield flow_edits.added(parsed.text, site, part, value, layout)
    else:
        yield from block_edits.added(parsed.text, site, part, value, layout)
        yield from _ways_below_open_block(parsed, path, part, value)


def _ways_below_open_block(parsed: Parsed, path: Path, part: Part, value: Value) -> Iterator[str]:
    """Yield the ways where a block ends with the text, in the midst of a line: what comes below would end that line."""
    last = parsed.root
    while last is not None and not is_scalar(last) and last.value:
        last = last.value[-1][1] if is_mapping(last) else last.value[-1]
    if last is None or not is_block(last) or parsed.text.endswith("\n"):
        return
    sign = last.start_mark.index + 1
    if parsed.text[sign : sign + 1] == "\n":
        closed = parse(f"{parsed.text[:sign]}-{parsed.text[sign:]}")
        node = node_at(closed, path)
        if node is not None:
            site = site_of(closed, node)
            yield from block_edits.added(closed.text, site, part, value, layout_at(closed, site))


def _is_in_flow(parsed: Parsed, path: Path) -> bool:
    """Whether a thing stands within brackets."""
    node = node_at(parsed, path[:-1]) if path else None
    return node is not None and bool(node.flow_style)


def _ways_to_fill(parsed: Parsed, path: Path, value: Value) -> Iterator[str]:
    """Yield texts in which something empty holds what it does not yet."""
    if path:
        parent = node_at(parsed, path[:-1])
        if parent is None:
            raise NoSiteError
        site = site_of(parsed, parent)
        at = site.find(path[-1])
        if at is None:
            raise NoSiteError
        yield from _ways_to_replace(parsed, path, site, at, value)
    elif isinstance(value, dict):
        yield _first_lines(parsed, value)


def _first_lines(parsed: Parsed, value: dict[str, Value]) -> str:
    """Return a text that held nothing, or brackets around nothing, with its first keys."""
    lines = "".join(f"{each}\n" for each in mapping_lines(value, 0, layout_of(parsed)))
    text, root = parsed.text, parsed.root
    if root is not None and not is_scalar(root):
        return f"{text[: root.start_mark.index]}{lines.removesuffix(chr(10))}{text[root.end_mark.index :]}"
    at = next_line(text, root.start_mark.index) if root is not None else len(text)
    before = text[:at] if not text[:at] or text[:at].endswith("\n") else f"{text[:at]}\n"
    return f"{before}{lines}{text[at:]}"


def ways_to_remove(parsed: Parsed, path: Path) -> Iterator[str]:
    """Yield texts without a value and its key; one that stands twice goes twice."""
    _holder(parsed, path)
    node = node_at(parsed, path[:-1])
    site = site_of(parsed, node) if node is not None and not is_scalar(node) else None
    at = site.find(path[-1]) if site else None
    if site is None or at is None:
        raise NoSiteError
    if len(site.entries) > 1:
        yield flow_edits.removed(parsed.text, site, at) if site.is_flow else block_edits.removed(parsed.text, site, at)
        return
    empty: Value = {} if site.is_mapping else []
    if site.is_flow:
        yield flow_edits.removed(parsed.text, site, at)
    elif len(path) > 1:
        yield from _ways_to_fill(parsed, path[:-1], empty)
    else:
        begin, end = site.entries[0].head, site.entries[0].end
        yield f"{parsed.text[:begin]}{'{}' if site.is_mapping else '[]'}{parsed.text[end:]}"


def ways_to_insert(parsed: Parsed, path: Path, value: Value) -> Iterator[str]:
    """Yield texts with an item before the one that a path names, or behind the last."""
    _holder(parsed, path)
    node = node_at(parsed, path[:-1])
    if node is None or is_scalar(node):
        yield from ways_to_set(parsed, path, value)
        return
    site, at = site_of(parsed, node), path[-1]
    if not isinstance(at, int) or at >= len(site.entries):
        yield from _ways_to_add(parsed, path[:-1], site, at, value)
    elif site.is_flow:
        yield flow_edits.inserted(parsed.text, site, at, value, layout_at(parsed, site))
    else:
        yield block_edits.inserted(parsed.text, site, at, value, layout_at(parsed, site))


def ways_to_move(parsed: Parsed, path: Path, to: int) -> Iterator[str]:
    """Yield texts with an item in another place of its list."""
    _holder(parsed, path)
    node, at = node_at(parsed, path[:-1]), path[-1]
    if node is None or is_scalar(node) or not isinstance(at, int):
        raise NoSiteError
    site = site_of(parsed, node)
    edits = flow_edits if site.is_flow else block_edits
    yield edits.moved(parsed.text, site, at, to)


def ways_to_rename(parsed: Parsed, path: Path, new: str) -> Iterator[str]:
    """Yield texts in which a key has another name, in the quotes that it has now."""
    _holder(parsed, path)
    place = parsed.find(path)
    if place is None or place.key is None:
        raise NoSiteError
    start, end = place.key.start_mark.index, place.key.end_mark.index
    for each in flow_edits.spellings_of_key(new, parsed.text[start:end]):
        yield f"{parsed.text[:start]}{each}{parsed.text[end:]}"
