"""Long work as a generator that yields about every half a millisecond: a window's loop does it between two frames."""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]
"""Work in small steps; what it comes to is returned at the end."""


def finished(steps: Steps[T]) -> T:
    """Return what the work comes to, without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            result: T = ended.value
            return result
