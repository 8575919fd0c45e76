"""Two texts of one base as changes to settle: whose lines are suggested, and what comes of a decision."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from desktop_app.presenters.difference import Side, difference

BASE = "a\nb\nc\nd\ne\nf\ng\n"


def test_what_one_side_touched_is_suggested_and_what_both_did_is_asked() -> None:
    found = difference(BASE, "a\nB\nc\nd\ne\nx\ng\n", "a\nb\nc\nD\ne\ny\ng\n")
    taken = [found.parts[each].taken for each in found.changes]
    assert taken == [Side.THEIRS, Side.MINE, None]
    assert found.open == 1
    assert found.decided(found.changes[2], Side.THEIRS).text == "a\nB\nc\nD\ne\nx\ng\n"
    assert found.decided(found.changes[2], Side.MINE).text == "a\nB\nc\nD\ne\ny\ng\n"


def test_lines_that_came_or_went_on_one_side() -> None:
    assert difference(BASE, BASE + "h\n", BASE).text == BASE + "h\n"
    assert difference(BASE, BASE, "b\nc\nd\ne\nf\ng\n").text == "b\nc\nd\ne\nf\ng\n"
    assert difference(BASE, "a\nc\nd\ne\nf\ng\n", BASE).text == "a\nc\nd\ne\nf\ng\n"


def test_a_line_in_which_both_differ_from_the_base_is_never_decided_by_itself() -> None:
    found = difference("a\n", "b\n", "c\n")
    assert found.open == 1
    assert found.text == "c\n", "what is open stands as it does here"


def test_a_very_long_text_is_one_change() -> None:
    found = difference("", "a\n" * 30_000, "b\n")
    assert (len(found.parts), found.open) == (1, 1)


_TEXTS = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "\n", "x"]), max_size=12).map("".join)


@given(_TEXTS, _TEXTS, _TEXTS)
def test_each_side_comes_back_whole(base: str, theirs: str, mine: str) -> None:
    found = difference(base, theirs, mine)
    assert found.all_decided(Side.THEIRS).text == theirs
    assert found.all_decided(Side.MINE).text == mine
    assert all(each.is_change for each in (found.parts[number] for number in found.changes))


@given(_TEXTS, _TEXTS)
def test_who_changed_nothing_has_nothing_to_decide(base: str, theirs: str) -> None:
    found = difference(base, theirs, base)
    assert (found.open, found.text) == (0, theirs)
    found = difference(base, base, theirs)
    assert (found.open, found.text) == (0, theirs)
