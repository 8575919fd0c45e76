"""What to collect next, where logs do not hold the cause: runs again with variables set, which tell more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from desktop_app.api import Explanation, Fix
from desktop_app.core.diagnosis.exceptions import WEAK

MOST = 3


def steps_of(cause: Explanation | None, found: Sequence[Explanation]) -> tuple[Fix, ...]:
    """Return the changes to run again with, the most telling first, each once; nothing where the cause is sure."""
    if cause is not None and cause.certainty > WEAK:
        return _once([cause.rerun])
    return _once(each.rerun for each in ([cause] if cause is not None else []) + list(found))


def _once(fixes: Iterable[Fix | None]) -> tuple[Fix, ...]:
    kept: list[Fix] = []
    for each in fixes:
        if each is not None and each not in kept:
            kept.append(each)
    return tuple(kept[:MOST])
