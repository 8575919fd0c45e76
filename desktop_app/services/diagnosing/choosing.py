"""Which of very many logs are read closely: a few of each that end alike, so that the odd one among them is there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping

from desktop_app.services.diagnosing.sources import LogBytes

MOST = 64
_END = 8 << 10
_DIGITS = re.compile(rb"\d+|0x[0-9a-f]+")
_ERROR = re.compile(rb"^.{0,60}(?:Error|Exception|ERROR|FATAL|error:|Killed|fault).*$", re.MULTILINE)


def chosen(logs: Mapping[int, list[LogBytes]], most: int = MOST) -> list[int]:
    """Return the numbers of at most `most` logs: of those that end alike some, of the rarest first."""
    if len(logs) <= most:
        return sorted(logs)
    alike: dict[bytes, list[int]] = defaultdict(list)
    for number in sorted(logs):
        alike[_ending(logs[number][-1])].append(number)
    groups = sorted(alike.values(), key=len)
    found: list[int] = []
    for row in range(most):
        found += [group[row] for group in groups if row < len(group)]
        if len(found) >= most:
            break
    return sorted(found[:most])


def _ending(log: LogBytes) -> bytes:
    """Return the first error near a log's end, or else its last line, without numbers."""
    data = log.read(max(0, log.size() - _END), _END)
    found = _ERROR.search(data)
    line = found[0] if found is not None else data.rstrip().rpartition(b"\n")[2][:200]
    return _DIGITS.sub(b"", line[:300])
