"""The log on the screen: any size, followed, scrolled, selected, searched."""

from __future__ import annotations

import struct
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget

from desktop_app.presenters.run_words import rank_span
from desktop_app.services.logs.merge import LogSource
from desktop_app.ui.runs.log_painter import LogPainter
from desktop_app.ui.runs.log_selection import word_at
from desktop_app.ui.runs.log_view import LogView
from desktop_app.ui.theme import theme_manager
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until


@pytest.fixture
async def view() -> AsyncIterator[LogView]:
    made = LogView()
    made.resize(700, 400)
    made.show()
    yield made
    made.close_feed()
    made.close()
    made.deleteLater()
    settle()


def source(folder: Path, rank: int, data: bytes = b"", at: float = 1000.0) -> LogSource:
    made = LogSource(rank, folder / f"{rank}.txt", folder / f"{rank}.bin")
    append(made, data, at)
    return made


def append(to: LogSource, data: bytes, at: float = 1000.0) -> None:
    with to.log.open("ab") as log:
        log.write(data)
        size = log.tell()
    with to.clock.open("ab") as clock:
        clock.write(struct.pack("<dQ", at, size))


def numbered(first: int, last: int) -> bytes:
    return b"".join(b"line %d\n" % each for each in range(first, last))


def seen(view: LogView) -> list[str]:
    return [each.line.text for each in view.page.rows[view._top : view._top + view.visible_rows]]


async def shown(view: LogView, *sources: LogSource, follow: bool = True) -> None:
    view.show_sources(sources, follow=follow)
    await until(lambda: view.page.rows)


async def until_last(view: LogView, text: str) -> None:
    await until(lambda: seen(view)[-1:] == [text])


async def test_a_log_opens_on_its_end(view: LogView, tmp_path: Path) -> None:
    await shown(view, source(tmp_path, 0, numbered(0, 100_000)))
    assert seen(view)[-1] == "line 99999"
    assert len(view.page.rows) < 1000
    assert view.verticalScrollBar().value() == view.verticalScrollBar().maximum()


async def test_a_huge_log_opens_as_quickly_as_a_small_one(view: LogView, tmp_path: Path) -> None:
    made = source(tmp_path, 0)
    with made.log.open("wb") as log:
        log.truncate(1 << 30)  # a hole: one gigabyte that takes no space
        log.seek(0, 2)
        log.write(b"\n" + numbered(0, 5000))
    began = time.monotonic()
    await shown(view, made)
    view.grab()
    assert seen(view)[-1] == "line 4999"
    assert time.monotonic() - began < 5, "the bench measures; this only tells reading all from reading the end"


async def test_what_is_written_appears_at_the_end(view: LogView, tmp_path: Path) -> None:
    made = source(tmp_path, 0, numbered(0, 500))
    await shown(view, made)
    for index in range(500, 520):
        append(made, numbered(index, index + 1))
        await until_last(view, f"line {index}")


async def test_scrolling_up_stops_following_and_the_end_begins_it_again(view: LogView, tmp_path: Path) -> None:
    made = source(tmp_path, 0, numbered(0, 500))
    followed: list[bool] = []
    view.followed.connect(followed.append)
    await shown(view, made)
    QTest.keyClick(view, Qt.Key.Key_PageUp)
    before = seen(view)
    append(made, numbered(500, 600))
    await until(lambda: view.page.total == made.log.stat().st_size)
    assert seen(view) == before
    QTest.keyClick(view, Qt.Key.Key_End)
    await until(lambda: seen(view)[-1:] == ["line 599"])
    assert followed == [False, True]


async def test_paging_up_reaches_the_first_line_and_back(view: LogView, tmp_path: Path) -> None:
    await shown(view, source(tmp_path, 0, numbered(0, 6000)))
    count = 0
    while seen(view)[0] != "line 0":
        QTest.keyClick(view, Qt.Key.Key_PageUp)
        await until(lambda: not view._reader.asked)
        count += 1
        assert count < 6000 // (view.visible_rows - 1) + 5, "no page up was lost on the way"
        lines = [int(each.split()[1]) for each in seen(view)]
        assert lines == list(range(lines[0], lines[0] + len(lines)))
    assert len(view.page.rows) <= 3000
    while not view.is_following:
        QTest.keyClick(view, Qt.Key.Key_PageDown)
        lines = [int(each.split()[1]) for each in seen(view)]
        assert lines == list(range(lines[0], lines[0] + len(lines)))
        await until(lambda: not view._reader.asked)
    assert seen(view)[-1] == "line 5999"


async def test_home_goes_to_the_first_line(view: LogView, tmp_path: Path) -> None:
    await shown(view, source(tmp_path, 0, numbered(0, 50_000)))
    QTest.keyClick(view, Qt.Key.Key_Home)
    await until(lambda: seen(view)[:1] == ["line 0"])
    assert view.verticalScrollBar().value() == 0


async def until_near(view: LogView, number: float) -> None:
    await until(lambda: bool(seen(view)) and abs(int(seen(view)[0].split()[1]) - number) < 3000)


async def test_the_scroll_bar_leads_to_any_place(view: LogView, tmp_path: Path) -> None:
    await shown(view, source(tmp_path, 0, numbered(0, 50_000)))
    bar = view.verticalScrollBar()
    for part in (0.5, 0.1, 0.9):
        view._slide(int(part * bar.maximum()))
        await until_near(view, part * 50_000)
        assert abs(bar.value() / bar.maximum() - part) < 0.05


async def test_the_wheel_goes_three_lines_a_notch(view: LogView, tmp_path: Path) -> None:
    await shown(view, source(tmp_path, 0, numbered(0, 500)))
    top = view._top
    wheel(view, 120)
    assert view._top == top - 3
    wheel(view, -240)
    assert view._top == top
    assert view.is_following


def wheel(view: LogView, angle: int) -> None:
    at = QPointF(50, 50)
    buttons, keys, phase = Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(at, view.mapToGlobal(at), QPoint(), QPoint(0, angle), buttons, keys, phase, False)
    QApplication.sendEvent(view.viewport(), event)


async def test_ranks_are_merged_by_time_and_the_same_line_is_shown_once(view: LogView, tmp_path: Path) -> None:
    ranks = [source(tmp_path, rank, b"epoch 1\n", 1000.0 + rank / 100) for rank in range(3)]
    append(ranks[2], b"Traceback (most recent call last):\n", 1001.0)
    append(ranks[0], b"peer is gone\n", 1002.0)
    await shown(view, *ranks)
    rows = [(each.ranks, each.line.text, each.tone) for each in view.page.rows]
    assert rows == [
        ((0, 1, 2), "epoch 1", "plain"), ((2,), "Traceback (most recent call last):", "error"),
        ((0,), "peer is gone", "plain"),
    ]  # fmt: skip
    view.grab()


async def test_bytes_that_are_no_text_and_endless_lines_are_shown(view: LogView, tmp_path: Path) -> None:
    data = (
        b"\xff\xfe\x00\n"
        + b"x" * 3_000_000
        + b"\n10 %\r50 %\r100 %\n"
        + b"\xe4\xb8\xad" * 400
        + b"\n\x1b[31mred\x1b[0m\n"
    )
    await shown(view, source(tmp_path, 0, data))
    texts = [each.line.text for each in view.page.rows]
    assert texts[0] == "\ufffd\ufffd·"
    assert max(map(len, texts)) < 40_000
    assert texts[-3] == "100 %"
    assert texts[-1] == "red"
    view.grab()
    bar = view.horizontalScrollBar()
    assert bar.maximum() > 10_000
    bar.setValue(bar.maximum())
    view.grab()


async def test_selected_text_is_copied(view: LogView, tmp_path: Path) -> None:
    await shown(view, source(tmp_path, 0, b"first line\nsecond line\nthird line\n"))
    painter, left = view._painter, view._painter.text_left
    start = QPoint(round(left + 6 * painter.char) + 1, 4 + painter.height // 2)
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=start)
    QTest.mouseMove(view.viewport(), QPoint(round(left + 6 * painter.char) + 1, start.y() + painter.height))
    view._hands.extend_to(QPoint(round(left + 6 * painter.char) + 1, start.y() + painter.height))
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton)
    view.grab()
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QApplication.clipboard().text() == "line\nsecond"
    QTest.keyClick(view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    view.copy()
    assert QApplication.clipboard().text() == "first line\nsecond line\nthird line"
    view.copy(with_columns=True)
    assert QApplication.clipboard().text().splitlines()[1].split("\t")[1:] == ["0", "second line"]


async def test_a_click_in_the_columns_takes_the_line_and_a_double_click_the_word(view: LogView, tmp_path: Path) -> None:
    await shown(view, source(tmp_path, 0, b"loss 0.123 at train.py:41\n"))
    at = QPoint(4, 4 + view._painter.height // 2)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert view.selection.text(view.page.rows) == "loss 0.123 at train.py:41"
    there = QPoint(round(view._painter.text_left + 16 * view._painter.char), at.y())
    QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=there)
    assert view.selection.text(view.page.rows) == "train.py:41"


async def test_a_selection_stays_where_it_is_while_lines_come(view: LogView, tmp_path: Path) -> None:
    made = source(tmp_path, 0, numbered(0, 300))
    await shown(view, made)
    key = view.page.rows[view._top].key
    view.selection.begin((key, 0))
    view.selection.extend((key, 4))
    append(made, numbered(300, 400))
    await until(lambda: seen(view)[-1] == "line 399")
    assert view.selection.text(view.page.rows) == "line"


async def test_a_line_is_gone_to_and_marked(view: LogView, tmp_path: Path) -> None:
    made = source(tmp_path, 0, numbered(0, 50_000))
    await shown(view, made)
    view.go_to_offset(0, made.log.read_bytes().index(b"line 777\n"))
    await until(lambda: "line 777" in seen(view))
    assert not view.is_following
    (row,) = (each for each in view.page.rows if view._marks.look(each, None).focused)
    assert row.line.text == "line 777"


async def test_a_log_that_is_not_there_yet_says_so_and_then_comes(view: LogView, tmp_path: Path) -> None:
    made = LogSource(0, tmp_path / "late.txt", tmp_path / "late.bin")
    view.show_sources([made], follow=True)
    await until(lambda: not view._ticket or view.page.total == 0)
    view.grab()
    append(made, b"here\n")
    await until(lambda: seen(view) == ["here"])


async def test_the_view_is_sound(view: LogView, tmp_path: Path) -> None:
    window = QWidget()
    room = QVBoxLayout(window)
    room.addWidget(view)
    window.show()
    await shown(view, source(tmp_path, 0, numbered(0, 100)))
    assert_sound(window)
    theme_manager().set_mode("dark")
    settle()
    assert view._painter.theme.is_dark
    view.grab()
    view.setParent(None)
    window.deleteLater()


@pytest.mark.parametrize("text", ["plain ascii text", "中文 mixed ä text", ""])
def test_columns_and_places_agree(dressed_app: QApplication, text: str) -> None:
    from desktop_app.presenters.logs.folding import Row
    from desktop_app.services.logs.merge import LogLine

    painter = LogPainter(theme_manager().theme)
    line = LogLine(0.0, 0, 0, 1, text)
    row = Row(line, [line])
    for column in range(len(text) + 1):
        assert painter.column_at(row, painter._advance(text, column)) == column


@pytest.mark.parametrize(("ranks", "span"), [([0, 2], "0, 2"), ([0, 1, 3], "0–1, 3"), ([7], "7"), (range(64), "0–63")])
def test_who_wrote_a_line_has_room(dressed_app: QApplication, tmp_path: Path, ranks: Sequence[int], span: str) -> None:
    painter = LogPainter(theme_manager().theme)
    painter.fit([LogSource(each, tmp_path, tmp_path) for each in range(max(max(ranks) + 1, 3))], folds=True)
    assert rank_span(ranks) == span
    assert len(span) <= painter.rank_chars


async def test_a_long_line_does_not_run_through_its_count(view: LogView, tmp_path: Path) -> None:
    """Left of the count there is nothing of the line, for as much as a character."""
    await shown(view, *(source(tmp_path, rank, b"M" * 500 + b"\n") for rank in range(2)))
    row, left = view.page.rows[0], view._painter.text_left
    assert row.lines == 2
    pill = view._painter._pill_area(row, view.viewport().rect(), left)
    picture, ground = view.viewport().grab().toImage(), QColor(theme_manager().theme.surface)
    gap = range(round(pill.left() - view._painter.char) + 1, round(pill.left()) - 1)
    middle = 4 + view._painter.height // 2
    assert {picture.pixel(x, y) for x in gap for y in range(middle - 3, middle + 4)} == {ground.rgba()}
    assert {picture.pixel(x, middle) for x in range(left, gap.start)} != {ground.rgba()}


@pytest.mark.parametrize(("column", "word"), [(0, "loss"), (4, " "), (6, "0.12"), (99, "a/b.py:3")])
def test_words(column: int, word: str) -> None:
    text = "loss 0.12 a/b.py:3"
    start, end = word_at(text, column)
    assert text[start:end] == word


async def test_what_an_earlier_log_said_last_is_dropped(view: LogView, tmp_path: Path) -> None:
    for count in range(30):
        first, second = source(tmp_path, 2 * count, numbered(0, 500)), source(tmp_path, 2 * count + 1, b"other\n")
        view.show_sources([first], follow=True)
        for _ in range(count):
            view.go_to_offset(first.rank, 0)  # raises the tickets of the feed that is about to go
        view.show_sources([second], follow=True)
        await until_last(view, "other")


async def test_dragging_beyond_the_edge_scrolls_on(view: LogView, tmp_path: Path) -> None:
    await shown(view, source(tmp_path, 0, numbered(0, 2000)))
    QTest.mousePress(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 100))
    top = view._top
    view._hands.dragging.move(QPoint(200, -50), view.viewport().height())
    await until(lambda: view._top < top - 20)
    QTest.mouseRelease(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(200, 0))
    assert len(view.selection.text(view.page.rows).splitlines()) > 20


async def test_a_launchers_lines_bear_its_name(view: LogView, tmp_path: Path) -> None:
    launcher = LogSource(1 << 20, tmp_path / "mpirun.txt", tmp_path / "mpirun.bin", "mpirun")
    append(launcher, b"no slots\n", 1001.0)
    await shown(view, source(tmp_path, 0, b"up\n"), source(tmp_path, 1), launcher)
    await until(lambda: seen(view) == ["up", "no slots"])
    assert view._painter.rank_chars == len("mpirun")
    assert "1048576" not in view.accessibleDescription()
    view.grab()


async def of_three_ranks(view: LogView, folder: Path) -> None:
    """Show what three ranks say alike and apart."""
    ranks = [source(folder, rank, b"[rank%d]: up\n" % rank, 1000.0 + rank / 10) for rank in range(3)]
    append(ranks[1], b"alone\n", 1001.0)
    for each in ranks:
        append(each, b"over\n", 1002.0)
    await shown(view, *ranks, follow=False)


def fold_at(view: LogView, index: int) -> QPoint:
    """Return where the mark of a row stands that opens it."""
    return QPoint(view._painter.text_left - round(view._painter.char), 4 + round((index + 0.5) * view._painter.height))


async def test_a_click_opens_what_ranks_repeat_and_closes_it(view: LogView, tmp_path: Path) -> None:
    await of_three_ranks(view, tmp_path)
    assert seen(view) == ["[rank0]: up", "alone", "over"]
    view.grab()
    assert view.is_fold(fold_at(view, 0))
    assert not view.is_fold(fold_at(view, 1))
    QTest.mouseMove(view.viewport(), fold_at(view, 0))
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=fold_at(view, 0))
    assert seen(view) == ["[rank0]: up", "[rank1]: up", "[rank2]: up", "alone", "over"]
    view.select_all()
    view.copy()
    assert QApplication.clipboard().text().splitlines() == seen(view)
    view.grab()
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=fold_at(view, 0))
    assert seen(view) == ["[rank0]: up", "alone", "over"]
    pill = view._painter._pill_area(view.page.rows[0], view.viewport().rect(), view._painter.text_left)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(round(pill.center().x()), 8))
    assert len(seen(view)) == 5


async def test_keys_open_what_ranks_repeat_and_close_it(view: LogView, tmp_path: Path) -> None:
    await of_three_ranks(view, tmp_path)
    view.setFocus()
    QTest.keyClick(view, Qt.Key.Key_Return)  # there is no row yet: the first that can be opened
    for key, rows in (
        (Qt.Key.Key_Return, 5), (Qt.Key.Key_Return, 3), (Qt.Key.Key_Right, 5), (Qt.Key.Key_Right, 5),
        (Qt.Key.Key_Left, 3), (Qt.Key.Key_Space, 5), (Qt.Key.Key_Space, 3),
    ):  # fmt: skip
        QTest.keyClick(view, key)
        assert len(view.page.rows) == rows
    QTest.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view, Qt.Key.Key_Enter)
    assert seen(view)[-3:] == ["over", "over", "over"]
    QTest.keyClick(view, Qt.Key.Key_Up, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClick(view, Qt.Key.Key_Enter)
    assert len(view.page.rows) == 7


async def test_what_ranks_repeat_is_shown_line_by_line_where_asked(view: LogView, tmp_path: Path) -> None:
    await of_three_ranks(view, tmp_path)
    view.set_folded(False)
    assert [each.ranks for each in view.page.rows] == [(0,), (1,), (2,), (1,), (0,), (1,), (2,)]
    assert not view.is_fold(fold_at(view, 0))
    view.grab()
    view.set_folded(True)
    assert len(view.page.rows) == 3


async def test_stamps_give_times_where_no_clock_was_kept(view: LogView, tmp_path: Path) -> None:
    ranks = [LogSource(rank, tmp_path / f"{rank}.txt", Path()) for rank in range(2)]
    for each in ranks:
        each.log.write_text(f"2026-11-22T10:00:0{each.rank}Z {'late' if each.rank else 'early'}\n")
    await shown(view, *reversed(ranks), follow=False)
    assert [each.split()[1] for each in seen(view)] == ["early", "late"]
    assert view._painter.shows_time
    for each in ranks:
        each.log.write_text("no time\n")
    view.show_sources(ranks, follow=False)
    await until(lambda: seen(view) == ["no time"])
    assert not view._painter.shows_time


async def test_a_line_that_is_cut_is_copied_whole(view: LogView, tmp_path: Path) -> None:
    made = source(tmp_path, 0, b"before\n" + b"x" * 3_000_000 + b"\nafter\n")
    await shown(view, made)
    assert any("bytes more" in each for each in seen(view))
    view.select_all()
    view.copy()
    assert QApplication.clipboard().text() == "before\n" + "x" * 3_000_000 + "\nafter"
