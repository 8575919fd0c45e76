"""Times of two things that were measured in turns, compared without supposing how times are spread."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

SAME = 0.03
"""Parts of a time that make no difference to anybody, however surely they were measured."""
NEAR = 1.15
"""A ratio that may be further from 1 than that is not called the same: the machine had other things to do."""
WIDE = 2.0
"""An interval whose end is more than that many times its beginning: its near end is told, not what lies in it."""
_DOUBT = 0.01
"""The share of cases in which the interval of a ratio may miss the truth."""


@dataclass(frozen=True, slots=True)
class Speed:
    """How many times as fast the second is as the first; `word` is faster, slower, same or unclear.

    `ratio` is the median of the rounds' ratios; `low` and `high` hold the true one in 99 of 100 cases, and are None
    where there are too few rounds to say. `of_medians` is the ratio of both medians: on a machine that is busy now and
    then the two may disagree, and then neither is believed.
    """

    ratio: float
    low: float | None
    high: float | None
    rounds: int
    of_medians: float

    @property
    def word(self) -> str:
        """What may be said of it: a difference within the noise, or too small to matter, is none."""
        if self.low is None or self.high is None:
            return "unclear"
        if self.low > 1 and min(self.ratio, self.of_medians) > 1 + SAME:
            return "faster"
        if self.high < 1 and max(self.ratio, self.of_medians) < 1 / (1 + SAME):
            return "slower"
        near = min(self.low, self.of_medians) >= 1 / NEAR and max(self.high, self.of_medians) <= NEAR
        return "same" if near else "unclear"

    @property
    def bound(self) -> float | None:
        """How many times as fast at least (or at most, where it is slower); None where `ratio` itself may be told."""
        if self.low is None or self.high is None or self.high / self.low <= WIDE:
            return None
        return {"faster": self.low, "slower": self.high}.get(self.word)

    @property
    def text(self) -> str:
        """The speed in words: `1.8 times as fast`, `at least 7.1 times as fast`."""
        return ratio_text(self.ratio) if self.bound is None else at_least(self.bound)


def speed(first: Sequence[float], second: Sequence[float]) -> Speed:
    """Compare the seconds of two things round by round; what befell the machine in a round befell both.

    The interval is the sign test's, from order statistics. Raises ValueError where nothing was measured.
    """
    ratios = sorted(a / b for a, b in zip(first, second, strict=False))
    if not ratios:
        raise ValueError("nothing was measured")
    place = bound(len(ratios))
    low, high = (ratios[place - 1], ratios[-place]) if place else (None, None)
    of_medians = statistics.median(first) / statistics.median(second)
    return Speed(statistics.median(ratios), low, high, len(ratios), of_medians)


def bound(rounds: int) -> int:
    """Return which of the sorted values, counted from each end, bounds the median's interval; 0 where none does."""
    below, place = 0.0, 0
    while place <= rounds // 2:
        below += math.comb(rounds, place) / 2**rounds
        if below > _DOUBT / 2:
            break
        place += 1
    return place


def middle(seconds: Sequence[float]) -> tuple[float, float]:
    """Return the median and the width of the middle half, in milliseconds."""
    if len(seconds) == 1:
        return seconds[0] * 1e3, 0.0
    low, median, high = statistics.quantiles(seconds, n=4, method="inclusive")
    return median * 1e3, (high - low) * 1e3


def ratio_text(ratio: float) -> str:
    """Return a speed in words: `1.8 times as fast`, `takes 1.3 times as long`."""
    return f"{_times(ratio)} times as fast" if ratio >= 1 else f"takes {_times(1 / ratio)} times as long"


def at_least(bound: float) -> str:
    """Return the near end of a wide interval in words."""
    if bound >= 1:
        return f"at least {ratio_text(bound)}"
    return ratio_text(bound).replace("takes ", "takes at least ")


def _times(ratio: float) -> str:
    return f"{ratio:.2f}" if ratio < 1.1 else f"{ratio:.1f}" if ratio < 9.95 else f"{ratio:.0f}"
