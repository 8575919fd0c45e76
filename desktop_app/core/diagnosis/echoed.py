"""Lines that one explanation calls an echo and another more: the surer of the two counts."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import Explanation


def place_of(explanation: Explanation) -> tuple[int | None, str]:
    """Return whose log an explanation's line stands in, and the line."""
    return explanation.rank, explanation.line.strip()


def without_echoed(found: Sequence[Explanation]) -> list[Explanation]:
    """Leave out what is said of a line that somebody calls an echo at least as surely."""
    echoing: dict[tuple[int | None, str], float] = {}
    for each in found:
        if each.is_echo and each.line:
            echoing[place_of(each)] = max(each.certainty, echoing.get(place_of(each), 0))
    return [each for each in found if each.is_echo or each.certainty > echoing.get(place_of(each), -1)]
