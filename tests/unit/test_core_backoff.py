"""Back-off: longer and longer, up to a limit, and anew after an answer."""

from __future__ import annotations

import pytest

from desktop_app.core.backoff import Backoff


def test_it_grows_to_its_limit_and_begins_anew() -> None:
    backoff = Backoff(1.0, 2.0, 5.0)
    assert [backoff.next() for _ in range(5)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    backoff.reset()
    assert backoff.next() == 1.0


@pytest.mark.parametrize("given", [(-1.0, 2.0, 5.0), (1.0, 0.5, 5.0), (6.0, 2.0, 5.0)])
def test_senseless_ones_are_refused(given: tuple[float, float, float]) -> None:
    with pytest.raises(ValueError, match="no back-off"):
        Backoff(*given)
