"""Random edits of a text, each with what it should make of the data and which lines it may touch."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from desktop_app.api import UserError, Value
from desktop_app.core.paths import Part, join_path, value_at
from desktop_app.documents.data_edits import same
from desktop_app.documents.edits import insert, move, rename_key, set_values
from desktop_app.documents.yaml_text import Parsed, parse

SCALARS: tuple[Value, ...] = (
    "changed", "azureml:gpu-cluster", "two words", "a: b # c", "it's", 'say "so"', "yes", "3", "", " x", "ends:", "[x]",
    "C:\\path", "${{inputs.lr}}", "Größe 𝒳", "{{x}}", "*x", "- a", "null", "1e3", "0o17", 7, -1, 0.25, 1e-05, 1e22,
    True, False, None, "python train.py --lr ${{inputs.lr}} --epochs 3", "x" * 130, "first\nsecond\n", "tab\there",
)  # fmt: skip
NESTED: Value = {"type": "uri_folder", "path": "azureml:x:1", "more": {"a": [1, "b: c"], "e": {}}}
LISTED: Value = ["one", 2, {"k": "v", "l": [True]}]
Path = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Trial:
    """One edit: how it is made, what the data should be then, and the lines (from 0, up to the second) it may touch."""

    kind: str
    path: Path
    edit: Callable[[str], str]
    wanted: Value
    lines: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a trial; `fault` is empty where all is well."""

    trial: Trial
    fault: str
    after: str


def run(text: str, trial: Trial) -> Outcome:
    """Make the edit and look at what it did."""
    try:
        after = trial.edit(text)
    except UserError as error:
        return Outcome(trial, f"refused: {error}", text)
    parsed = parse(after)
    if not same(parsed.data, trial.wanted):
        return Outcome(trial, "wrong", after)
    outside = [each for each in _touched(text, after) if not trial.lines[0] <= each < trial.lines[1]]
    if _same_around(text, after, trial.lines):  # lines that are like their neighbours are matched either way
        outside = []
    # Where a block ends with the text, in the midst of a line, what is put below ends that line: `|` becomes `|-`.
    spare = (
        0 if text.endswith("\n") or after.count("|-") + after.count(">-") == text.count("|-") + text.count(">-") else 1
    )
    return Outcome(trial, f"touches line {outside[0] + 1}" if len(outside) > spare else "", after)


def _same_around(before: str, after: str, lines: tuple[int, int]) -> bool:
    """Whether all lines before and after some are the same."""
    old, new, kept = before.split("\n"), after.split("\n"), before.count("\n") + 1 - lines[1]
    return new[: lines[0]] == old[: lines[0]] and new[len(new) - kept :] == old[lines[1] :] and lines[1] > lines[0]


def _touched(before: str, after: str) -> set[int]:
    """Return the lines of the old text that are gone or changed."""
    old, new = before.removeprefix("\ufeff").split("\n"), after.removeprefix("\ufeff").split("\n")
    head = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    middle = old[head : len(old) - tail], new[head : len(new) - tail]
    found = SequenceMatcher(None, *middle, autojunk=False).get_opcodes()
    # A last line without an end gets one when a line comes below it: it says the same.
    return {head + at for kind, a, b, _, _ in found if kind != "equal" for at in range(a, b)}


def trials(text: str, random_: random.Random) -> Iterator[Trial]:
    """Yield one random edit of each kind that the text has room for."""
    parsed = parse(text)
    places = [path for path in parsed.places if not _shared(parsed, path)]
    scalars = [each for each in places if not isinstance(value_at(parsed.data, each), dict | list)]
    if scalars:
        yield _set(parsed, random_.choice(scalars), random_.choice(SCALARS))
        yield _set(parsed, random_.choice(scalars), random_.choice(SCALARS))
    if places:
        yield _set(parsed, random_.choice(places), random_.choice([NESTED, LISTED]), "replace")
    mappings: list[Path] = [(), *(each for each in places if isinstance(value_at(parsed.data, each), dict))]
    if isinstance(parsed.data, dict):
        for kind, value in (("scalar", random_.choice(SCALARS)), ("mapping", NESTED), ("list", LISTED)):
            yield _add(parsed, random_.choice(mappings), value, f"add {kind}")
        yield _set_deep(parsed, random_.choice(mappings))
    keys = [each for each in places if isinstance(each[-1], str)]
    if keys:
        yield _remove(parsed, random_.choice(keys))
        yield _rename(parsed, random_.choice(keys))
    lists = [each for each in places if isinstance(value_at(parsed.data, each), list)]
    if lists:
        yield from _of_list(parsed, random_, random_.choice(lists))


def _of_list(parsed: Parsed, random_: random.Random, path: Path) -> Iterator[Trial]:
    items = value_at(parsed.data, path)
    assert isinstance(items, list)
    yield _insert(parsed, path, len(items), random_.choice([*SCALARS, NESTED, LISTED]), "append")
    yield _insert(parsed, path, random_.randrange(len(items) + 1), random_.choice(SCALARS), "insert")
    if items:
        yield _remove(parsed, (*path, random_.randrange(len(items))))
    if len(items) > 1:
        yield _move(parsed, (*path, random_.randrange(len(items))), random_.randrange(len(items)))


def _shared(parsed: Parsed, path: Path) -> bool:
    """Whether an alias has to do with a place: such edits are refused, or touch what they must."""
    source = parsed.text
    return any(mark in source for mark in ("&", "*")) and any(each.is_alias for each in parsed.places.values())


def _lines(parsed: Parsed, path: Path) -> tuple[int, int]:
    """Return the lines from a key (or a dash) to the end of its value, which may be below comments."""
    place = parsed.places[path]
    begin = (place.key or place.value).start_mark.index
    if place.key is None and parsed.text[:begin].rstrip().endswith("-"):
        begin = parsed.text.rindex("-", 0, begin)  # of an item that begins below its dash
    end = place.value.end_mark.index
    source = parsed.text[begin:end]
    kept = source if "|+" in source else source.rstrip(" \n")
    return parsed.text.count("\n", 0, begin), parsed.text.count("\n", 0, begin + len(kept)) + 1


def _holder_lines(parsed: Parsed, path: Path) -> tuple[int, int]:
    if not path:
        return (0, parsed.text.count("\n") + 1)
    return _lines(parsed, path)


def _is_block(parsed: Parsed, path: Path) -> bool:
    node = parsed.places[path].value if path else parsed.root
    return node is not None and not node.flow_style and bool(node.value)


def _free(holder: dict[str, Value], name: str) -> str:
    return name if name not in holder else _free(holder, f"{name}_")


def _set(parsed: Parsed, path: Path, value: Value, kind: str = "set") -> Trial:
    wanted = copy.deepcopy(parsed.data)
    holder = value_at(wanted, path[:-1])
    holder[path[-1]] = value  # type: ignore[index]
    return Trial(kind, path, lambda text: set_values(text, {join_path(path): value}), wanted, _lines(parsed, path))


def _add(parsed: Parsed, path: Path, value: Value, kind: str) -> Trial:
    wanted = copy.deepcopy(parsed.data)
    holder = value_at(wanted, path)
    assert isinstance(holder, dict)
    name = _free(holder, "added_key")
    holder[name] = value
    room = (0, 0) if _is_block(parsed, path) else _holder_lines(parsed, path)
    here = (*path, name)
    return Trial(kind, here, lambda text: set_values(text, {join_path(here): value}), wanted, room)


def _set_deep(parsed: Parsed, path: Path) -> Trial:
    wanted = copy.deepcopy(parsed.data)
    holder = value_at(wanted, path)
    assert isinstance(holder, dict)
    name = _free(holder, "new.one")
    holder[name] = {"deep er": {"er": [1]}}
    room = (0, 0) if _is_block(parsed, path) else _holder_lines(parsed, path)
    here = (*path, name, "deep er", "er", 0)
    return Trial("add deep", here, lambda text: set_values(text, {join_path(here): 1}), wanted, room)


def _remove(parsed: Parsed, path: Path) -> Trial:
    wanted = copy.deepcopy(parsed.data)
    holder = value_at(wanted, path[:-1])
    del holder[path[-1]]  # type: ignore[union-attr, arg-type]
    room = _lines(parsed, path)
    if not _is_block(parsed, path[:-1]):
        room = _holder_lines(parsed, path[:-1])
    elif not holder:  # the last one: brackets without anything stand behind the key above
        room = (_holder_lines(parsed, path[:-1])[0], room[1]) if len(path) > 1 else (0, room[1])
    elif path[-1] == 0 or not parsed.text.split("\n")[room[0]].lstrip(" ").startswith(str(path[-1])[:1]):
        room = (room[0], room[1] + 1)  # a first key behind a dash: the next one moves up
    kind = "remove item" if isinstance(path[-1], int) else "remove"
    return Trial(kind, path, lambda text: set_values(text, {}, (join_path(path),)), wanted, room)


def _rename(parsed: Parsed, path: Path) -> Trial:
    wanted = copy.deepcopy(parsed.data)
    holder = value_at(wanted, path[:-1])
    assert isinstance(holder, dict)
    name = _free(holder, "new name")
    holder[name] = holder.pop(str(path[-1]))
    begin = _lines(parsed, path)[0]
    return Trial("rename", path, lambda text: rename_key(text, join_path(path), name), wanted, (begin, begin + 1))


def _insert(parsed: Parsed, path: Path, at: int, value: Value, kind: str) -> Trial:
    wanted = copy.deepcopy(parsed.data)
    items = value_at(wanted, path)
    assert isinstance(items, list)
    items.insert(at, value)
    room = _holder_lines(parsed, path)
    if _is_block(parsed, path):  # only what stands behind another list's dash makes room by a line of its own
        room = (room[0], room[0] + 1) if at == 0 and path and isinstance(path[-1], int) else (0, 0)
    here = (*path, at)
    return Trial(kind, here, lambda text: insert(text, join_path(here), value), wanted, room)


def _move(parsed: Parsed, path: Path, to: int) -> Trial:
    wanted = copy.deepcopy(parsed.data)
    items = value_at(wanted, path[:-1])
    assert isinstance(items, list)
    items.insert(to, items.pop(int(path[-1])))
    room = _holder_lines(parsed, path[:-1])
    first = min(int(path[-1]), to)
    begin = _lines(parsed, (*path[:-1], first))[0]
    above = parsed.text.split("\n")[:begin]
    while above and above[-1].lstrip().startswith("#"):
        begin, above = begin - 1, above[:-1]
    return Trial("move", path, lambda text: move(text, join_path(path), to), wanted, (min(room[0], begin), room[1]))
