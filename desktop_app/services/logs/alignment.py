"""Clocks of ranks that disagree by minutes or hours, set right by what the ranks say in common.

Where a clock file says when bytes came, a log's timeline sees by itself. Logs from elsewhere have none: but ranks of
one run say many things together. Lines that differ in nothing but whose they are, at the beginning and at the end of
two logs alike, and always by the same time apart, were written by clocks that are that far apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from desktop_app.services.logs.alike import alike
from desktop_app.services.logs.text import shown_text
from desktop_app.services.logs.timeline import Timeline, rounded

APART = 600.0
"""Seconds from which on two clocks are said to disagree; ranks may well wait that long for each other."""
_STEADY = 60.0  # seconds by which the differences may differ
_LOGS = 512  # no more are compared: that would take longer than a person likes to wait


def align(logs: Sequence[Timeline]) -> None:
    """Set right the clocks of logs that are not told by arrival, against those that are, else against most."""
    if not 1 < len(logs) <= _LOGS:
        return
    first = {id(each): moment for each in logs if (moment := each.first_stamp) is not None}
    stamped = [each for each in logs if id(each) in first]
    known = [each for each in stamped if each.is_told_by_arrival] or stamped
    middle = _middle([first[id(each)] for each in known]) if known else 0.0
    odd = [each for each in stamped if not each.is_told_by_arrival and abs(first[id(each)] - middle) > APART]
    if odd:
        common = _said(next(each for each in known if first[id(each)] == middle))
        for each in odd:
            each.set_shift(-difference(_said(each), common))


def difference(said: Mapping[str, float], common: Mapping[str, float]) -> float:
    """Return by how many seconds one clock is ahead of another; 0 where they agree or nothing tells."""
    apart = [moment - common[text] for text, moment in said.items() if text in common]
    if not apart:
        return 0.0
    middle = _middle(apart)
    if abs(middle) < APART or max(apart) - min(apart) > 2 * _STEADY:
        return 0.0
    return rounded(middle)


def _middle(values: Sequence[float]) -> float:
    """Return the lower median; `statistics` takes long to import."""
    return sorted(values)[(len(values) - 1) // 2]


def _said(log: Timeline) -> dict[str, float]:
    """Return the stamped lines at a log's beginning and end that stand there once, and when they were written."""
    found: dict[str, float] = {}
    twice: set[str] = set()
    for line, moment in log.stamped_lines():
        text = alike(shown_text(line, log.encoding))
        if text in found:
            twice.add(text)
        found[text] = moment
    return {text: moment for text, moment in found.items() if text not in twice}
