"""The known word that somebody probably meant."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches


def nearest(word: str, known: Sequence[str]) -> str:
    """Return a hint that names the known word closest to a wrong one, or else all there are."""
    close = get_close_matches(word, known, 1)
    if close:
        return f"Did you mean “{close[0]}”?"
    return f"Known: {', '.join(known)}." if known else "There are none."
