"""What an edit in the form does to the text: changes as data, applied so that only their own lines change."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from desktop_app.api import UserError, Value
from desktop_app.core.paths import Part, join_path, value_at
from desktop_app.documents import edits
from desktop_app.documents.edits import rename_key, set_values
from desktop_app.documents.yaml_text import parse
from desktop_app.presenters.form.paths import parts_of
from desktop_app.presenters.form.references import count_of, following


class Act(StrEnum):
    """What is done at a path."""

    SET = "set"
    UNSET = "unset"
    INSERT = "insert"
    REMOVE = "remove"
    MOVE = "move"
    RENAME = "rename"


@dataclass(frozen=True, slots=True)
class Change:
    """One change. `name` is the new key of RENAME, `index` the new place of MOVE.

    UNSET takes a group along that would be left empty (`prunes`).
    """

    act: Act
    path: str
    value: Value = None
    name: str = ""
    index: int = 0
    prunes: bool = False


def put(path: str, value: Value) -> Change:
    """Return the change that sets a value."""
    return Change(Act.SET, path, value)


def unset(path: str, *, prunes: bool = True) -> Change:
    """Return the change that takes a key away."""
    return Change(Act.UNSET, path, prunes=prunes)


def insert(path: str, value: Value) -> Change:
    """Return the change that inserts an item at a list's position."""
    return Change(Act.INSERT, path, value)


def remove(path: str) -> Change:
    """Return the change that takes an entry or item away, and nothing else."""
    return Change(Act.REMOVE, path)


def move(path: str, index: int) -> Change:
    """Return the change that puts a list's item elsewhere in it."""
    return Change(Act.MOVE, path, index=index)


def rename(path: str, name: str) -> Change:
    """Return the change that gives a key another name."""
    return Change(Act.RENAME, path, name=name)


def apply(text: str, changes: Iterable[Change]) -> str:
    """Return the text with the changes made, one after the other. Raises UserError where one can't be proved."""
    for each in changes:
        text = _applied(text, each)
    return text


def _applied(text: str, change: Change) -> str:
    parts = parts_of(change.path)
    if change.act is Act.UNSET:
        return set_values(text, {}, [join_path(_pruned(parse(text).data, parts) if change.prunes else parts)])
    if change.act is Act.REMOVE:
        return set_values(text, {}, [change.path])
    if change.act is Act.RENAME:
        return _renamed(text, parts, change.name)
    if change.act is Act.MOVE:
        return edits.move(text, change.path, change.index)
    if change.act is Act.INSERT:
        return _inserted(text, parts, change.value)
    return set_values(text, {change.path: change.value})


def _renamed(text: str, parts: tuple[Part, ...], name: str) -> str:
    """Give an entry another name, and let whoever names it follow; a text that can't be changed stays."""
    renamed = rename_key(text, join_path(parts), name)
    texts = following(parse(text).data, parts, name)
    if not texts:
        return renamed
    for path, value in texts.items():
        with contextlib.suppress(UserError):
            text = set_values(text, {path: value})
    return rename_key(text, join_path(parts), name)


def followers(before: str, after: str, change: Change) -> int:
    """Return how many references followed an entry to its new name."""
    parts = parts_of(change.path)
    return count_of(parse(before).data, parts) - count_of(parse(after).data, parts)


def _inserted(text: str, parts: tuple[Part, ...], value: Value) -> str:
    """Insert an item; the first one makes its list."""
    present = value_at(parse(text).data, parts[:-1])
    if not isinstance(present, list) or not present:
        return set_values(text, {join_path(parts[:-1]): [value]})
    return edits.insert(text, join_path(parts), value)


def _pruned(data: Value, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return the outermost path that holds nothing but this one."""
    while len(parts) > 1:
        holder = value_at(data, parts[:-1])
        if not isinstance(holder, dict) or len(holder) > 1 or not isinstance(parts[-2], str):
            break
        parts = parts[:-1]
    return parts
