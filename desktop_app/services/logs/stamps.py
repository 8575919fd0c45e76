"""The times that programs write into their lines: where a line begins with one, and which moment it means.

Known forms: ISO dates (`2026-11-22 10:11:12,345`, `2026-11-22T10:11:12.1234567Z`, `+01:00`), also as TensorFlow,
DeepSpeed, Horovod, Ray and Azure ML write them; glog and absl (`I1122 10:11:12.345678`), also in brackets as c10d
does; American dates (`11/22/2026 10:11:12`); syslog and asctime (`Nov 22 10:11:12`, `Sun Nov 22 10:11:12 2026`);
and seconds since the epoch. A stamp without a zone means this machine's zone, one without a year the year that
brings it nearest to a moment it can't be after.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache

from desktop_app.api._log_forms import (
    AMERICAN_DATE,
    BRACKETED,
    CLOCK,
    DATE,
    EPOCH,
    GLOG_DAY,
    LABEL,
    MONTH,
    MONTHS,
    NO_DAY,
    NO_HOUR,
    SURE,
    WEEKDAY,
    ZONE,
    counted,
    plain,
)

_DAY = 86_400.0

_LEVEL = r"(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL)"
_BEFORE = "|".join((
    r"\x1b\[[0-9;]*m", r"\xef\xbb\xbf",  # colours, a byte order mark
    *map(plain, SURE), plain(LABEL) + " ", plain(BRACKETED) + ":? ?",
    _LEVEL + "[ :]{1,4}", rf"\[{_LEVEL}[^\]\n]{{0,60}}\] ", r" |\[|<",
))  # fmt: skip
_WHEN = "|".join((
    rf"{DATE}[T ]{CLOCK}(?: ?{ZONE})?",  # 1-8
    rf"{GLOG_DAY}(?<!0000) {CLOCK}",  # 9-14
    rf"{AMERICAN_DATE} {CLOCK}",  # 15-21
    rf"(?:{WEEKDAY},? )?{MONTH} {{1,2}}(\d{{1,2}}) {CLOCK}(?: (\d{{4}})\b)?",  # 22-28
    rf"(?:{NO_DAY}{NO_HOUR})?{EPOCH}(?=[\]\s:,])",  # 29-30
))  # fmt: skip
_BEGIN = r"(?=[\x1b\xef\[(< \dA-Zrw])"  # of all of them, so that most other lines are told by one letter
_STAMPED = rf"{_BEGIN}(?:{_BEFORE}){{0,8}}+(?:{counted(_WHEN)})"
_FIRST = re.compile(_STAMPED.encode())
_NEXT = re.compile(rb"\n" + _STAMPED.encode())  # found faster than "^" is, which is tried before every letter
_MONTH = {name.encode(): number for number, name in enumerate(MONTHS, 1)}


def stamps_in(data: bytes, latest: float) -> Iterator[tuple[int, float]]:
    """Yield where a line of `data` begins that bears a stamp, and its moment in seconds since the epoch.

    `latest` is a moment that none of them can be after, but for a day: it gives years to stamps without one.
    """
    first = stamp_of(data, latest)
    if first is not None:
        yield 0, first
    for found in _NEXT.finditer(data):
        moment = _moment(found, latest)
        if moment is not None:
            yield found.start() + 1, moment


def stamp_of(line: bytes, latest: float) -> float | None:
    """Return the moment that a line begins with, None where it begins with none."""
    found = _FIRST.match(line)
    return None if found is None else _moment(found, latest)


def _moment(found: re.Match[bytes], latest: float) -> float | None:
    first, read = _READERS[found.lastindex or 1]
    try:
        return read(found.groups()[first:], latest)
    except (ValueError, OverflowError, OSError):  # the 31st of February, the year 0
        return None


_Groups = Sequence[bytes]


def _iso(groups: _Groups, _latest: float) -> float:
    return _hour(*groups[:4], groups[7]) + _within(groups[3:7])


def _glog(groups: _Groups, latest: float) -> float:
    month, day = groups[:2]
    return _yearless(int(month), day, groups[2:6], latest)


def _american(groups: _Groups, _latest: float) -> float:
    month, day, year, hour = groups[:4]
    return _hour(year if len(year) == 4 else b"20" + year, month, day, hour, None) + _within(groups[3:7])


def _syslog(groups: _Groups, latest: float) -> float:
    month, day, hour, year = _MONTH[groups[0]], groups[1], groups[2], groups[6]
    if year is None:
        return _yearless(month, day, groups[2:6], latest)
    return _hour(year, b"%d" % month, day, hour, None) + _within(groups[2:6])


def _epoch(groups: _Groups, _latest: float) -> float:
    return float(b".".join(groups[:2]))


_FORMS: tuple[tuple[int, int, Callable[[_Groups, float], float]], ...] = (
    (0, 8, _iso), (8, 14, _glog), (14, 21, _american), (21, 28, _syslog), (28, 30, _epoch),
)  # fmt: skip
"""Which groups of _WHEN are each form's."""
_READERS = {group: (first, read) for first, end, read in _FORMS for group in range(first + 1, end + 1)}


def _within(clock: _Groups) -> float:
    """Return the seconds since the full hour of (hour, minute, second, fraction)."""
    minute, second, fraction = int(clock[1]), int(clock[2]), clock[3]
    if minute > 59 or second > 60:
        raise ValueError(minute)
    return 60.0 * minute + second + (int(fraction) / 10 ** len(fraction) if fraction else 0.0)


def _yearless(month: int, day: bytes, clock: _Groups, latest: float) -> float:
    within = _within(clock)
    for each in _hours(month, int(day), int(clock[0]), _year(int(latest // _DAY))):
        if each + within <= latest + _DAY:
            return each + within
    raise ValueError(day)


@lru_cache
def _year(days: int) -> int:
    return datetime.fromtimestamp(days * _DAY, UTC).year


@lru_cache(maxsize=1024)
def _hours(month: int, day: int, hour: int, year: int) -> tuple[float, ...]:
    """Return when an hour began in the years that come into question, the last one first."""
    found = []
    for each in range(year + 1, year - 5, -1):
        with suppress(ValueError):  # the 29th of February
            found.append(datetime(each, month, day, hour).astimezone().timestamp())
    return tuple(found)


@lru_cache(maxsize=4096)
def _hour(year: bytes, month: bytes, day: bytes, hour: bytes, zone: bytes | None) -> float:
    """Return when an hour began, in seconds since the epoch."""
    numbers = int(year), int(month), int(day), int(hour)
    if zone is None:
        return datetime(*numbers).astimezone().timestamp()
    shift = 0.0
    if zone[:1] in b"+-":
        sign = -1.0 if zone[:1] == b"-" else 1.0
        shift = sign * (3600.0 * int(zone[1:3]) + 60.0 * int(zone[-2:]))
    return datetime(*numbers, tzinfo=UTC).timestamp() - shift
