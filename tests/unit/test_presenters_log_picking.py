"""Which ranks are meant by what a person types, and how counts are put together."""

from __future__ import annotations

import pytest

from desktop_app.presenters.logs.picking import ranks_in
from desktop_app.services.logs.counts import grouped

LAUNCHER = 1 << 20
RANKS = (*range(8), LAUNCHER)
NAMES = {LAUNCHER: "mpirun"}


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("3", (3,)), ("0-3", (0, 1, 2, 3)), ("0–2, 7", (0, 1, 2, 7)), ("Rank 5", (5,)), ("ranks 1 2", (1, 2)),
        ("6-99", (6, 7)), ("mpirun, 0", (0, LAUNCHER)), ("0 - 2", (0, 1, 2)),
        ("", None), ("none", None), ("99", None), ("5-2", None), ("All ranks", None),
    ],
)  # fmt: skip
def test_ranks_are_known_by_their_numbers(text: str, meant: tuple[int, ...] | None) -> None:
    assert ranks_in(text, RANKS, NAMES) == meant


def test_ranks_with_equally_many_matches_stand_together() -> None:
    assert grouped({0: 12, 1: 12, 2: 0, 3: 40}) == [((3,), 40), ((0, 1), 12)]
    assert grouped({0: 0}) == []
