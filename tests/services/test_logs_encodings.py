"""How a log is written is told by its beginning, by one rule for all who read it."""

from __future__ import annotations

import random
from io import BytesIO
from pathlib import Path

import pytest

from desktop_app.services.bundle_text import OpenFile, looks_binary
from desktop_app.services.diagnosing.sources import FileBytes, encoding_in
from desktop_app.services.logs.encodings import HEAD, UTF_8, encoding_of, is_settled, newline_of, without_mark
from desktop_app.services.logs.log_file import LogFile

STEPS = "step 1, Größe 3: loss 0.25\nstep 2: Ärger\r\n"
CHINESE = "损失下降了训练完成"
MARKS = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
WIDE = sorted(MARKS)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"s",
        b"\xff",
        b"\0",
        b"ok",
        STEPS.encode(),
        CHINESE.encode(),
        STEPS.encode("utf-8-sig"),
        STEPS.encode("latin-1"),
        "Ärger\n".encode("latin-1"),
        b"\0" * HEAD,
        STEPS.encode() + b"\0" * 500,
        b"a\0b\0" * 3,
        b"".join(number.to_bytes(2, "little") for number in range(1, 250)),
    ],
    ids=["empty", "one letter", "one byte", "one zero", "two letters", "UTF-8", "UTF-8, Chinese", "UTF-8 with its mark",
         "Latin-1", "Latin-1, a short line", "zeros", "zeros after a crash", "a few zeros", "small numbers"],
)  # fmt: skip
def test_what_is_no_utf_16(head: bytes) -> None:
    assert encoding_of(head) == UTF_8


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("text", [STEPS, "Шаг 1, потери 0.25, осталось 9\n", STEPS + "\0" * 200])
def test_utf_16_is_known_with_a_mark_and_without(encoding: str, text: str) -> None:
    assert encoding_of(text.encode(encoding)) == encoding
    assert encoding_of(MARKS[encoding] + text.encode(encoding)) == encoding


@pytest.mark.parametrize("encoding", WIDE)
@pytest.mark.parametrize("text", ["", "a", "Hi\n", CHINESE, CHINESE * 100])
def test_what_is_short_or_has_no_letter_of_ascii_needs_the_mark(encoding: str, text: str) -> None:
    assert encoding_of(MARKS[encoding] + text.encode(encoding)) == encoding
    assert encoding_of(text.encode(encoding)) == UTF_8


@pytest.mark.parametrize("encoding", WIDE)
def test_a_mark_is_not_believed_where_what_follows_belies_it(encoding: str) -> None:
    other = next(each for each in WIDE if each != encoding)
    for data in (STEPS.encode(), STEPS.encode("latin-1"), STEPS.encode(other), random.Random(8).randbytes(HEAD)):
        assert encoding_of(MARKS[encoding] + data) == UTF_8


@pytest.mark.parametrize("encoding", WIDE)
def test_a_beginning_that_ends_within_a_letter_tells_the_same(encoding: str) -> None:
    data = MARKS[encoding] + STEPS.encode(encoding)
    assert {encoding_of(data[:size]) for size in range(2, len(data))} == {encoding}


def test_what_was_told_stays_so_once_there_is_enough(tmp_path: Path) -> None:
    log, data = LogFile(tmp_path / "log"), STEPS.encode("utf-16-le")
    log.path.write_bytes(data[:6])
    assert log.encoding == UTF_8
    log.path.write_bytes(data)
    assert log.encoding == "utf-16-le"
    log.path.write_bytes(STEPS.encode())
    assert log.encoding == "utf-16-le"
    assert [is_settled(each) for each in (b"", b"abc", b"abcd", b"a\0b\0", data)] == [False, False, True, False, True]


def test_marks_and_ends_of_lines() -> None:
    assert [newline_of(each) for each in (UTF_8, *WIDE)] == [b"\n", b"\n", b"\n\0"]
    for mark in MARKS.values():
        assert without_mark(mark + b"ab" + mark) == b"ab" + mark


@pytest.mark.parametrize("mark", [b"", b"\xff\xfe"])
def test_all_who_read_a_log_agree(tmp_path: Path, mark: bytes) -> None:
    path = tmp_path / "log"
    path.write_bytes(mark + STEPS.encode("utf-16-le"))
    assert LogFile(path).encoding == encoding_in(FileBytes("log", path)) == "utf-16-le"
    assert not looks_binary(OpenFile(BytesIO(path.read_bytes()), path.stat().st_size, 0.0))
    assert looks_binary(OpenFile(BytesIO(b"\x7fELF\0\1\2"), 7, 0.0))
