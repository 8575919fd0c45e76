"""What a spread draws, in words; whatever stands in the file."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api.kit import spread_words


@pytest.mark.parametrize(
    ("spread", "said"),
    [
        ({"type": "choice", "values": [1]}, "1 value: nothing is tried out."),
        ({"type": "Choice", "values": ["a", "b"]}, "2 values, each as often."),
        ({"type": "randint", "upper": 8}, "A whole number from 0 to 7."),
        ({"type": "quniform", "min_value": 1, "max_value": 9, "q": 2}, "Any number from 1 to 9, in steps of 2."),
        ({"type": "loguniform", "min_value": 0, "max_value": 2},
         "1 to 7.389, as often below 2.718 as above. The file holds the exponents: exp(0) to exp(2)."),
        ({"type": "normal", "mu": 2, "sigma": 0.5}, "Around 2: two of three between 1.5 and 2.5."),
        ({"type": "lognormal", "mu": 0, "sigma": 1},
         "Around 1: two of three between 0.3679 and 2.718. The file says exp(normal(0, 1))."),
        ({"type": "uniform", "min_value": 9, "max_value": 1}, ""),
        ({"type": "uniform", "min_value": "1"}, ""),
        ({"type": "choice", "values": []}, ""),
        ({"type": "uniform", "min_value": 0, "max_value": 10**400}, ""),
        ({}, ""),
    ],
)  # fmt: skip
def test_each_spread_in_words(spread: dict[str, object], said: str) -> None:
    assert spread_words(spread) == said  # type: ignore[arg-type]


values = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=3), st.lists(st.integers()))
keys = st.sampled_from(["values", "upper", "min_value", "max_value", "mu", "sigma", "q"])
kinds = st.sampled_from(["choice", "randint", "uniform", "qloguniform", "lognormal", "qnormal", "other"])


@given(
    kinds, st.dictionaries(st.sampled_from(["values", "upper", "min_value", "max_value", "mu", "sigma", "q"]), values)
)
def test_nothing_in_a_file_stops_it(kind: str, spread: dict[str, object]) -> None:
    assert isinstance(spread_words({**spread, "type": kind}), str)  # type: ignore[dict-item]
