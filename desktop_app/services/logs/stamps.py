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
from datetime import UTC, datetime
from functools import lru_cache

_DAY = 86_400.0

_BEFORE = (
    rb"(?:\x1b\[[0-9;]*m|\xef\xbb\xbf"  # colours, a byte order mark
    rb"|\[(?:rank|default)?[ ]?\d{1,6}\]:[ ]?|\[\d+,[ ]?\d+\](?:<std(?:out|err)>)?:?[ ]?"  # torchrun, Open MPI
    rb"|\[\d{1,6}\]<std(?:out|err)>:[ ]?"  # Horovod
    rb"|(?:rank[ ]?)?\d{1,6}:[ ]"  # srun --label
    rb"|\([^()\n]{1,60}pid=\d+[^()\n]{0,60}\)[ ]"  # Ray
    rb"|(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL)[ :]{1,4}"
    rb"|\[(?:TRACE|DEBUG|INFO|WARN(?:ING)?|ERROR|CRITICAL|FATAL)[^\]\n]{0,60}\][ ]"
    rb"|[ ]|\[|<){0,8}"
)
_CLOCK = rb"(\d{2}):(\d{2}):(\d{2})(?:[.,:](\d{1,9}))?"
_ZONE = rb"(?:[ ]?(Z\b|UTC\b|GMT\b|[+-]\d{2}:?\d{2}\b))?"
_MONTHS = rb"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_STAMP = re.compile(
    rb"^" + _BEFORE + rb"(?:"
    rb"(\d{4})[-/](\d{2})[-/](\d{2})[T ]" + _CLOCK + _ZONE  # 1-8
    + rb"|[IWEFDV](\d{2})(\d{2})[ ]" + _CLOCK  # 9-14
    + rb"|(\d{2})/(\d{2})/(\d{4}|\d{2})[ ]" + _CLOCK  # 15-21
    + rb"|(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),?[ ])?" + _MONTHS + rb"[ ]{1,2}(\d{1,2})[ ]" + _CLOCK  # 22-27
    + rb"(?:[ ](\d{4})\b)?"  # 28
    rb"|([12]\d{9})[.](\d{3,9})(?=[\]\s:,])"  # 29-30
    rb")",
    re.MULTILINE,
)  # fmt: skip
_MONTH = {name: number for number, name in enumerate(_MONTHS[1:-1].split(b"|"), 1)}


def stamps_in(data: bytes, latest: float) -> Iterator[tuple[int, float]]:
    """Yield where a line of `data` begins that bears a stamp, and its moment in seconds since the epoch.

    `latest` is a moment that none of them can be after, but for a day: it gives years to stamps without one.
    """
    for found in _STAMP.finditer(data):
        moment = _moment(found, latest)
        if moment is not None:
            yield found.start(), moment


def stamp_of(line: bytes, latest: float) -> float | None:
    """Return the moment that a line begins with, None where it begins with none."""
    found = _STAMP.match(line)
    return None if found is None else _moment(found, latest)


def _moment(found: re.Match[bytes], latest: float) -> float | None:
    groups = found.groups()
    for first, read in _READERS:
        if groups[first] is not None:
            try:
                return read(groups[first:], latest)
            except (ValueError, OverflowError, OSError):  # the 31st of February, the year 0
                return None
    return None


_Groups = Sequence[bytes]


def _iso(groups: _Groups, _latest: float) -> float:
    year, month, day, *clock = groups[:7]
    return _hour(int(year), int(month), int(day), int(clock[0]), groups[7]) + _within(clock)


def _glog(groups: _Groups, latest: float) -> float:
    month, day, *clock = groups[:6]
    return _yearless(int(month), int(day), clock, latest)


def _american(groups: _Groups, _latest: float) -> float:
    month, day, year, *clock = groups[:7]
    full = int(year) + (2000 if len(year) == 2 else 0)
    return _hour(full, int(month), int(day), int(clock[0]), None) + _within(clock)


def _syslog(groups: _Groups, latest: float) -> float:
    month, day, *clock = groups[:6]
    if groups[6] is None:
        return _yearless(_MONTH[month], int(day), clock, latest)
    return _hour(int(groups[6]), _MONTH[month], int(day), int(clock[0]), None) + _within(clock)


def _epoch(groups: _Groups, _latest: float) -> float:
    return float(b".".join(groups[:2]))


_READERS: tuple[tuple[int, Callable[[_Groups, float], float]], ...] = (
    (0, _iso), (8, _glog), (14, _american), (21, _syslog), (28, _epoch),
)  # fmt: skip
"""Which group of _STAMP is the first of each form."""


def _within(clock: _Groups) -> float:
    """Return the seconds since the full hour of (hour, minute, second, fraction)."""
    minute, second, fraction = int(clock[1]), int(clock[2]), clock[3]
    if minute > 59 or second > 60:
        raise ValueError(minute)
    return 60.0 * minute + second + (int(fraction) / 10 ** len(fraction) if fraction else 0.0)


def _yearless(month: int, day: int, clock: _Groups, latest: float) -> float:
    year = datetime.fromtimestamp(latest, UTC).year
    for each in range(year + 1, year - 5, -1):
        try:
            moment = _hour(each, month, day, int(clock[0]), None) + _within(clock)
        except ValueError:  # the 29th of February
            continue
        if moment <= latest + _DAY:
            return moment
    raise ValueError(day)


@lru_cache(maxsize=4096)
def _hour(year: int, month: int, day: int, hour: int, zone: bytes | None) -> float:
    """Return when an hour began, in seconds since the epoch."""
    if zone is None:
        return datetime(year, month, day, hour).astimezone().timestamp()
    shift = 0.0
    if zone[:1] in b"+-":
        sign = -1.0 if zone[:1] == b"-" else 1.0
        shift = sign * (3600.0 * int(zone[1:3]) + 60.0 * int(zone[-2:]))
    return datetime(year, month, day, hour, tzinfo=UTC).timestamp() - shift
