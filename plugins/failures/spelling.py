"""Tells names that a person misspelled from those that a package uses: the traceback's last frame says whose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from desktop_app.api import Explanation
from desktop_app.api.kit import LogLines, lines_of

_OF_VERSIONS = {
    "name-misspelled": "attribute-of-other-version",
    "import-name-misspelled": "import-name-missing",
    "import-name-missing": "import-name-missing",
}
"""Codes of names that may be misspelled, and of what they are where a package uses that name."""
_FRAMES = 40
_FRAME = re.compile(r'^\s*File "(?P<path>[^"]{1,1000})", line \d+, in (?P<function>\S{1,200})')
_PACKAGE = re.compile(r"(?:site|dist)-packages[/\\](?P<name>\w+)")
_FOR_ANOTHER = ("__getattr__", "__getattribute__")
"""Functions that are asked for a name by whom stands above them."""
_NAME = re.compile(r"(?:attribute|name) '(?P<name>\w{1,200})'")
_ADVICE = (
    "Install versions that were released together: the traceback's last lines name who uses it, and whose it is.",
    "A package that was updated alone is most often the one that does not fit: give its version in the environment.",
)


def by_who_wrote_it(found: Iterable[Explanation], tails: Mapping[int, str]) -> tuple[Explanation, ...]:
    """Return explanations of which those of misspelled names speak of versions, where a package uses the name."""
    return tuple(_told(each, tails) if each.code in _OF_VERSIONS else each for each in found)


def _told(each: Explanation, tails: Mapping[int, str]) -> Explanation:
    name = _NAME.search(each.line)
    package = _package(lines_of(tails.get(each.rank, "")), each.position) if each.rank is not None else ""
    if name is None or not package or "TypeError" in each.line:
        return each
    uses = f"The package {package} uses {name['name']}, which is not there"
    cause = f"{uses}: its version and another package's do not fit."
    return replace(each, code=_OF_VERSIONS[each.code], category="missing-module", cause=cause, advice=_ADVICE)


def _package(log: LogLines, position: int | None) -> str:
    """Return the package in whose code an exception was raised; nothing where that was in code of one's own."""
    for number in range((position or 0) - 1, max(-1, (position or 0) - _FRAMES), -1):
        frame = _FRAME.match(log.lines[number])
        if frame is not None and frame["function"] not in _FOR_ANOTHER:
            named = _PACKAGE.search(frame["path"])
            return named["name"] if named is not None else ""
    return ""
