"""Time stamps in the lines of logs: when something was said, to tell who fell first."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone

from desktop_app.api.kit.log_lines import LogLines

_STAMP = re.compile(
    r"(?<!\d)(?P<date>\d{4}[-/]\d\d[-/]\d\d)[T ,](?P<time>\d\d:\d\d:\d\d)(?:[.,](?P<part>\d{1,9}))?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d)?"
    r"|(?<![\w])[IWEF](?P<month>\d\d)(?P<day>\d\d) (?P<glog>\d\d:\d\d:\d\d)\.(?P<micro>\d{6})"
)
_BACK = 60
_LOOKED_AT = 200
NO_ZONE = timezone(timedelta(0), "no zone")
"""Of times whose lines name no zone: they are compared as if it were UTC, as on most clusters."""
_FIRST_YEAR, _LAST_YEAR = 1980, 2200
APART = timedelta(minutes=30)
"""Logs whose last stamps are further apart were not written by the same clock, or not at the same time."""


def stamp_of(line: str) -> datetime | None:
    """Return the time that a line names, as UTC or in NO_ZONE; glog's, which have no year, are of the year 2000."""
    found = _STAMP.search(line[:_LOOKED_AT])
    if found is None:
        return None
    try:
        at = _moment(found)
    except (ValueError, OverflowError):
        return None
    return at if _FIRST_YEAR <= at.year < _LAST_YEAR else None


def _moment(found: re.Match[str]) -> datetime:
    if found["date"] is None:
        day = f"2000-{found['month']}-{found['day']}"
        return datetime.fromisoformat(f"{day}T{found['glog']}.{found['micro']}").replace(tzinfo=NO_ZONE)
    part = (found["part"] or "0").ljust(6, "0")[:6]
    zone = (found["zone"] or "").replace("Z", "+00:00")
    at = datetime.fromisoformat(f"{found['date'].replace('/', '-')}T{found['time']}.{part}{zone}")
    return at.astimezone(UTC) if zone else at.replace(tzinfo=NO_ZONE)


def time_at(log: LogLines, number: int) -> datetime | None:
    """Return when a line was written: by its own stamp, or by the last before it of the same writer."""
    writer = log.writers[number]
    for back in range(number, max(-1, number - _BACK), -1):
        if log.writers[back] == writer:
            at = stamp_of(log.lines[back])
            if at is not None:
                return at
    return None


def last_time(log: LogLines) -> datetime | None:
    """Return the last time stamp of a log."""
    for number in range(len(log.lines) - 1, max(-1, len(log.lines) - _LOOKED_AT), -1):
        at = stamp_of(log.lines[number])
        if at is not None:
            return at
    return None


def agree(logs: list[LogLines]) -> bool:
    """Whether the clocks of logs can be compared: each has stamps, and they end at about the same time."""
    times = [last_time(each) for each in logs]
    known = [each for each in times if each is not None]
    return bool(known) and len(known) == len(times) and max(known) - min(known) <= APART
