"""Waiting longer and longer for what does not answer."""

from __future__ import annotations


class Backoff:
    """Seconds to wait before the next try: `first`, then `factor` times as long each time, never more than `limit`."""

    def __init__(self, first: float, factor: float, limit: float) -> None:
        if first < 0 or factor < 1 or limit < first:
            raise ValueError(f"no back-off: first {first}, factor {factor}, limit {limit}")
        self._first = first
        self._factor = factor
        self._limit = limit
        self._next = first

    def next(self) -> float:
        """Return how long to wait now, and wait longer the next time."""
        now = self._next
        self._next = min(self._limit, now * self._factor)
        return now

    def reset(self) -> None:
        """Begin anew, after an answer."""
        self._next = self._first
