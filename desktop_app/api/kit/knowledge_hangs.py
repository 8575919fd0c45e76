"""Which regular expressions take for ever on some line: where two parts without end can share it in any way."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(
    r"(?P<atom>\\.|\[\^?\](?:\\.|[^\]\\])*\]|\[\^?(?:\\.|[^\]\\])+\]|[^\\()|*+?{}])(?P<many>[*+?]|\{\d*,?\d*\})?[?+]?"
    r"|(?P<group>\((?:\?(?:P<\w+>|:))?|\))(?P<again>[*+?]|\{\d*,?\d*\})?"
)
_ENDLESS = re.compile(r"[*+]|\{\d*,\}")
_OPTIONAL = re.compile(r"[?]|\{0?,\d*\}|\{0\}")


def endless_pairs(pattern: str) -> Iterator[str]:
    r"""Yield the places of a pattern such as `\w+.*`: before each end of the one part all ends of the other are tried.

    Begun anew at each place of a line where what stands before them does, that takes seconds for one line.
    """
    before = ""
    place = 0
    while place < len(pattern):
        token = _TOKEN.match(pattern, place)
        if token is None:
            before, place = "", place + 1
            continue
        place = token.end()
        if token["group"] is not None:
            before = "" if token["again"] else before
            continue
        atom, many = token["atom"], token["many"] or ""
        if _ENDLESS.match(many):
            if before and "." in {before, atom}:
                yield pattern[: token.end()][-_SHOWN:]
            before = atom
        elif not _OPTIONAL.match(many):
            before = ""


_SHOWN = 40
