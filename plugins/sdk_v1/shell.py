"""Words as a shell parts them, and back."""

from __future__ import annotations

import re
import shlex

_PLAIN = re.compile(r"[\w@%+=:,./${}-]+")


def words_of(text: str) -> list[str]:
    """Return a command's words as a shell would part them; parted at spaces where its quotes don't close."""
    try:
        return shlex.split(text)
    except ValueError:
        return text.split()


def text_of(words: list[str]) -> str:
    """Return words as a text that `words_of` parts again; placeholders and variables stay readable."""
    return " ".join(each if _PLAIN.fullmatch(each) else shlex.quote(each) for each in words)
