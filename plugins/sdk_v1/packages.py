"""Requirements in one line of text: parted between them, never inside of one."""

from __future__ import annotations

import re

_VERSION = r"(?:===?|[<>!~]=|[<>=])\s*[\w.*+!|-]+"
_REQUIREMENT = re.compile(
    rf"""
    (?:[\w.-]+::)?[A-Za-z0-9][\w.-]*          # a name, for conda maybe with its channel
    (?:\s*\[[^\]]*\])?                       # extras
    (?:\s*@\s*\S*[^\s,] | \s*{_VERSION}(?:\s*,\s*{_VERSION})* )?
    (?:\s*;[^,]*)?                           # when it is wanted
    (?=[\s,]|$)
    """,
    re.VERBOSE,
)
_ANY = re.compile(r"[^\s,]+")


def parted(text: str) -> list[str]:
    """Return the packages that a person wrote, with spaces or commas between them."""
    found, place = [], 0
    while start := _ANY.search(text, place):
        match = _REQUIREMENT.match(text, start.start()) or start
        found.append(match[0].strip())
        place = match.end()
    return found
