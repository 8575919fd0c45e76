"""Whose an explanation is: the rank that a line speaks of, which need not be the one whose log it stands in."""

from __future__ import annotations

from desktop_app.api import Explanation
from desktop_app.api.failures import UNKNOWN_RANKS


def guilty_of(explanation: Explanation) -> int | None:
    """Return the rank that an explanation speaks of; None where that is not known."""
    if explanation.about is not None:
        return explanation.about
    return None if is_of_nobody(explanation.rank) else explanation.rank


def is_of_nobody(rank: int | None) -> bool:
    """Whether it is not known whose a log is."""
    return rank is None or rank >= UNKNOWN_RANKS
