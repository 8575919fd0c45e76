"""Sets, adds, moves and removes values in a YAML text, keeping every other byte; each edit is proved by reading it.

How a text is changed is tried from the most sparing way on (`tree_edits`, at last `yaml_edit_ways`); what says anything
but what it should is not taken. A text in which no way is right stays as it is, and the person is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from difflib import unified_diff
from functools import lru_cache

from desktop_app.api import UserError, Value
from desktop_app.core.paths import Part, join_path, split_path, value_at
from desktop_app.documents import data_edits
from desktop_app.documents.data_edits import MISSING, same, with_list, with_value, without
from desktop_app.documents.edits_together import Edit, make
from desktop_app.documents.line_ends import LineEnds
from desktop_app.documents.sites import NoSiteError
from desktop_app.documents.tree_edits import (
    Path,
    ways_to_insert,
    ways_to_move,
    ways_to_remove,
    ways_to_rename,
    ways_to_set,
)
from desktop_app.documents.yaml_edit_ways import way_to_remove, way_to_set
from desktop_app.documents.yaml_text import Parsed, parse

_BOM = "\ufeff"
_MOST_STEPS = 100
_MARK = re.compile(r"&([^\s,\[\]{}]+)")
_READABLE = frozenset({"duplicate-key", "yaml-key"})


def parse_assignment(text: str) -> tuple[str, Value]:
    """Return the dotted path and the value of `KEY=VALUE`; the value is read as YAML. Raises UserError."""
    key, value = _split_assignment(text)
    split_path(key)
    parsed = parse(value)
    if parsed.problems:
        raise UserError(
            f"The value in “{text}” is no YAML: {parsed.problems[0].message}", hint='Put it in quotes: KEY="…".'
        )
    return key, parsed.data


def _split_assignment(text: str) -> tuple[str, str]:
    """Part at the first equals sign outside the quotes of a key."""
    quote = ""
    for index, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'":
            quote = character
        elif character == "=":
            if index:
                return text[:index].strip(), text[index + 1 :]
            break
    raise UserError(f"“{text}” sets nothing.", hint="Write KEY=VALUE, such as inputs.epochs=3.")


def set_values(text: str, values: Mapping[str, Value], unset: Iterable[str] = ()) -> str:
    """Return the text with the values set and the paths in `unset` removed; all other bytes stay.

    Raises UserError where the text is no YAML, a path leads nowhere, or the result would not say what it should.
    """

    def edit(parsed: Parsed) -> Parsed:
        removed = _Removals(unset)
        made = []
        for path, value in values.items():
            old = removed.taken_for(parsed, path, value)
            if old is not None:
                made.append(_renaming(_path(parsed, old), str(split_path(path)[-1])))
            else:
                made.append(_setting(parsed, path, value))
        parsed = make(parsed, made)
        # From the end, so that the numbers of list items still mean what they did.
        gone = sorted((_path(parsed, each) for each in removed.paths), key=_numbers_last, reverse=True)
        if any(isinstance(each[-1], int) for each in gone):
            for each in gone:
                parsed = _removed(parsed, each)
            return parsed
        return make(parsed, [_removing(each) for each in gone])

    return _edited(text, edit)


def _renaming(path: Path, new: str) -> Edit:
    return Edit(
        path,
        lambda parsed: ways_to_rename(parsed, path, new),
        lambda data: data_edits.renamed(data, path, new),
        lambda parsed: _renamed(parsed, path, new),
    )


def _setting(parsed: Parsed, path: str, value: Value) -> Edit:
    """Return the edit; what is counted from a list's end is looked at anew when its turn comes."""
    parts = split_path(path)
    old = value_at(parsed.data, parts, MISSING)
    is_plain = not any(isinstance(each, int) and each < 0 for each in parts) and not same(old, value)
    holder = value_at(parsed.data, parts[:-1], MISSING)
    is_there = old is not MISSING and not isinstance(old, dict | list)
    is_new_key = old is MISSING and isinstance(holder, dict) and bool(holder)

    def ways(at: Parsed) -> Iterator[str]:
        return ways_to_set(at, parts, value) if is_plain and (is_there or is_new_key) else iter(())

    return Edit(parts, ways, lambda data: with_value(data, parts, value), lambda at: _set(at, _path(at, path), value))


def _removing(path: Path) -> Edit:
    return Edit(
        path,
        lambda parsed: ways_to_remove(parsed, path),
        lambda data: without(data, path),
        lambda parsed: _removed(parsed, path),
    )


class _Removals:
    """The paths that are to be removed, without those whose key only gets another name."""

    def __init__(self, paths: Iterable[str]) -> None:
        self.paths = list(paths)
        self._beside: dict[Path, list[str]] = {}
        for each in self.paths:
            self._beside.setdefault(split_path(each)[:-1], []).append(each)

    def taken_for(self, parsed: Parsed, path: str, value: Value) -> str | None:
        """Return the path that is only renamed to this one, which is no longer to be removed then."""
        parts = split_path(path)
        beside = self._beside.get(parts[:-1], []) if value_at(parsed.data, parts, MISSING) is MISSING else []
        old = next((each for each in beside if _is_renaming(parsed, each, path, value)), None)
        if old is not None:
            beside.remove(old)
            self.paths.remove(old)
        return old


def insert(text: str, path: str, value: Value) -> str:
    """Return the text with a new item before the one at `path`, such as `a[2]`. Raises UserError."""
    return _edited(text, lambda parsed: _inserted(parsed, _path(parsed, path), value))


def move(text: str, path: str, index: int) -> str:
    """Return the text with the item at `path` at another place of its list, with its comments. Raises UserError."""

    def edit(parsed: Parsed) -> Parsed:
        parts = _path(parsed, path)
        wanted = with_list(parsed.data, parts, lambda items, at: items.insert(index, items.pop(at)))
        if same(wanted, parsed.data):
            return parsed
        return _taken(parsed, _moves(parsed, parts, index, wanted), wanted, parts)

    return _edited(text, edit)


def rename_key(text: str, path: str, new: str) -> str:
    """Return the text in which the key at `path` is called `new`; its place and comments stay. Raises UserError."""
    return _edited(text, lambda parsed: _renamed(parsed, _path(parsed, path), new))


def diff(old: str, new: str, name: str) -> str:
    """Return what makes `new` of `old` as a unified diff; empty where they are the same."""
    parts = unified_diff(_lines(old), _lines(new), f"a/{name.lstrip(chr(47))}", f"b/{name.lstrip(chr(47))}")
    return "".join(each if each.endswith("\n") else f"{each}\n\\ No newline at end of file\n" for each in parts)


def _lines(text: str) -> list[str]:
    """Return the lines as `diff` sees them: parted by newlines alone, their ends included."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _edited(text: str, edit: Callable[[Parsed], Parsed]) -> str:
    bom = text.startswith(_BOM)
    ends = LineEnds.of(text.removeprefix(_BOM))
    before = _sound(ends.text)
    after = edit(before).text
    return text if after == before.text else f"{_BOM if bom else ''}{ends.joined(after)}"


_read = lru_cache(maxsize=4)(parse)
"""An edit reads the text that the one before it proved."""


def _sound(text: str) -> Parsed:
    """Return the text as data. Raises UserError where it is no YAML."""
    parsed = _read(text)
    first = next((each for each in parsed.problems if each.code not in _READABLE), None)
    if parsed.is_template:
        raise UserError("This is a template: it becomes YAML when it is filled in.", hint="Edit it by hand.")
    if first is not None:
        where = f"Line {first.line}: " if first.line else ""
        raise UserError(f"The text is not edited while it is no sound YAML. {where}{first.message}")
    return parsed


def _path(parsed: Parsed, path: str) -> Path:
    """Return the parts of a path; an item counted from the end gets its number."""
    parts = split_path(path)
    for at, part in enumerate(parts):
        holder = value_at(parsed.data, parts[:at]) if isinstance(part, int) and part < 0 else None
        if isinstance(part, int) and part < 0:
            number = part + (len(holder) if isinstance(holder, list) else 0)
            if number < 0:
                raise data_edits.no_such(parsed.data, parts)
            parts = (*parts[:at], number, *parts[at + 1 :])
    return parts


def _numbers_last(path: Path) -> list[tuple[bool, int, str]]:
    return [(isinstance(each, int), each if isinstance(each, int) else 0, str(each)) for each in path]


def _is_renaming(parsed: Parsed, old: str, new: str, value: Value) -> bool:
    """Whether a key only gets another name, and so may keep its place, comment and style."""
    before, after = split_path(old), split_path(new)
    if before[:-1] != after[:-1] or not isinstance(before[-1], str) or not isinstance(after[-1], str):
        return False
    data = parsed.data
    return value_at(data, after, MISSING) is MISSING and same(value_at(data, before, MISSING), value)


def _renamed(parsed: Parsed, path: Path, new: str) -> Parsed:
    wanted = data_edits.renamed(parsed.data, path, new)
    return _taken(parsed, ways_to_rename(parsed, path, new), wanted, path)


def _set(parsed: Parsed, path: Path, value: Value) -> Parsed:
    old = value_at(parsed.data, path, MISSING)
    if same(old, value):
        return parsed
    wanted = with_value(parsed.data, path, value)
    if type(old) is type(value) and isinstance(old, dict | list) and old and value:
        try:
            return _proved(_in_steps(parsed, path, old, value), wanted, path)
        except (UserError, NoSiteError):
            pass  # as a whole, then
    ways = _then(ways_to_set(parsed, path, value), lambda: way_to_set(parsed, path, value))
    return _taken(parsed, ways, wanted, path)


def _in_steps(parsed: Parsed, path: Path, old: Value, value: Value) -> Parsed:
    """Change only those parts of a mapping or list that differ, so that the comments in it stay."""
    steps = list(_steps(old, value))
    if len(steps) > _MOST_STEPS:
        raise NoSiteError
    for kind, part, each in steps:
        here = (*path, part)
        if kind == "set":
            parsed = _set(parsed, here, each)
        elif kind == "remove":
            parsed = _removed(parsed, here)
        else:
            parsed = _inserted(parsed, here, each)
    return parsed


def _inserted(parsed: Parsed, path: Path, value: Value) -> Parsed:
    wanted = with_list(parsed.data, path, lambda items, at: items.insert(at, value), extra=1)
    return _taken(parsed, ways_to_insert(parsed, path, value), wanted, path)


def _steps(old: Value, new: Value) -> Iterator[tuple[str, Part, Value]]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from (("set", key, each) for key, each in new.items() if not same(old.get(key, MISSING), each))
        yield from (("remove", key, None) for key in old if key not in new)
    elif isinstance(old, list) and isinstance(new, list):
        shorter = min(len(old), len(new))
        head = next((at for at in range(shorter) if not same(old[at], new[at])), shorter)
        tail = next((at for at in range(shorter - head) if not same(old[-1 - at], new[-1 - at])), shorter - head)
        both = shorter - tail
        yield from (("set", at, new[at]) for at in range(head, both))
        yield from (("remove", at, None) for at in range(len(old) - tail - 1, both - 1, -1))
        yield from (("insert", at, new[at]) for at in range(both, len(new) - tail))


def _removed(parsed: Parsed, path: Path) -> Parsed:
    wanted = without(parsed.data, path)
    ways = _then(_removals(parsed, path), lambda: way_to_remove(parsed, path))
    return _taken(parsed, ways, wanted, path)


def _then(ways: Iterator[str], last: Callable[[], Iterator[str]]) -> Iterator[str]:
    """Yield the house's ways, and where none of them was taken yaml-edit's."""
    with suppress(NoSiteError):
        yield from ways
    yield from last()


def _removals(parsed: Parsed, path: Path) -> Iterator[str]:
    """Yield the ways; a key that stands several times goes as often."""
    for each in ways_to_remove(parsed, path):
        again = _read(each)
        if value_at(again.data, path, MISSING) is not MISSING and isinstance(path[-1], str):
            yield from _removals(again, path)
        yield each


def _moves(parsed: Parsed, path: Path, index: int, wanted: Value) -> Iterator[str]:
    """Yield the ways to move an item: its lines, or else what all of them say."""
    with suppress(NoSiteError):
        yield from ways_to_move(parsed, path, index)
    yield _set(parsed, path[:-1], value_at(wanted, path[:-1])).text


def _taken(parsed: Parsed, ways: Iterator[str], wanted: Value, path: Path) -> Parsed:
    """Return the first text that says what it should. Raises UserError where none does."""
    allowed = len(parsed.problems)
    try:
        for each in ways:
            after = _read(each)
            if len(after.problems) <= allowed and after.documents == parsed.documents and same(after.data, wanted):
                return after
    except NoSiteError:
        pass
    raise _refusal(parsed, path)


def _proved(parsed: Parsed, wanted: Value, path: Path) -> Parsed:
    if same(parsed.data, wanted):
        return parsed
    raise _refusal(parsed, path)


def _refusal(parsed: Parsed, path: Path) -> UserError:
    """Return why an edit was not made."""
    marked = _repeated(parsed, path)
    if marked:
        message = f"{join_path(path)} stands in what “&{marked}” marks, and “*{marked}” repeats it elsewhere."
        return UserError(message, hint="Change it by hand, so that both say what they should.")
    message = f"{join_path(path)} can't be changed without changing more."
    return UserError(message, hint="Edit the text by hand; it is as it was.")


def _repeated(parsed: Parsed, path: Path) -> str:
    """Return the mark on what holds a path, or on something in it, that an alias elsewhere repeats."""
    for end in range(1, len(path) + 1):
        place = parsed.find(path[:end])
        if place is not None:
            begin = place.value.start_mark.index
            source = parsed.text[begin : place.value.end_mark.index if end == len(path) else begin + 80]
            marks = _MARK.findall(source) if end == len(path) else _MARK.findall(source.split("\n")[0].split(" ")[0])
            found = next((each for each in marks if re.search(rf"\*{re.escape(each)}(?=[\s,\]}}]|$)", parsed.text)), "")
            if found:
                return found
    return ""
