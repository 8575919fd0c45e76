"""The logs of several ranks merged by time: any window agrees with merging everything."""

from __future__ import annotations

import struct
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.services.logs.clock_file import ClockFile
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogLine, LogSource, MergedLog, Tail
from desktop_app.services.logs.text import shown_text

Chunks = list[tuple[int, bytes]]  # seconds since the last one, and what came then
CHUNK = st.tuples(st.integers(0, 3), st.sampled_from([b"a\n", b"b", b"\n", b"c\nd\n", b"loss 0.1\n", b"e\r", b"f\ng"]))
RANKS = st.lists(st.lists(CHUNK, max_size=12), min_size=1, max_size=4)


def write_rank(folder: Path, rank: int, chunks: Chunks, *, clock: bool = True) -> LogSource:
    source = LogSource(rank, folder / f"{rank}.txt", folder / f"{rank}.bin")
    log, marks, now = b"", b"", 1000.0
    for wait, data in chunks:
        now += wait
        log += data
        marks += struct.pack("<dQ", now, len(log))
    source.log.write_bytes(log)
    if clock:
        source.clock.write_bytes(marks)
    return source


def everything(sources: list[LogSource]) -> list[LogLine]:
    """Return all lines by reading all of every log."""
    lines = []
    for each in sources:
        clock = ClockFile(each.clock)
        for raw in LogFile(each.log).lines_from(0):
            time = clock.time_of(raw.offset) or 0.0
            lines.append(LogLine(time, each.rank, raw.offset, len(raw.data), shown_text(raw.data), raw.complete))
    return sorted(lines, key=lambda line: line.key)


@given(RANKS, st.booleans(), st.integers(1, 40))
@settings(max_examples=200, deadline=None)
def test_every_window_agrees_with_the_whole(ranks: list[Chunks], clocks: bool, block: int) -> None:
    with TemporaryDirectory() as folder:
        sources = [
            write_rank(Path(folder), rank, chunks, clock=clocks or rank != 1) for rank, chunks in enumerate(ranks)
        ]
        log = MergedLog(sources, block=block)
        whole = everything(sources)
        total = sum(each.size for each in whole)
        end = log.end(len(whole) + 1)
        assert list(end.lines) == whole
        assert (end.start, end.total, end.at_start, end.at_end) == (0, total, True, True)
        for index, line in enumerate(whole):
            window = log.around(line.key, 2, 3)
            assert list(window.lines) == whole[max(0, index - 2) : index + 3]
            assert window.start == sum(each.size for each in whole[: max(0, index - 2)])
            assert window.at_start == (index <= 2)
            assert window.at_end == (index + 3 >= len(whole))


@given(RANKS, st.lists(st.tuples(st.booleans(), st.integers(2, 5), st.booleans()), max_size=12))
@settings(max_examples=200, deadline=None)
def test_going_on_either_way_agrees_with_the_whole(ranks: list[Chunks], ways: list[tuple[bool, int, bool]]) -> None:
    with TemporaryDirectory() as folder:
        sources = [write_rank(Path(folder), rank, chunks) for rank, chunks in enumerate(ranks)]
        log, whole = MergedLog(sources), everything(sources)
        if not whole:
            return
        low = high = len(whole) // 2  # the first and the last line that were read
        for back, count, grows in ways:
            if grows:  # what was being read is begun anew
                ranks[0].append((50, b"\nmore\n"))
                write_rank(Path(folder), 0, ranks[0])
                whole = everything(sources)
                low = high = len(whole) // 2
            window = log.before(whole[low].key, count) if back else log.after(whole[high].key, count)
            first = max(0, low - count) if back else high
            stop = low if back else min(len(whole), high + count)
            assert list(window.lines) == whole[first:stop]
            assert window.start == sum(each.size for each in whole[:first])
            assert window.at_start == (first == 0)
            assert window.at_end == (stop == len(whole))
            low, high = (first, high) if back else (low, stop - 1)


def test_going_on_reads_no_log_anew(tmp_path: Path) -> None:
    sources = [write_rank(tmp_path, rank, [(1, b"line %03d\n" % each) for each in range(200)]) for rank in range(20)]
    opened = list[int]()
    log = MergedLog(sources, breathe=lambda: opened.append(1))
    key = log.end(10).lines[0].key
    key = log.before(key, 100).lines[0].key
    opened.clear()
    assert len(log.before(key, 100).lines) == 100
    assert len(opened) <= 130, "a breath for every line and every size, and for none of the logs a block"


@given(RANKS)
@settings(max_examples=100, deadline=None)
def test_a_place_on_the_scroll_bar_finds_a_line_near_it(ranks: list[Chunks]) -> None:
    with TemporaryDirectory() as folder:
        sources = [write_rank(Path(folder), rank, chunks) for rank, chunks in enumerate(ranks)]
        log = MergedLog(sources)
        whole = everything(sources)
        longest = max((each.size for each in whole), default=0)
        start = 0
        for line in whole:
            found = log.at(start, 1, len(whole))
            shown = found.start + (found.lines[0].size if found.start else 0)
            assert found.lines
            # As near as marks tell: a line is counted when its last byte came, and listed when its first one did.
            same = sum(each.size for each in whole if each.time == line.time)
            assert abs(shown - start) <= same + longest * len(ranks)
            start += line.size


def test_what_came_when_is_found_by_bisection(tmp_path: Path) -> None:
    path = tmp_path / "0.bin"
    path.write_bytes(b"".join(struct.pack("<dQ", 1000.0 + index, 10 * (index + 1)) for index in range(5000)))
    clock = ClockFile(path)
    assert clock.count() == 5000
    for offset in (0, 9, 10, 25_555, 49_999):
        assert clock.time_of(offset) == 1000.0 + offset // 10
    assert clock.time_of(50_000) is None
    assert clock.size_at(1003.0, inclusive=False) == 30
    assert clock.size_at(1003.0, inclusive=True) == 40
    assert clock.size_at(0.0, inclusive=True) == 0
    assert clock.span() == (1000.0, 5999.0)


def test_a_clock_that_grows_is_read_on(tmp_path: Path) -> None:
    path = tmp_path / "0.bin"
    clock = ClockFile(path)
    assert clock.time_of(0) is None
    assert clock.span() is None
    for index in range(600):
        with path.open("ab") as file:
            file.write(struct.pack("<dQ", float(index), index + 1))
        assert clock.time_of(index) == float(index)


def test_half_a_mark_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "0.bin"
    path.write_bytes(struct.pack("<dQ", 5.0, 7) + b"\x01\x02\x03")
    assert ClockFile(path).count() == 1
    assert ClockFile(path).time_of(6) == 5.0
    assert ClockFile(path).time_of(7) is None


ODD = st.sampled_from([float("nan"), float("inf"), float("-inf"), 1e300, -1e300, -5.0, 1e12])


@given(st.lists(st.tuples(ODD | st.floats(0, 2e9), st.integers(0, 60) | st.just((1 << 64) - 1)), max_size=600))
def test_a_damaged_clock_tells_times_that_can_be_and_that_rise(marks: list[tuple[float, int]]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "0.bin")
        path.write_bytes(b"".join(struct.pack("<dQ", *each) for each in marks))
        clock = ClockFile(path)
        found = [each for each in map(clock.time_of, range(61)) if each is not None]
    assert all(time.localtime(each).tm_year <= 2200 for each in found)
    assert found == sorted(found) or len(marks) > 256


def test_a_mark_that_cannot_be_has_the_time_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "0.bin"
    marks = [(float("nan"), 5), (1000.0, 10), (float("inf"), 20), (900.0, 30), (1002.0, 1 << 63), (1003.0, 40)]
    path.write_bytes(b"".join(struct.pack("<dQ", *each) for each in marks))
    clock = ClockFile(path)
    assert [clock.time_of(offset) for offset in (0, 5, 10, 20, 30)] == [1000.0, 1000.0, 1000.0, 1000.0, 1003.0]
    assert clock.time_of(40) is None
    assert clock.size_at(1002.0, inclusive=True) == 30


def test_new_bytes_become_lines_and_the_unfinished_one_grows(tmp_path: Path) -> None:
    source = write_rank(tmp_path, 0, [(0, b"one\ntw")])
    log = MergedLog([source])
    tail = log.tails(log.sizes())[0]
    assert tail == Tail(4, 2, b"tw")
    lines, tail = log.appended(0, tail, b"o\nthree\nfo", 2000.0)
    assert [(each.offset, each.text, each.complete) for each in lines] == [
        (4, "two", True), (8, "three", True), (14, "fo", False),
    ]  # fmt: skip
    assert [each.time for each in lines] == [1000.0, 2000.0, 2000.0]
    lines, tail = log.appended(0, tail, b"ur\n", 2001.0)
    assert [(each.offset, each.size, each.text) for each in lines] == [(14, 5, "four")]
    assert tail == Tail(19)


def test_the_first_line_has_a_time_though_its_mark_is_yet_to_come(tmp_path: Path) -> None:
    source = write_rank(tmp_path, 0, [])
    source.clock.unlink(missing_ok=True)
    timed, untimed = MergedLog([source]), MergedLog([replace(source, clock=Path())])
    assert [log.appended(0, Tail(0), b"one\n", 9.0)[0][0].time for log in (timed, untimed)] == [9.0, 0.0]


def test_a_progress_bar_is_held_by_its_last_stroke() -> None:
    tail = Tail(0)
    for step in range(10_000):
        tail = tail.grown(b"\r%d %%" % step)
    assert tail.held == b"\r9999 %"
    assert tail.length == sum(len(b"\r%d %%" % step) for step in range(10_000))
    assert shown_text(tail.held) == "9999 %"


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"plain\n", "plain"),
        (b"dos\r\n", "dos"),
        (b"10 %\r50 %\r100 %\n", "100 %"),
        (b"\x1b[31mred\x1b[0m and \x1b]0;title\x07plain\n", "red and plain"),
        (b"caf\xc3\xa9 \xff\xfe\n", "café \ufffd\ufffd"),
        (b"a\tb\n", "a       b"),
        (b"bell\x07 null\x00\n", "bell· null·"),
        ("turned \u202e round\n".encode(), "turned · round"),
        (b"\0" * 70_000 + b"epoch 2\n", "[70000 NUL bytes]epoch 2"),  # the machine crashed while it was written
        (b"\n", ""),
        (b"", ""),
    ],
)
def test_what_a_terminal_would_show(data: bytes, shown: str) -> None:
    assert shown_text(data) == shown


def test_a_very_long_line_is_clipped_and_says_so() -> None:
    text = shown_text(b"x" * 1_000_000)
    assert len(text) < 40_000
    assert text.endswith(" bytes more")
