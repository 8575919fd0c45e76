"""How often the logs of one run are asked for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from desktop_app.backends.azureml.runs.log_copies import LogCopy
from desktop_app.backends.azureml.runs.log_pace import MOST_A_MINUTE, PACE, QUIET, QUIET_A_MINUTE, QUIETEST, LogPace


class Page:
    """An open page of a run, at a clock of its own; `grows` says which logs have something new when."""

    def __init__(self, many: int, grows: Callable[[int, float], bool]) -> None:
        self.now = 0.0
        self.logs = [LogCopy(str(number), Path(str(number)), "") for number in range(many)]
        self.asked: list[tuple[float, int]] = []
        self._grows, self._pace = grows, LogPace(lambda: self.now)

    def until(self, end: float) -> None:
        """Look four times a second."""
        while self.now < end:
            for each in self._pace.chosen(self.logs):
                self.asked.append((self.now, int(each.name)))
                self._pace.asked(each, len(self.logs), grew=self._grows(int(each.name), self.now))
            self.now += 0.25

    def a_minute(self) -> float:
        """Return how often logs were asked for in each of the last four minutes."""
        return sum(at >= self.now - 240 for at, _log in self.asked) / 4

    def longest_gap(self, log: int, since: float = 0) -> float:
        """Return the longest time between two looks at one log."""
        times = [at for at, each in self.asked if each == log and at > since]
        return max(after - before for before, after in pairwise(times))


def test_all_logs_of_a_page_that_opens_are_asked_for_at_once() -> None:
    page = Page(64, lambda _log, _now: False)
    page.until(0.25)
    assert len(page.asked) == 64


def test_one_quiet_log_is_asked_for_as_often_as_ever() -> None:
    page = Page(1, lambda _log, _now: False)
    page.until(600)
    assert page.longest_gap(0) <= QUIET + 0.25


def test_many_quiet_logs_are_asked_for_less_often_up_to_a_bound() -> None:
    page = Page(64, lambda _log, _now: False)
    page.until(600)
    assert page.a_minute() <= QUIET_A_MINUTE + 64 / 4  # one round more
    for many in (64, 1000):
        page = Page(many, lambda _log, _now: False)
        page.until(600)
        assert max(each.gap for each in page.logs) == min(QUIETEST, many * 60 / QUIET_A_MINUTE)


def test_however_many_grow_a_page_costs_no_more_and_each_has_its_turn() -> None:
    page = Page(64, lambda _log, _now: True)
    page.until(300)
    assert page.a_minute() <= MOST_A_MINUTE
    assert max(page.longest_gap(log) for log in range(64)) <= 64 * 60 / MOST_A_MINUTE + 2


def test_the_one_that_grows_among_quiet_ones_is_asked_for_every_second_or_two() -> None:
    page = Page(64, lambda log, _now: log == 5)
    page.until(300)
    assert page.longest_gap(5) <= 3 * PACE  # while the others are still asked for alike
    assert page.longest_gap(5, since=60) <= PACE + 1.25


def test_a_quiet_log_that_grows_again_is_asked_for_often_from_then_on() -> None:
    page = Page(64, lambda log, now: log == 5 and now > 100)
    page.until(300)
    assert page.longest_gap(5, since=100 + 64 * 60 / QUIET_A_MINUTE) <= PACE + 1.25
