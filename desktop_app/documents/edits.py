"""Sets and removes values in a YAML text, keeping every other byte; each edit is proved by reading the result.

A scalar in place of another is written in its style (`scalar_edits`); all else is done by yaml-edit (`yaml_editing`).
"""

from __future__ import annotations

import copy
import math
import re
from collections.abc import Iterable, Mapping
from difflib import unified_diff

from desktop_app.api import UserError, Value
from desktop_app.core.paths import Part, join_path, split_path, value_at
from desktop_app.documents.scalar_edits import in_place
from desktop_app.documents.yaml_editing import assign, delete
from desktop_app.documents.yaml_text import Parsed, parse

_BOM = "\ufeff"
_MISSING = object()


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
    bom = text.startswith(_BOM)
    body = text.removeprefix(_BOM)
    newline = "\r\n" if "\r\n" in body and body.count("\r\n") == body.count("\n") else "\n"
    result = _edited(body.replace(newline, "\n"), dict(values), tuple(unset))
    return f"{_BOM if bom else ''}{result.replace(chr(10), newline)}"


def diff(old: str, new: str, name: str) -> str:
    """Return what makes `new` of `old` as a unified diff; empty where they are the same."""
    parts = unified_diff(_lines(old), _lines(new), f"a/{name.lstrip(chr(47))}", f"b/{name.lstrip(chr(47))}")
    return "".join(each if each.endswith("\n") else f"{each}\n\\ No newline at end of file\n" for each in parts)


def _lines(text: str) -> list[str]:
    """Return the lines as `diff` sees them: parted by newlines alone, their ends included."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def _edited(text: str, values: dict[str, Value], unset: tuple[str, ...]) -> str:
    removed = list(unset)
    for path, value in values.items():
        old = next((each for each in removed if _is_renaming(text, each, path, value)), None)
        if old is not None:
            removed.remove(old)
            text = _renamed(text, split_path(old), split_path(path))
        else:
            text = _set(text, split_path(path), value)
    for path in removed:
        text = _removed(text, split_path(path))
    return text


def _is_renaming(text: str, old: str, new: str, value: Value) -> bool:
    """Whether a key only gets another name, and so may keep its place, comment and style."""
    before, after = split_path(old), split_path(new)
    if before[:-1] != after[:-1] or not isinstance(before[-1], str) or not isinstance(after[-1], str):
        return False
    data = _read(text).data
    return value_at(data, after, _absent()) is _MISSING and _same(value_at(data, before, _absent()), value)


def _absent() -> Value:
    return _MISSING  # type: ignore[return-value]


def _renamed(text: str, old: tuple[Part, ...], new: tuple[Part, ...]) -> str:
    parsed = _read(text)
    place = parsed.places.get(old)
    if place is None or place.key is None:
        return _removed(_set(text, new, value_at(parsed.data, old)), old)
    start, end = place.key.start_mark.index, place.key.end_mark.index
    wanted = copy.deepcopy(parsed.data)
    holder = value_at(wanted, old[:-1])
    if not isinstance(holder, dict):
        raise _no_such(old)
    holder[str(new[-1])] = holder.pop(str(old[-1]))
    key = join_path(new[-1:])
    return _proved(f"{text[:start]}{key}{text[end:]}", wanted, new)


def _set(text: str, path: tuple[Part, ...], value: Value) -> str:
    parsed = _read(text)
    if _same(value_at(parsed.data, path, _absent()), value):
        return text
    wanted = _with_value(parsed.data, path, value)
    within = next((each for each in in_place(parsed, path, value) if _means(each, wanted)), None)
    if within is not None:
        return within
    return _proved(assign(text, parsed.data, path, value), wanted, path)


def _removed(text: str, path: tuple[Part, ...]) -> str:
    parsed = _read(text)
    wanted = copy.deepcopy(parsed.data)
    holder, last = value_at(wanted, path[:-1]), path[-1]
    if isinstance(holder, dict) and last in holder:
        del holder[str(last)]
    elif isinstance(holder, list) and isinstance(last, int) and last < len(holder):
        del holder[last]
    else:
        raise _no_such(path)
    return _proved(delete(text, path), wanted, path)


def _no_such(path: tuple[Part, ...]) -> UserError:
    return UserError(f"There is no {join_path(path)} in the file.", hint="Check the path.")


def _with_value(data: Value, path: tuple[Part, ...], value: Value) -> Value:
    """Return a copy of the data with one value set; missing mappings on the way are made."""
    root: Value = {} if data is None else copy.deepcopy(data)
    here = root
    for part, following in zip(path, (*path[1:], None), strict=True):
        last = following is None
        if isinstance(here, dict) and isinstance(part, str):
            here[part] = value if last else _container(here.get(part))
            here = here[part]
        elif isinstance(here, list) and isinstance(part, int) and 0 <= part <= len(here):
            here[part:] = [value if last else _container(here[part] if part < len(here) else None), *here[part + 1 :]]
            here = here[part]
        else:
            raise _no_such(path)
    return root


def _container(value: Value) -> Value:
    return {} if value is None else value


def _read(text: str) -> Parsed:
    parsed = parse(text)
    if parsed.problems:
        first = parsed.problems[0]
        where = f"Line {first.line}: " if first.line else ""
        raise UserError(f"The text is not edited while it is no sound YAML. {where}{first.message}")
    return parsed


def _means(text: str, wanted: Value) -> bool:
    parsed = parse(text)
    return not parsed.problems and _same(parsed.data, wanted)


def _proved(text: str, wanted: Value, path: tuple[Part, ...]) -> str:
    if _means(text, wanted):
        return text
    raise UserError(
        f"{join_path(path)} can't be changed without changing more.", hint="Edit the text by hand; it is as it was."
    )


def _same(one: Value, other: Value) -> bool:
    """Whether two values are the same in YAML: 1, 1.0 and true are three things."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other):
        return True
    return type(one) is type(other) and one == other
