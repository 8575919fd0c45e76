"""Following a log: only new and complete lines, any bytes, a file that is not there yet."""

from __future__ import annotations

from pathlib import Path

from desktop_app.cli import log_tail
from desktop_app.cli.log_tail import LogTail


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


def test_lines_come_once_and_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = LogTail(path)
    assert tail.lines() == []
    append(path, b"one\ntw")
    assert tail.lines() == ["one"]
    append(path, b"o\n\nthree")
    assert tail.lines() == ["two", ""]
    assert tail.lines() == []
    assert tail.rest() == ["three"]
    assert tail.rest() == []


def test_bytes_that_are_no_utf8_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, "Grüße\r\n".encode() + b"\xff\xfe\n")
    assert LogTail(path).lines() == ["Grüße", "��"]


def test_a_character_cut_in_two_by_the_read_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = LogTail(path)
    append(path, "ü".encode()[:1])
    assert tail.lines() == []
    append(path, "ü\n".encode()[1:])
    assert tail.lines() == ["ü"]


def test_a_look_reads_no_more_than_a_chunk(tmp_path: Path) -> None:
    path = tmp_path / "log"
    append(path, b"x" * 99 + b"\n")
    with path.open("ab") as file:
        file.truncate(5 * log_tail.CHUNK)
    tail = LogTail(path)
    assert tail.lines() == ["x" * 99]
    lengths = [len(line) for _look in range(8) for line in tail.lines()]
    assert max(lengths) <= 2 * log_tail.CHUNK
    assert sum(lengths) + sum(map(len, tail.rest())) == 5 * log_tail.CHUNK - 100
