"""Which ranks' logs are meant, as a person types them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_SPAN = re.compile(r"(\d+)(?:\s*[-–:]\s*(\d+))?")
_WORD = re.compile(r"^(?:all\s+)?ranks?\b", re.IGNORECASE)


def ranks_in(text: str, ranks: Sequence[int], names: Mapping[int, str]) -> tuple[int, ...] | None:
    """Return the ranks that a text such as `0-3, 7` or `mpirun` names, of those there are; None where it names none."""
    told = _WORD.sub("", text.strip()).strip()
    found: set[int] = set()
    for part in filter(None, (each.strip() for each in re.split(r"[,;\s](?![-–])(?<![-–]\s)", told))):
        span = _SPAN.fullmatch(part)
        if span:
            low, high = int(span[1]), int(span[2] or span[1])
            found |= {each for each in ranks if low <= each <= high and each not in names}
        else:
            found |= {each for each, name in names.items() if name == part}
    return tuple(sorted(found)) or None
