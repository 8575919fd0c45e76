"""Something that is made when it is first asked for: most programs never ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Later(Generic[T]):
    """A value and how it is made."""

    make: Callable[[], T]
    made: T | None = field(default=None, init=False)

    def get(self) -> T:
        """Return the value, made at the first call."""
        if self.made is None:
            self.made = self.make()
        return self.made
