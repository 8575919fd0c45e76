"""Clocks of ranks that disagree by minutes or hours, set right by what the ranks say in common.

Where a clock file says when bytes came, a log's timeline sees by itself. Logs from elsewhere have none: but ranks of
one run say many things together. Lines that differ in nothing but whose they are, at the beginning and at the end of
two logs alike, and always by the same time apart, were written by clocks that are that far apart.
"""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence

from desktop_app.services.logs.alike import alike
from desktop_app.services.logs.text import shown_text
from desktop_app.services.logs.timeline import Timeline, rounded

APART = 600.0
"""Seconds from which on two clocks are said to disagree; ranks may well wait that long for each other."""
_STEADY = 60.0  # seconds by which the differences may differ
_LOGS = 512  # no more are compared: that would take longer than a person likes to wait


def align(logs: Sequence[Timeline]) -> None:
    """Set right the clocks of logs that are not told by arrival, against the first that is, else the first."""
    if not 1 < len(logs) <= _LOGS:
        return
    stamped = [each for each in logs if each.has_stamps()]
    reference = next((each for each in stamped if each.is_told_by_arrival), stamped[0] if stamped else None)
    if reference is None or all(each.is_told_by_arrival for each in stamped):
        return
    said = {id(each): _said(each) for each in stamped}
    base = _majority([said[id(each)] for each in stamped]) if not reference.is_told_by_arrival else None
    common = said[id(reference)] if base is None else base
    for each in stamped:
        if not each.is_told_by_arrival:
            each.set_shift(-difference(said[id(each)], common))


def difference(said: Mapping[str, float], common: Mapping[str, float]) -> float:
    """Return by how many seconds one clock is ahead of another; 0 where they agree or nothing tells."""
    apart = [moment - common[text] for text, moment in said.items() if text in common]
    if not apart:
        return 0.0
    middle = statistics.median(apart)
    if abs(middle) < APART or max(apart) - min(apart) > 2 * _STEADY:
        return 0.0
    return rounded(middle)


def _majority(said: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    """Return what the log says with whose clock most others agree."""
    votes = Counter[int]()
    few = said[:16]
    for index, each in enumerate(few):
        votes[index] = sum(difference(other, each) == 0.0 and bool(each.keys() & other.keys()) for other in few)
    return few[votes.most_common(1)[0][0]]


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
