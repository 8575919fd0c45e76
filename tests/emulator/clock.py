"""The emulator's time, which can be put ahead or back to see what a client makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

_TICKS_EPOCH = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(slots=True)
class Clock:
    """Tells the service's time: this machine's, moved by `skew`."""

    skew: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """Return the service's time in UTC."""
        return datetime.now(UTC) + self.skew


def stamp(when: datetime) -> str:
    """Write a time as the data plane and most ARM answers do: `+00:00`, no trailing zeros in the fraction."""
    fraction = f"{when.microsecond:06d}".rstrip("0")
    return f"{when.year:04d}" + when.strftime("-%m-%dT%H:%M:%S") + (f".{fraction}" if fraction else "") + "+00:00"


def stamp_z(when: datetime) -> str:
    """Write a time as workspaces do: ending in Z."""
    return stamp(when).removesuffix("+00:00") + "Z"


def ticks(when: datetime) -> int:
    """Count 100 ns since the year 1, as .NET does."""
    return (when - _TICKS_EPOCH) // timedelta(microseconds=1) * 10


def utc(seconds: float) -> datetime:
    """Return the time of a count of seconds since 1970."""
    return datetime.fromtimestamp(seconds, UTC)
