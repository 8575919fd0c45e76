"""Sizes and times as a person reads them, the same in the window, on the command line and in a plan's facts.

Times are cut off, never rounded up, as a clock does: what stands beside each other agrees.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UTC_TIME = re.compile(r"\b([01]\d|2[0-3]):([0-5]\d):([0-5]\d) UTC\b")
_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))


def size_text(size: int) -> str:
    """Return a number of bytes: 999 B, 1.5 kB, 14 kB, 2.5 GB."""
    if size < 1000:
        return f"{size} B"
    scaled = float(size)
    for unit in ("kB", "MB", "GB", "TB"):
        scaled /= 1000
        if scaled < 999.5 or unit == "TB":
            break
    return f"{scaled:.1f} {unit}" if scaled < 9.95 else f"{scaled:.0f} {unit}"


def cost_text(minutes: int, size_mb: int) -> str:
    """Return what making something costs, roughly: `about 3 minutes, 1.1 GB`; empty where nobody knows."""
    parts = [plural(minutes, "minute") if minutes else "", size_text(size_mb * 1_000_000) if size_mb else ""]
    said = ", ".join(filter(None, parts))
    return f"about {said}" if said else ""


def clock_text(seconds: float) -> str:
    """Return a time that goes on, as a clock shows it: 00:41, 34:02 or 1:02:03."""
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def in_local_time(text: str, last: datetime) -> str:
    """Return a sentence with its times (`07:00:00 UTC`) in this computer's zone; none of them is after `last`."""

    def local(match: re.Match[str]) -> str:
        hour, minute, second = map(int, match.groups())
        at = last.astimezone(UTC).replace(hour=hour, minute=minute, second=second, microsecond=0)
        at = at - timedelta(days=1) if at > last else at
        return f"{at.astimezone():%H:%M:%S %Z}"

    return _UTC_TIME.sub(local, text)


def took_text(seconds: float) -> str:
    """Return how long something took: 8.4 s, or as a clock shows it, 01:12 or 1:02:03."""
    return _tenths(seconds) if seconds < 60 else clock_text(seconds)


def spoken_duration(seconds: float) -> str:
    """Return a time in a sentence: 0.3 s, 4 s, 1 min 8 s or 2 h 5 min."""
    if seconds < 1:
        return _tenths(seconds)
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _tenths(seconds: float) -> str:
    return f"{int(max(0.0, seconds) * 10 + 1e-6) / 10:.1f} s"


def plural(count: int, noun: str) -> str:
    """Return `1 file`, `2 files`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def limit_text(seconds: int) -> str:
    """Return a time that was set, in at most two units: 1 d, 1 h 30 min, 90 s as 1 min 30 s."""
    parts = []
    for name, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "0 s"
