"""`rankzero set` as a real process: the file's other bytes, what is printed, exit codes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.program import Program

TEXT = b"\xef\xbb\xbf# A job.\r\ninputs:\r\n  lr: 0.1   # rate  \r\n  n: 3\r\nlast: end"


@pytest.fixture
def file(program: Program) -> Path:
    """A file with a mark, CRLF, trailing blanks and no line end at its end."""
    path = program.cwd / "some.yml"
    path.write_bytes(TEXT)
    return path


def test_values_are_set_and_every_other_byte_stays(program: Program, file: Path) -> None:
    said = program("set", "some.yml", "inputs.lr=0.2", "--unset", "inputs.n")
    assert (said.code, said.err) == (0, "")
    assert said.out == "-  lr: 0.1   # rate  \n-  n: 3\n+  lr: 0.2   # rate  \n"
    assert file.read_bytes() == TEXT.replace(b"0.1", b"0.2").replace(b"  n: 3\r\n", b"")


def test_check_prints_the_difference_and_writes_nothing(program: Program, file: Path) -> None:
    said = program("set", "some.yml", "inputs.lr=0.2", "--check")
    assert said.code == 0
    assert said.out.startswith("--- a/some.yml\n+++ b/some.yml\n@@ -1,5 +1,5 @@\n")
    assert file.read_bytes() == TEXT
    assert program("set", "some.yml", "inputs.lr=0.1", "--check").out == ""
