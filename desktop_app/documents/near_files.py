"""Which file of a folder was meant by a misspelt name: one close in letters, and of the kind that is wanted there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import SequenceMatcher
from pathlib import Path

from desktop_app.documents.kinds import UNKNOWN, kind_of
from desktop_app.documents.listing import files_in, head_of

YAML = (".yml", ".yaml")
_CLOSE = 0.8
_MOST = 300  # names to compare with a misspelt one
_MOST_READ = 3
_LARGEST = 1_000_000

Wanted = Callable[[str], bool]
"""Whether a file of this kind may stand there."""


def near_name(given: str, names: Iterable[str]) -> str:
    """Return the name that was meant; empty where none is close."""
    return next(iter(_by_nearness(given, names)), "")


def near_file(given: Path, wanted: Wanted) -> str:
    """Return the name of the file beside a missing one that was meant for it; empty where there is none."""
    endings = YAML if given.suffix.lower() in YAML else (given.suffix.lower(),)
    names = files_in(given.parent, *endings)[:_MOST]
    near = _by_nearness(given.name, names)[:_MOST_READ]
    return next((each for each in near if _is_wanted(given.parent / each, wanted)), "")


def _by_nearness(given: str, names: Iterable[str]) -> list[str]:
    nearness = {each: _nearness(Path(given).stem.lower(), Path(each).stem.lower()) for each in names}
    near = [each for each in nearness if nearness[each] >= _CLOSE]
    return sorted(near, key=lambda each: (-nearness[each], each))


def _nearness(given: str, name: str) -> float:
    """Return 1 for the same letters, whatever their order: swapped ones are the commonest slip."""
    if sorted(given) == sorted(name):
        return 1.0 if given == name else 0.99
    return SequenceMatcher(None, given, name).ratio()


def _is_wanted(path: Path, wanted: Wanted) -> bool:
    if path.suffix.lower() not in YAML:
        return True
    try:
        kind = kind_of(path, None, head_of(path, _LARGEST))
    except (OSError, ValueError):  # it can't be read, or is no text
        return False
    return kind == UNKNOWN or wanted(kind)
