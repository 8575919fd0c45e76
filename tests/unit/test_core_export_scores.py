"""Candidates judged: what is slower or less right is never recommended, and the table says why."""

from __future__ import annotations

import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.exports.scores import LEAST_AGREEMENT, MOST_ERROR_OF_OTHERS, advice, rows_of
from desktop_app.core.exports.turns import bound, middle, ratio_text, speed

TIMES = st.lists(st.floats(1e-5, 1e2), min_size=1, max_size=60)


def _measured(**changed: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "name": "dynamic-int8",
        "title": "8-bit weights (dynamic)",
        "path": "/m/dynamic-int8.onnx",
        "bytes": 270,
        "error": None,
        "overflowing": [],
        "notes": [],
        "original_seconds": [0.010, 0.011] * 15,
        "seconds": [0.005, 0.006] * 15,
        "error_to_original": {"nrmse": 0.02, "argmax_agreement": 1.0, "cosine": 0.999, "finite": True, "rows": 90},
        "error_to_framework": {"nrmse": 0.02},
    }
    return {**row, **changed, "error_to_original": {**row["error_to_original"], **changed.get("error_to_original", {})}}


def _rows(*measured: dict[str, Any]) -> list[dict[str, Any]]:
    original = {
        "name": "original", "title": "Original", "path": "/m/m.onnx", "bytes": 1000, "nodes": 9,
        "timed_with": {"x": [2, 3]}, "framework": {"nrmse": 1e-7, "rows": 90},
    }  # fmt: skip
    return [dict(each) for each in rows_of({"threads": 2, "original": original, "rows": [*measured]})]


def test_what_is_faster_and_right_is_recommended() -> None:
    original, row = _rows(_measured())
    assert row["recommended"]
    assert row["why"] == "1.9 times as fast, 27% of the size, and its answers agree."
    assert row["ratio_bytes"] == pytest.approx(0.27)
    assert (original["name"], original["recommended"], original["speed_ratio"]) == ("original", False, 1.0)
    assert advice([original, row]) == "Take dynamic-int8: 1.9 times as fast, 27% of the size, and its answers agree."


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"seconds": [0.02] * 30}, "not worth its time"),
        ({"error_to_original": {"argmax_agreement": 0.9}}, "in 10% of 90 rows another value is the highest"),
        ({"error_to_original": {"nrmse": 0.35}}, "off by 35% of how much they vary"),
        ({"error_to_original": {"nrmse": None, "finite": False}}, "no numbers, or of another shape"),
        ({"overflowing": ["logits"]}, "(logits) become infinite"),
        ({"seconds": [0.010, 0.011] * 15, "bytes": 990}, "nothing is gained"),
        ({"seconds": [0.005], "original_seconds": [0.010]}, "too few or too uneven to compare"),
        ({"seconds": [0.001, 0.1] * 15}, "too few or too uneven to compare"),
        ({"name": "optimised", "error_to_original": {"nrmse": 0.01}}, "less right"),
    ],
)
def test_what_is_slower_or_less_right_is_not_and_says_why(changed: dict[str, Any], why: str) -> None:
    rows = _rows(_measured(**changed))
    assert not rows[1]["recommended"]
    assert rows[1]["right"] is ("less right" not in rows[1]["why"])
    assert why in rows[1]["why"]
    uneven = why.startswith("too few or too uneven")
    assert advice(rows).startswith("Keep the original for now" if uneven else "Keep the original: no candidate is both")


def test_smaller_at_the_same_speed_is_enough() -> None:
    row = _rows(_measured(seconds=[0.010, 0.011] * 15))[1]
    assert row["speed"] == "same"
    assert row["recommended"]
    assert row["why"].startswith("As fast as the original, 27% of the size")


def test_few_rows_are_said() -> None:
    assert "judged by 6 rows only" in _rows(_measured(error_to_original={"rows": 6}))[1]["why"]


def test_a_candidate_that_could_not_be_made_has_its_reason_and_the_way_out() -> None:
    rows = _rows(_measured(error="Without calibration data nothing is known.", hint="Give --calibration.", path=None))
    assert rows[1]["why"] == "Without calibration data nothing is known. Give --calibration."
    assert rows[1]["median_ms"] is None
    assert not rows[1]["recommended"]


@given(TIMES, TIMES, st.floats(0, 1), st.floats(0, 1), st.integers(1, 2000))
def test_nothing_slower_or_less_right_is_ever_recommended(
    first: list[float], second: list[float], nrmse: float, agreement: float, size: int
) -> None:
    error = {"nrmse": nrmse, "argmax_agreement": agreement}
    row = _rows(_measured(original_seconds=first, seconds=second, bytes=size, error_to_original=error))[1]
    if row["recommended"]:
        assert row["speed"] in ("faster", "same")
        assert nrmse <= MOST_ERROR_OF_OTHERS
        assert agreement >= LEAST_AGREEMENT
    assert row["why"].endswith(".")


@given(TIMES)
def test_the_same_times_are_the_same(times: list[float]) -> None:
    assert speed(times, times).word in ("same", "unclear")


@given(st.integers(8, 60), st.floats(1.2, 5), st.randoms(use_true_random=False))
def test_a_true_difference_is_seen_through_common_noise(rounds: int, factor: float, noise: random.Random) -> None:
    base = [noise.uniform(1, 3) for _ in range(rounds)]
    assert speed([each * factor for each in base], base).word == "faster"
    assert speed(base, [each * factor for each in base]).word == "slower"


@pytest.mark.parametrize(("spread", "same"), [(0.05, 390), (0.2, 0)])
def test_noise_alone_is_rarely_taken_for_a_difference(spread: float, same: int) -> None:
    noise = random.Random(6)

    def measured() -> list[float]:
        return [noise.gauss(1, spread) for _ in range(40)]

    words = [speed(measured(), measured()).word for _ in range(400)]
    assert words.count("faster") + words.count("slower") <= 10
    assert words.count("same") >= same


def test_much_noise_is_never_taken_for_sameness() -> None:
    assert speed([1.0, 1.5] * 20, [1.0, 2.0] * 19 + [1.0, 1.0]).word in ("slower", "unclear")
    assert speed([1.0, 2.0] * 20, [2.0, 1.0] * 20).word == "unclear"


def test_where_medians_and_rounds_disagree_neither_is_believed() -> None:
    """Most rounds say faster, the medians say slower: the machine was busy in some of them."""
    first, second = [10.0, 10.0, 10.0, 40.0, 40.0] * 20, [30.0, 5.0, 12.0, 12.0, 12.0] * 20
    found = speed(first, second)
    assert found.ratio > 1.03
    assert found.of_medians < 1
    assert found.word == "unclear"


def test_the_bound_is_that_of_the_sign_test() -> None:
    """For 30 rounds the 99 % interval of a median goes from the 8th to the 23rd value: Conover, table A3."""
    assert [bound(each) for each in (1, 7, 8, 10, 20, 30)] == [0, 0, 1, 1, 4, 8]


def test_the_middle_is_in_milliseconds() -> None:
    assert middle([0.001, 0.002, 0.003, 0.004, 0.005]) == pytest.approx((3.0, 2.0))
    assert middle([0.5]) == (500.0, 0.0)


def test_a_wide_interval_is_told_by_its_near_end() -> None:
    found = speed([1.0, 8.0] * 20, [0.1] * 40)
    assert found.word == "faster"
    assert found.text == "at least 10 times as fast"
    assert speed([0.1] * 40, [1.0, 8.0] * 20).text == "takes at least 10 times as long"
    assert speed([1.0] * 40, [0.5] * 40).text == "2.0 times as fast"


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (1.8, "1.8 times as fast"),
        (0.5, "takes 2.0 times as long"),
        (1.05, "1.05 times as fast"),
        (12.4, "12 times as fast"),
    ],
)
def test_speeds_in_words(ratio: float, text: str) -> None:
    assert ratio_text(ratio) == text
