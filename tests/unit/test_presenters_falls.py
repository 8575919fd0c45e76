"""Who fell when, in a few rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from desktop_app.core.diagnosis.model import Fall, Part
from desktop_app.presenters.failures.falls import MOST_ROWS, fall_rows

BEGAN = datetime(2026, 11, 22, 7, 0, 12, tzinfo=UTC)


def fall(rank: int, part: Part = Part.ECHO, order: int = 1, after: float | None = 0.3, text: str = "") -> Fall:
    return Fall(rank, part, order, None if after is None else BEGAN + timedelta(seconds=after), 1, text)


def test_ranks_that_fell_alike_and_together_share_a_row_behind_the_cause() -> None:
    echoes = [fall(each, text=f"Connection closed by peer [127.0.0.1]:4{each}") for each in (0, 1, 2)]
    rows = fall_rows([*echoes, fall(3, Part.CAUSE, 0, 0.0, "RuntimeError: sizes")])
    assert [(each.called, each.part_words, each.when, each.place) for each in rows] == [
        ("rank 3", "the cause", "", 0.0),
        ("ranks 0–2", "an echo", "+0.3 s", 1.0),
    ]
    assert rows[0].text == "RuntimeError: sizes"
    assert rows[1].spoken == "ranks 0–2, an echo, 0.3 s after the first: Connection closed by peer [127.0.0.1]:40"


def test_what_is_further_apart_or_said_otherwise_has_a_row_of_its_own() -> None:
    rows = fall_rows([fall(0, Part.CAUSE, 0, 0.0), fall(1), fall(2, after=9.0), fall(3, Part.OWN, 1)])
    assert [each.ranks for each in rows] == [(0,), (1,), (3,), (2,)]
    assert {each.place for each in rows if each.ranks == (2,)} == {1.0}


def test_without_a_clock_the_order_is_all_there_is_to_tell() -> None:
    rows = fall_rows([fall(1, after=None), fall(0, Part.CAUSE, 0, None, "boom")])
    assert [(each.called, each.when, each.after) for each in rows] == [("rank 0", "", None), ("rank 1", "", None)]
    assert rows[1].text == "exit code 1", "whoever says nothing still has an exit code"


def test_who_finished_stands_last_and_on_no_line() -> None:
    rows = fall_rows([fall(0, Part.FINISHED, 0, 5.0), fall(1, Part.CAUSE, 1, 0.0)])
    assert [(each.called, each.part_words, each.after) for each in rows] == [
        ("rank 1", "the cause", 0.0),
        ("rank 0", "had finished", None),
    ]


def test_many_rows_end_in_a_count() -> None:
    rows = fall_rows([fall(each, Part.OWN, each, each * 2.0, "x" * each) for each in range(20)])
    assert len(rows) == MOST_ROWS
    assert rows[-1].spoken == f"{20 - MOST_ROWS + 1} more"


def test_one_rank_is_no_picture() -> None:
    assert fall_rows([fall(0, Part.CAUSE)]) == ()


def test_ranks_with_roles_are_called_by_them() -> None:
    rows = fall_rows([fall(0, Part.CAUSE, 0, 0.0), fall(1)], {0: "ps0 (rank 0)", 1: "w0 (rank 1)"})
    assert [each.called for each in rows] == ["ps0 (rank 0)", "w0 (rank 1)"]
