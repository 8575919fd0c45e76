"""Leaves out of a plugin's traceback what is not its author's: the program's own lines above the author's first."""

from __future__ import annotations

import re

_HEADING = "Traceback (most recent call last):"
_FRAME = re.compile(r'  File "([^"]*)"')
_OURS = re.compile(r"/desktop_app/(?:api/_plugins|services/plugins)/|/pluggy/|^<frozen importlib")


def authors_part(details: str) -> str:
    """Return a traceback from the author's first line on; whole, where no line of it is the author's."""
    kept: list[str] = []
    lines = details.splitlines(keepends=True)
    while lines:
        kept.append(lines.pop(0))
        if kept[-1].strip() == _HEADING:
            lines = _from_authors(lines)
    return "".join(kept)


def _from_authors(lines: list[str]) -> list[str]:
    """Return the lines below a heading without the first frames, as long as those are the program's own."""
    for number, line in enumerate(lines):
        if match := _FRAME.match(line):
            if not _OURS.search(match[1].replace("\\", "/")):
                return lines[number:]
        elif not line.startswith("    "):
            break
    return lines
