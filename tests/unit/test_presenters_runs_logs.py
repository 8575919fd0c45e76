"""The window of log lines: kept in order while lines come before, after and in between; never more than it may hold."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.presenters import log_merge
from desktop_app.presenters.log_merge import LogPage, asked_for
from desktop_app.presenters.logs.folding import Folding, tone_of
from desktop_app.services.logs.alike import alike
from desktop_app.services.logs.feed import Change, Update
from desktop_app.services.logs.merge import LogLine, Window


def line(time: float, rank: int, offset: int, text: str = "text", *, size: int = 10, complete: bool = True) -> LogLine:
    return LogLine(time, rank, offset, size, text, complete, alike(text))


def page_of(lines: list[LogLine], *, merged: bool = True, total: int = 0) -> LogPage:
    page = LogPage(merged=merged)
    total = total or sum(each.size for each in lines)
    page.apply(Update(1, Change.REPLACE, Window(tuple(lines), 0, total), total=total))
    return page


def test_the_same_line_of_several_ranks_is_one_row() -> None:
    page = page_of([line(1.0, rank, 0, "epoch 1") for rank in range(4)] + [line(1.2, 0, 10, "other")])
    assert [(each.ranks, each.line.text, each.lines) for each in page.rows] == [
        ((0, 1, 2, 3), "epoch 1", 4),
        ((0,), "other", 1),
    ]
    assert page.rows[0].size == 40
    assert page.index_of(2, 0) == 0


def test_lines_that_only_look_alike_stay_apart() -> None:
    apart = [
        line(1.0, 0, 0, "again"), line(1.1, 0, 10, "again"),  # the same rank twice
        line(2.0, 0, 20, "late"), line(9.0, 1, 0, "late"),  # long after
        line(10.0, 0, 30, ""), line(10.0, 1, 10, ""),  # empty
        line(11.0, 0, 40, "half", complete=False), line(11.0, 1, 20, "half"),  # it may grow
    ]  # fmt: skip
    assert len(page_of(apart).rows) == len(apart)
    assert len(page_of([line(1.0, 0, 0), line(1.0, 1, 0)], merged=False).rows) == 2


def test_ranks_that_say_the_same_in_turn_share_rows() -> None:
    """Each rank writes several lines before the next one does: none is next to its like."""
    lines = [line(1.0 + rank / 100, rank, 10 * each, text) for rank in range(3) for each, text in enumerate("abcab")]
    page = page_of(lines)
    assert [(each.ranks, each.line.text) for each in page.rows] == [((0, 1, 2), text) for text in "abcab"]


def test_what_differs_in_whose_it_is_alone_is_shown_once() -> None:
    page = page_of(
        [line(1.0, rank, 0, f"[rank{rank}]: Rank {rank} of 64 is up, pid {4000 + rank}") for rank in range(64)]
    )
    assert [(each.lines, each.span({})) for each in page.rows] == [(64, "0–63")]


def test_no_rank_is_turned_round() -> None:
    page = page_of([line(1.0, 0, 0, "a"), line(1.1, 0, 10, "b"), line(1.2, 1, 0, "b"), line(1.3, 1, 10, "a")])
    assert [(each.ranks, each.line.text) for each in page.rows] == [((0,), "a"), ((0, 1), "b"), ((1,), "a")]


def test_a_row_is_opened_and_closed() -> None:
    page = page_of([line(1.0 + rank / 10, rank, 0, "same") for rank in range(3)] + [line(2.0, 0, 10, "z")])
    before = page.place_of(1)
    assert page.toggle(0)
    assert [(each.ranks, each.part) for each in page.rows] == [((0, 1, 2), 0), ((1,), 1), ((2,), 2), ((0,), 0)]
    assert [page.index_of(rank, 0) for rank in range(3)] == [0, 1, 2]
    assert [page.index_of(0, 10), page.place_of(3)] == [3, before]
    keys = [each.key for each in page.rows]
    assert keys == sorted(keys)
    assert not page.toggle(0, opened=True)
    assert not page.toggle(3)
    page.apply(Update(1, Change.GROWN, lines=(line(1.9, 3, 0, "same"),), total=50))
    assert len(page.rows) == 5, "it stays open, and tells of the line that came late"
    assert page.toggle(2, opened=False), "a part closes the row that it belongs to"
    assert [each.ranks for each in page.rows] == [(0, 1, 2, 3), (0,)]


def test_folding_is_switched_off_and_on() -> None:
    page = page_of([line(1.0, rank, 0, "same") for rank in range(3)] + [line(2.0, 0, 10, "z")])
    assert page.fold(same=False, anchor=1) == 2
    assert [each.lines for each in page.rows] == [1, 1, 1, 1]
    assert page.fold(same=True, anchor=3) == -2
    assert [each.lines for each in page.rows] == [3, 1]


def test_so_many_lines_are_asked_for_that_they_fill_a_screen() -> None:
    assert asked_for(1) < asked_for(64) < asked_for(10_000) == asked_for(1000)
    assert asked_for(64) // 64 > 50


def test_an_unfinished_line_grows_in_its_place() -> None:
    page = page_of([line(1.0, 0, 0, "one"), line(2.0, 0, 10, "tw", size=2, complete=False)])
    page.apply(Update(1, Change.GROWN, lines=(line(2.0, 0, 10, "two", size=4), line(3.0, 0, 14, "three")), total=24))
    assert [each.line.text for each in page.rows] == ["one", "two", "three"]
    assert page.total == 24


def test_a_line_whose_time_was_guessed_too_early_is_not_there_twice() -> None:
    page = page_of([line(1.0, 0, 0, "one"), line(2.0, 0, 10, "tw", size=2, complete=False)])
    page.apply(Update(1, Change.GROWN, lines=(line(2.5, 0, 10, "two", size=4),), total=14))
    assert [each.line.text for each in page.rows] == ["one", "two"]


def test_a_line_that_comes_late_is_put_where_it_belongs() -> None:
    page = page_of([line(1.0, 0, 0, "a"), line(3.0, 0, 10, "c")])
    page.apply(Update(1, Change.GROWN, lines=(line(2.0, 1, 0, "b"),), total=30))
    assert [each.line.text for each in page.rows] == ["a", "b", "c"]


def test_a_late_line_joins_the_row_of_its_like() -> None:
    page = page_of([line(1.0, 0, 0, "same"), line(1.5, 0, 10, "after")])
    page.apply(Update(1, Change.GROWN, lines=(line(1.0, 1, 0, "same"),), total=30))
    assert [(each.ranks, each.line.text) for each in page.rows] == [((0, 1), "same"), ((0,), "after")]


def test_more_before_moves_the_rows_down() -> None:
    page = page_of([line(5.0, 0, 50)], total=60)
    window = Window((line(3.0, 0, 30, "x"), line(4.0, 0, 40, "y")), 30, 60, at_start=False)
    assert page.apply(Update(2, Change.BEFORE, window, total=60)) == 2
    assert (page.start, page.at_start, len(page.rows)) == (30, False, 3)


def test_more_after_takes_the_place_of_the_last_line() -> None:
    page = page_of([line(1.0, 0, 0, "a"), line(2.0, 0, 10, "b", size=2, complete=False)])
    window = Window((line(2.0, 0, 10, "bb", size=4), line(3.0, 0, 14, "c")), 10, 24)
    page.apply(Update(2, Change.AFTER, window, total=24))
    assert [each.line.text for each in page.rows] == ["a", "bb", "c"]


def test_no_more_is_held_than_may_be() -> None:
    page = page_of([])
    for step in range(20):
        new = tuple(line(float(step * 1000 + each), 0, (step * 1000 + each) * 10) for each in range(1000))
        page.apply(Update(1, Change.GROWN, lines=new, total=10_000 * (step + 1)))
    assert log_merge.KEPT / 2 < len(page.rows) <= page.kept
    assert page.start == 10 * (20_000 - len(page.rows))
    assert not page.at_start


def test_what_is_let_go_below_can_be_asked_for_again() -> None:
    page = page_of([line(float(each), 0, each * 10) for each in range(5000, 5000 + page_of([]).kept)])
    before = tuple(line(float(each), 0, each * 10) for each in range(4600, 5000))
    page.apply(Update(2, Change.BEFORE, Window(before, 46_000, 80_000, at_start=False), total=80_000))
    assert len(page.rows) == page.kept
    assert not page.at_end
    assert page.first == (4600.0, 0, 46_000)


def test_growth_that_is_not_read_leaves_the_end() -> None:
    page = page_of([line(1.0, 0, 0)])
    page.apply(Update(1, Change.SIZE, total=500))
    assert (page.total, page.at_end, len(page.rows)) == (500, False, 1)


def test_a_byte_finds_its_row() -> None:
    page = page_of([line(float(each), 0, each * 10, str(each)) for each in range(10)])
    assert [page.row_at(place) for place in (0, 9, 10, 99, 1000)] == [0, 0, 1, 9, 9]
    assert [page.place_of(index) for index in (0, 1, 9)] == [0, 10, 90]
    assert page.holds(0, 3)
    assert not page.holds(95, 3)


def test_tones() -> None:
    assert tone_of("Traceback (most recent call last):") == "error"
    assert tone_of("[rank3]: RuntimeError: no") == "error"
    assert tone_of("torch.cuda.OutOfMemoryError: CUDA") == "error"
    assert tone_of("UserWarning: careful") == "warning"
    assert tone_of("loss 0.1 error rate 0.2, no errors") == "plain"


_LINES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3), st.sampled_from(["a", "b", ""])), max_size=30)


@given(_LINES, st.lists(st.integers(1, 5), max_size=10))
@settings(max_examples=300, deadline=None)
def test_growing_in_pieces_ends_where_growing_at_once_does(parts: list[tuple[int, int, str]], cuts: list[int]) -> None:
    offsets: dict[int, int] = {}
    lines = []
    for time, rank, text in parts:
        lines.append(line(float(time), rank, offsets.get(rank, 0), text))
        offsets[rank] = offsets.get(rank, 0) + 10
    lines = _in_time_order(lines)
    whole = page_of(sorted(lines, key=lambda each: each.key))
    page = page_of([])
    left = list(lines)
    for cut in [*cuts, len(left)]:
        piece, left = left[:cut], left[cut:]
        if piece:
            page.apply(Update(1, Change.GROWN, lines=tuple(sorted(piece, key=lambda each: each.key)), total=0))
    assert [each.line for each in page.rows] == [each.line for each in whole.rows]
    assert [each.ranks for each in page.rows] == [each.ranks for each in whole.rows]
    assert sum(each.lines for each in page.rows) == len(lines)
    for rank in offsets:
        mine = [each.offset for row in page.rows for each in row.written if each.rank == rank]
        assert mine == sorted(mine), "never out of order within a rank"


@given(_LINES, st.lists(st.integers(1, 5), max_size=10), st.booleans())
@settings(max_examples=300, deadline=None)
def test_what_comes_before_turns_nothing_round(
    parts: list[tuple[int, int, str]], cuts: list[int], closes: bool
) -> None:
    offsets: dict[int, int] = {}
    made = []
    for time, rank, text in parts:
        made.append(line(float(time), rank, offsets.get(rank, 0), text))
        offsets[rank] = offsets.get(rank, 0) + 10
    left = sorted(_in_time_order(made), key=lambda each: each.key)
    page, whole = page_of(left[len(left) // 2 :]), page_of(left)
    left = left[: len(left) // 2]
    for cut in [*cuts, len(left)]:
        left, piece = left[: max(0, len(left) - cut)], left[max(0, len(left) - cut) :]
        page.apply(Update(1, Change.BEFORE, Window(tuple(piece)), total=0))
    if closes:
        page.fold(same=True)
        assert [each.ranks for each in page.rows] == [each.ranks for each in whole.rows]
    assert [each.key for each in page.rows] == sorted(each.key for each in page.rows)
    assert [each.number for each in page.rows] == list(range(len(page.rows)))
    assert [each.size for each in page.rows] == [10 * each.lines for each in page.rows]
    assert sum(each.lines for each in page.rows) == len(made)
    for rank, end in offsets.items():
        mine = [each.offset for row in page.rows for each in row.written if each.rank == rank]
        assert mine == list(range(0, end, 10)), "never out of order within a rank"
        assert all(page.rows[page.index_of(rank, each) or 0].holds([(rank, each)]) for each in mine)


_DEEDS = st.lists(st.tuples(st.sampled_from(["add", "prepend", "cut", "drop"]), st.integers(1, 12)), max_size=12)


@given(_LINES, _DEEDS)
@settings(max_examples=300, deadline=None)
def test_lines_that_come_and_go_at_both_ends_are_in_one_row_each(
    parts: list[tuple[int, int, str]], deeds: list[tuple[str, int]]
) -> None:
    lines = sorted(_in_time_order(_placed(parts)), key=lambda each: each.key)
    first = end = len(lines) // 2
    folding = Folding(same=True)
    for deed, count in deeds:
        kept = max(0, end - first - count)
        if deed == "add":
            folding.add(lines[end : end + count])
            end = min(len(lines), end + count)
        elif deed == "prepend":
            folding.prepend(lines[max(0, first - count) : first])
            first = max(0, first - count)
        elif deed == "cut":
            folding.cut(kept)
            end = first + kept
        else:
            folding.drop(end - first - kept)
            first = end - kept
        _check_rows(folding, lines[first:end])


def _placed(parts: list[tuple[int, int, str]]) -> list[LogLine]:
    """Return lines of these times, ranks and texts, one behind the other in the log of its rank."""
    offsets: dict[int, int] = {}
    made = []
    for time, rank, text in parts:
        made.append(line(float(time), rank, offsets.get(rank, 0), text))
        offsets[rank] = offsets.get(rank, 0) + 10
    return made


def _check_rows(folding: Folding, lines: list[LogLine]) -> None:
    """Check that the rows stand for these lines, each once, in their order within every rank, and know their place."""
    assert folding.lines == lines
    assert sorted(each.key for row in folding.rows for each in row.written) == [each.key for each in lines]
    for number, row in enumerate(folding.rows):
        assert (row.number, row.line, row.size) == (number, row.written[0], 10 * row.lines)
        assert row.ranks == tuple(each.rank for each in row.written)
        assert all(folding.row_of(each.rank, each.offset) is row for each in row.written)
    for rank in range(4):
        mine = [each.offset for row in folding.rows for each in row.written if each.rank == rank]
        assert mine == sorted(mine)


def test_where_as_much_is_held_as_may_be_more_on_one_side_lets_go_on_the_other() -> None:
    page = page_of(_steps(0, 100))
    assert not page.is_tight(1000)
    page.kept = 1000
    assert page.is_tight(100)


def _steps(first: int, last: int) -> list[LogLine]:
    """Return steps of a training that eight ranks go through, one not before the other is done."""
    places = [(step, rank) for step in range(first, last) for rank in range(8)]
    return [line(step / 10 + rank / 1000, rank, 10 * step, f"step {step}") for step, rank in places]


def test_rows_that_came_in_pieces_are_those_that_came_at_once() -> None:
    steps = _steps(0, 100)
    page = page_of(steps[413:])
    for begin, end in ((201, 413), (200, 201), (0, 200)):
        page.apply(Update(1, Change.BEFORE, Window(tuple(steps[begin:end])), total=0))
    page.apply(Update(1, Change.AFTER, Window(tuple(_steps(99, 120))), total=0))
    assert [(each.line.text, each.ranks) for each in page.rows] == [
        (f"step {step}", tuple(range(8))) for step in range(120)
    ]


def test_rows_whose_first_lines_are_let_go_keep_the_others() -> None:
    page = page_of(_steps(0, 3))
    page.toggle(1)
    page.kept = 20
    page.apply(Update(1, Change.AFTER, Window(tuple(_steps(3, 4))), total=0))
    assert [(each.line.text, each.lines) for each in page.rows] == [("step 1", 1), ("step 2", 8), ("step 3", 8)]
    assert (page.start, page.at_start, page.rows[0].size) == (150, False, 10)
    assert page.index_of(7, 10) == 0
    page.apply(Update(1, Change.GROWN, lines=(line(0.31, 8, 0, "step 3"),), total=0))
    assert page.rows[-1].lines == 9


def test_more_is_asked_for_no_farther_away_than_can_be_held_on_both_sides() -> None:
    page = page_of(_steps(0, 100))
    for seen in (1, 50, 10_000):
        near = page.near(seen)
        assert near >= 1
        assert near == 1 or 3 * near + seen <= page.kept // 8


def _in_time_order(lines: list[LogLine]) -> list[LogLine]:
    """Return the lines with each rank's times rising, as a clock gives them."""
    last: dict[int, float] = {}
    made = []
    for each in lines:
        time = max(each.time, last.get(each.rank, 0.0))
        last[each.rank] = time
        made.append(line(time, each.rank, each.offset, each.text))
    return made
