"""When a run is quiet by its own habit. No clock runs: all times are handed in."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.habits import Lack, Quiet, is_busy, lacking, quiet, rough, usual_gap

EVERY_3_S = [3.0 * each for each in range(100)]  # until 297
EVERY_MINUTE = [60.0 * each for each in range(30)]  # until 1740


@pytest.mark.parametrize(
    ("beats", "now", "busy", "since"),
    [
        (EVERY_3_S, 297 + 59, False, None),
        (EVERY_3_S, 297 + 61, False, 297.0),
        (EVERY_3_S, 297 + 61, None, 297.0),
        (EVERY_3_S, 297 + 61, True, 297.0),  # an all-reduce that nobody ends keeps its CPU busy
        (EVERY_MINUTE, 1740 + 299, False, None),
        (EVERY_MINUTE, 1740 + 301, False, 1740.0),
        (EVERY_MINUTE, 1740 + 599, True, None),
        (EVERY_MINUTE, 1740 + 601, True, 1740.0),
        ([0.0, 1.0, 2.0], 2 + 299, False, None),  # no habit yet
        ([0.0, 1.0, 2.0], 2 + 301, False, 2.0),
        ([0.0, 1.0, 2.0], 2 + 9999, True, None),
        ([0.0, 1.0, 2.0], 2 + 9999, None, None),
        ([], 1e9, False, None),
    ],
)
def test_quiet_by_its_own_habit(beats: list[float], now: float, busy: bool | None, since: float | None) -> None:
    found = quiet(beats, now, busy=busy)
    assert (found.since if found else None) == since


def test_what_takes_long_now_and_then_is_usual() -> None:
    """Steps of a second, and every 15 of them an evaluation of 50 s: a tenth of its gaps is long."""
    beats, at = [], 0.0
    for step in range(300):
        at += 50.0 if step % 15 == 14 else 1.0
        beats.append(at)
    assert quiet(beats, at + 240, busy=False) is None
    assert quiet(beats, at + 260, busy=False) is not None


def test_one_long_gap_is_no_habit() -> None:
    beats = [*EVERY_3_S, 297.0 + 5000, *[5297.0 + 3 * each for each in range(1, 50)]]
    assert usual_gap([after - before for before, after in itertools.pairwise(beats)]) == 3.0


def test_ranks_that_write_together_write_once() -> None:
    beats = [at + rank / 1000 for at in EVERY_MINUTE for rank in range(8)]
    assert quiet(beats, 1740 + 290, busy=False) is None


def test_a_machine_that_slept_starts_counting_anew() -> None:
    assert quiet(EVERY_3_S, 9000.0, busy=False, awake_since=8990.0) is None
    found = quiet(EVERY_3_S, 9000.0, busy=False, awake_since=8900.0)
    assert found is not None
    assert found.since == 8900.0


@given(st.lists(st.floats(0, 1e6), max_size=60), st.floats(0, 1e6), st.none() | st.booleans())
def test_never_before_a_minute_and_more_so_as_time_passes(beats: list[float], wait: float, busy: bool | None) -> None:
    last = max(beats, default=0.0)
    now = quiet(beats, last + wait, busy=busy)
    assert now is None or wait > 60
    if now is not None:
        assert quiet(beats, last + wait + 100, busy=busy) == now


def test_busy_is_as_before() -> None:
    assert is_busy([], [90.0]) is None
    assert is_busy([90.0, 80.0, 91.0], [95.0]) is True
    assert is_busy([3.0, 90.0, 2.0], [95.0]) is False
    assert is_busy([20.0], [400.0]) is False
    assert is_busy([20.0], []) is True


def test_what_is_said() -> None:
    found = Quiet(1000.0, 3.0, busy=False)
    assert found.text(1240.0) == "quiet for 4 min"
    assert found.sentence(1240.0) == (
        "No log and no metric for 4 min; until then something came every 3 s at least. Its CPU and GPU are idle."
    )
    assert Quiet(0.0, None, busy=None).sentence(400.0) == "No log and no metric for 6 min."
    assert [rough(each) for each in (61.0, 150.0, 7300.0)] == ["1 min 1 s", "2 min", "2 h 1 min"]


def test_one_sign_alone_may_be_missing() -> None:
    """Steps of a second, and every 100 of them an evaluation of three minutes without any."""
    steps, at = [], 0.0
    for step in range(450):
        at += 180.0 if step % 100 == 99 else 1.0
        steps.append(at)
    assert lacking(steps, at + 350, Lack.STEPS) is None, "twice the longest evaluation is nothing"
    found = lacking(steps, at + 370, Lack.STEPS)
    assert found is not None
    assert found.text(at + 370) == "without a metric for 6 min"
    assert found.sentence(at + 370).endswith("every 1 s at least. Its log goes on.")
    assert lacking(steps, at + 370, Lack.STEPS, awake_since=at + 100) is None
    assert lacking([1.0, 2.0], 1e6, Lack.GPU) is None, "no habit"
