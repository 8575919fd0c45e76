"""Comments of a job file, kept in a file that is written anew from it: beside the keys that they stood beside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from desktop_app.core.paths import Part
from desktop_app.documents.yaml_text import Parsed, Place, parse

_TRIAL = "trial"
_LIMITS: Mapping[tuple[Part, ...], tuple[Part, ...]] = {
    ("limits", "trial_timeout"): ("limits", "timeout"),
    ("limits", "timeout"): (),
}
"""A job's own time limit is that of each trial."""
_EDITORS = re.compile(r"#\s*yaml-language-server\s*:")
"""It names the schema of the old file, which the new one need not have."""


@dataclass(frozen=True, slots=True)
class _Comments:
    """What stands above a key, and behind its value."""

    above: tuple[str, ...] = ()
    behind: str = ""


def keep_comments(text: str, old: str) -> str:
    """Return the new file's `text` with the comments of the `old` one; also what is in a trial now, and was at the top.

    Comments beside what is not there any longer go; those after the last line come last.
    """
    before, after = parse(old), parse(text)
    if "#" not in old or not before.places or not after.places:
        return text
    known = dict(_comments(before))
    lines = text.split("\n")
    places = [(_line(after, place), path) for path, place in after.places.items() if place.key is not None]
    for line, path in sorted(places, reverse=True):
        found = known.get(_old_path(path, after.places))
        if found is None:
            continue
        indent = lines[line][: len(lines[line]) - len(lines[line].lstrip())]
        if found.behind and _fits_behind(after, after.places[path]):
            lines[line] = f"{lines[line]}  {found.behind}"
        apart = [""] if found.above and line > 0 and not indent else []
        lines[line:line] = [*apart, *(f"{indent}{each}" for each in found.above)]
    return "\n".join(lines).rstrip("\n") + "\n" + "".join(f"{each}\n" for each in _last(old))


def _old_path(path: tuple[Part, ...], places: Mapping[tuple[Part, ...], Place]) -> tuple[Part, ...]:
    """Return where a path of the new file was in the old one: what is in a trial now stood at the top."""
    if (_TRIAL,) not in places:
        return path
    if path[:1] == (_TRIAL,) and len(path) > 1:
        return path[1:]
    return _LIMITS.get(path, path)


def _comments(parsed: Parsed) -> Iterator[tuple[tuple[Part, ...], _Comments]]:
    lines = parsed.text.split("\n")
    for path, place in parsed.places.items():
        if place.key is None:
            continue
        above = _above(lines, _line(parsed, place))
        behind = _behind(parsed, place)
        if above or behind:
            yield path, _Comments(above, behind)


def _above(lines: Sequence[str], line: int) -> tuple[str, ...]:
    found: list[str] = []
    while line > 0 and (not lines[line - 1].strip() or lines[line - 1].lstrip().startswith("#")):
        line -= 1
        found[:0] = [lines[line].strip()] if lines[line].strip() else []
    return tuple(each for each in found if not _EDITORS.match(each))


def _behind(parsed: Parsed, place: Place) -> str:
    assert place.key is not None
    value, key = place.value, place.key
    end = value.end_mark.index if isinstance(value.value, str) and not _is_below(parsed, place) else key.end_mark.index
    rest = parsed.text[end:].split("\n", 1)[0]
    found = re.fullmatch(r":?\s+(#.*)", rest.rstrip()) or re.fullmatch(r"(#.*)", rest.rstrip())
    return found[1] if found else ""


def _is_below(parsed: Parsed, place: Place) -> bool:
    """Whether a value takes lines of its own, below its key."""
    assert place.key is not None
    return "\n" in parsed.text[place.key.end_mark.index : place.value.end_mark.index]


def _fits_behind(parsed: Parsed, place: Place) -> bool:
    """Whether a comment may stand at the end of the key's line: not in a folded or quoted text of several lines."""
    return not isinstance(place.value.value, str) or not _is_below(parsed, place)


def _line(parsed: Parsed, place: Place) -> int:
    assert place.key is not None
    return parsed.position_of(place.key).line - 1


def _last(old: str) -> list[str]:
    """Return the comments after a file's last line."""
    found: list[str] = []
    for line in reversed(old.rstrip().split("\n")):
        if not line.lstrip().startswith("#"):
            return found
        found.insert(0, line.strip())
    return []
