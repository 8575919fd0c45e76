"""The memory of an export, forecast: what is expected, whether it fits, what is said."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.core.exports.forecast import Cost, cost_of, forecast, weights_of

MB, GB = 1_000_000, 1_000_000_000
COST = Cost(550 * MB, 4.5, 0.25)
SIZES = st.integers(0, 200 * GB)


@pytest.mark.parametrize(
    ("weights", "available", "fits", "text"),
    [
        (100 * MB, 8 * GB, True, "It needs about 1.0 GB of memory; 8.0 GB are free."),
        (0, 8 * GB, None, "It needs at least 550 MB of memory; 8.0 GB are free."),
        (100 * MB, 1100 * MB, None, "perhaps 1.2 GB; 1.1 GB are free, which may be too little."),
        (4 * GB, 8 * GB, False, "It needs about 19 GB of memory, and only 8.0 GB are free: it would probably be ended"),
        (0, 500 * MB, False, "only 500 MB are free"),
    ],
)
def test_what_is_said(weights: int, available: int, fits: bool | None, text: str) -> None:
    found = forecast(COST, weights, available)
    assert found.fits is fits
    assert text in found.text
    assert found.is_warning is (fits is False)
    assert (found.bytes is None) is (weights == 0)


@given(SIZES, SIZES, SIZES)
def test_more_weights_never_fit_better(weights: int, more: int, available: int) -> None:
    order = {False: 0, None: 1, True: 2}
    small, large = sorted((weights + 1, weights + 1 + more))
    assert order[forecast(COST, large, available).fits] <= order[forecast(COST, small, available).fits]


def test_parameters_tell_more_than_a_file_with_an_optimiser_in_it() -> None:
    assert weights_of(300 * MB, 25 * MB) == 100 * MB
    assert weights_of(300 * MB, None) == 300 * MB


def test_the_cost_of_a_kind_goes_before_that_of_all() -> None:
    special, other = Cost(1, 1, 0), Cost(2, 2, 0)
    costs = {"keras": other, "keras/saved-model": special}
    assert cost_of(costs, "saved-model", "horovod-tensorflow", "keras") is special
    assert cost_of(costs, "keras", "keras", "") is other
    assert cost_of(costs, "python", "pytorch", "") is None
