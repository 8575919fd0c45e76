"""Reading a log in windows gives the lines that reading it whole would give."""

from __future__ import annotations

import itertools
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.services.logs.log_file import LogFile, RawLine

GRID = 16
CONTENT = st.lists(
    st.sampled_from([b"\n", b"\r", b"a", b"bc", b"\xff", b"x" * 15, b"y" * 40, b"\xc3\xa4"]), max_size=60
).map(b"".join)


def plain_lines(data: bytes, grid: int = GRID) -> list[RawLine]:
    """Return the lines as the module's first sentence defines them, by looking at every byte."""
    lines, start = [], 0
    for place in range(1, len(data) + 1):
        after_newline = data[place - 1 : place] == b"\n"
        empty_cell = place % grid == 0 and b"\n" not in data[place - grid : place]
        if after_newline or empty_cell:
            lines.append(RawLine(start, data[start:place]))
            start = place
    return [*lines, RawLine(start, data[start:], complete=False)] if start < len(data) else lines


@given(CONTENT, st.integers(1, 50))
@settings(max_examples=300, deadline=None)
def test_every_window_agrees_with_the_whole(data: bytes, block: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "log")
        path.write_bytes(data)
        log = LogFile(path, block=block, grid=GRID)
        whole = plain_lines(data)
        assert list(log.lines_from(0)) == whole
        assert list(log.lines_before(len(data))) == whole[::-1]
        for index, line in enumerate(whole):
            assert list(log.lines_from(line.offset)) == whole[index:]
            assert list(log.lines_before(line.offset)) == whole[:index][::-1]


@given(CONTENT, st.integers(1, 50))
@settings(max_examples=200, deadline=None)
def test_every_byte_finds_its_line(data: bytes, block: int) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "log")
        path.write_bytes(data)
        log = LogFile(path, block=block, grid=GRID)
        for line in plain_lines(data):
            for offset in range(line.offset, line.end):
                assert log.line_start(offset) == line.offset


@pytest.mark.parametrize("length", [(1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 20])
def test_a_line_without_end_stays_bounded(tmp_path: Path, length: int) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"first\n" + b"x" * length + b"\nlast\n")
    log = LogFile(path)
    lines = list(log.lines_from(0))
    assert b"".join(each.data for each in lines) == path.read_bytes()
    assert max(len(each.data) for each in lines) <= 2 << 20
    assert lines[0].data == b"first\n"
    assert lines[-1].data == b"last\n"
    assert list(log.lines_before(log.size())) == lines[::-1]


def test_a_megabyte_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"first\n" + b"x" * 1_000_000 + b"\nlast\n")
    assert [len(each.data) for each in LogFile(path).lines_from(0)] == [6, 1_000_001, 5]


def test_lines_are_counted_as_editors_count(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"".join(b"line %d\n" % number for number in range(1, 200_001)))
    log = LogFile(path)
    for number in (1, 2, 777, 199_999, 200_000):
        assert log.read(log.offset_of_line(number), 12).startswith(b"line %d\n" % number)


def test_only_the_window_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "log"
    with path.open("wb") as file:
        file.truncate(1 << 30)  # a hole: one gigabyte that takes no space
        file.seek(0, 2)
        file.write(b"\nlast line\n")
    read = 0
    plain = LogFile.read

    def counted(self: LogFile, offset: int, count: int) -> bytes:
        nonlocal read
        data = plain(self, offset, count)
        read += len(data)
        return data

    monkeypatch.setattr(LogFile, "read", counted)
    last = list(itertools.islice(LogFile(path).lines_before(path.stat().st_size), 1))
    assert last[0].data == b"last line\n"
    assert read <= 128 << 10


def test_a_missing_file_reads_as_empty(tmp_path: Path) -> None:
    log = LogFile(tmp_path / "none")
    assert log.size() == 0
    assert list(log.lines_from(0)) == []
    assert list(log.lines_before(0)) == []
    assert log.line_start(10) == 0


def test_a_file_cut_short_meanwhile_ends_the_reading(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"a\nb\n")
    lines = LogFile(path, block=2).lines_before(1000)
    path.write_bytes(b"")
    assert list(lines) == []
