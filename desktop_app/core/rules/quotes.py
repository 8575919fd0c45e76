"""Quotes and spaces of a text processor, which come along with what is copied from a page: YAML takes them for text."""

from __future__ import annotations

import re

from desktop_app.api import Value
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import texts

_CURLY = re.compile("[“”„‘’‚«](?P<inner>[^“”„‘’‚«»]*)[“”‘’»]")
_WIDE = "\u00a0\u2007\u202f\u3000\ufeff\u200b"
_FREE = frozenset({"description", "display_name", "command", "args", "tags", "properties", "prompt"})


def check(data: Value, notes: Notes) -> None:
    """Check all texts that name something; what people read may hold any sign."""
    for path, given in texts(data):
        if not path or any(each in _FREE for each in path):
            continue
        curly = _CURLY.fullmatch(given.strip())
        plain = given.strip(_WIDE + " ")
        if curly is not None:
            meant = curly["inner"]
            message = f"Write {meant} without these quotes, or with straight ones: they are part of the value here."
            notes.error("curly-quotes", path, message, change(f"Write {meant}", path, meant))
        elif plain and plain != given.strip(" ") and "\n" not in given:
            message = "Remove the invisible space at this value's beginning or end: it is part of the value here."
            notes.error("odd-space", path, message, change("Remove it", path, plain))
