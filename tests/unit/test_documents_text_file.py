"""Text files: what is read, what is refused, and what saving keeps."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import OutsideError, UserError
from desktop_app.documents import text_file
from desktop_app.documents.line_ends import LineEnds
from desktop_app.documents.text_file import TextFile
from tests.helpers.rights import obeys_modes


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file to be."""
    return tmp_path / "job.yml"


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (b"a: 1\n", "a: 1\n", b"a: 1\nb: 2\n"),
        (b"a: 1\r\n", "a: 1\n", b"a: 1\r\nb: 2\r\n"),
        (b"\xef\xbb\xbfa: 1\r\n", "a: 1\n", b"\xef\xbb\xbfa: 1\r\nb: 2\r\n"),
        (b"a: 1\r", "a: 1\n", b"a: 1\rb: 2\r"),
        (b"a: 1\r\nx\n", "a: 1\nx\n", b"a: 1\r\nx\nb: 2\n"),
        (b"a\rb\r\r\nc\n\r", "a\nb\n\nc\n\n", b"a\rb\r\r\nc\n\rb: 2\r"),
        (b"", "", b"b: 2\n"),
        ("größe: 1\n".encode(), "größe: 1\n", "größe: 1\nb: 2\n".encode()),
    ],
)
def test_line_ends_and_mark_are_kept(path: Path, before: bytes, text: str, after: bytes) -> None:
    path.write_bytes(before)
    file = TextFile.load(path)
    assert file.text == text
    file.save(file.text)
    assert path.read_bytes() == before
    file.save(f"{file.text}b: 2\n")
    assert path.read_bytes() == after


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
def test_mode_bits_are_kept_and_nothing_is_left_behind(path: Path) -> None:
    path.write_text("a\n")
    path.chmod(0o751)
    TextFile.load(path).save("b\n")
    assert path.stat().st_mode & 0o777 == 0o751
    assert [each.name for each in path.parent.iterdir()] == ["job.yml"]


def test_a_link_stays_a_link(path: Path) -> None:
    path.write_text("a\n")
    link = path.with_name("link.yml")
    link.symlink_to(path)
    TextFile.load(link).save("b\n")
    assert link.is_symlink()
    assert path.read_text() == "b\n"


def test_a_file_with_two_names_keeps_both(path: Path) -> None:
    path.write_text("a\n")
    other = path.with_name("other.yml")
    other.hardlink_to(path)
    TextFile.load(path).save("b\n")
    assert other.read_text() == "b\n"


@obeys_modes
def test_a_file_in_a_folder_that_takes_no_new_ones_is_saved(path: Path) -> None:
    path.write_text("a long text\n")
    path.parent.chmod(0o500)
    try:
        TextFile.load(path).save("b\n")
    finally:
        path.parent.chmod(0o700)
    assert path.read_text() == "b\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_the_owner_is_kept(path: Path) -> None:
    path.write_text("a\n")
    os.chown(path, 12345, 54321)
    path.chmod(0o640)
    TextFile.load(path).save("b\n")
    state = path.stat()
    assert (state.st_uid, state.st_gid, state.st_mode & 0o777) == (12345, 54321, 0o640)


def test_a_file_that_was_only_touched_is_not_changed(path: Path) -> None:
    path.write_text("a\n")
    file = TextFile.load(path)
    os.utime(path, ns=(1, 1))
    assert not file.changed_on_disk()
    path.unlink()
    path.write_text("a\n")
    assert not file.changed_on_disk()
    path.write_text("b\n")
    assert file.changed_on_disk()


_LINES = st.tuples(st.sampled_from(["", "a", "b: 1"]), st.sampled_from(["\n", "\r\n", "\r"]))


@given(st.lists(_LINES, max_size=12), st.data())
def test_untouched_lines_keep_their_own_ends(lines: list[tuple[str, str]], data: st.DataObject) -> None:
    raw = "".join(text + end for text, end in lines)
    ends = LineEnds.of(raw)
    assert ends.joined(ends.text) == raw
    parts = ends.text.split("\n")
    at = data.draw(st.integers(0, len(parts) - 1))
    after = ends.joined("\n".join([*parts[:at], "new line", *parts[at:]]))
    begin, _, rest = after.partition("new line")
    assert raw.startswith(begin)
    assert raw.endswith(rest.removeprefix("\r").removeprefix("\n"))


def test_changes_from_outside_are_noticed(path: Path) -> None:
    path.write_text("a\n")
    file = TextFile.load(path)
    assert not file.changed_on_disk()
    file.save("b\n")
    assert not file.changed_on_disk()
    path.write_text("longer\n")
    assert file.changed_on_disk()
    path.unlink()
    assert file.changed_on_disk()


def test_a_file_that_was_deleted_is_made_again(path: Path) -> None:
    path.write_text("a\n")
    file = TextFile.load(path)
    path.unlink()
    file.save("b\n")
    assert path.read_text() == "b\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"a: \xff\n", "line 1, column 4 holds the byte 0xff"),
        ("ok\nä".encode() + b"\xe4\n", "line 2, column 2 holds the byte 0xe4"),
        (b"a\0b", "no text file"),
        ("a: 1".encode("utf-16"), "UTF-16"),
    ],
)
def test_what_is_no_text_is_said(path: Path, data: bytes, words: str) -> None:
    path.write_bytes(data)
    with pytest.raises(UserError) as error:
        TextFile.load(path)
    assert words in error.value.message
    assert error.value.exit_code == 1


def test_what_is_too_large_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_file, "LARGEST", 10)
    path.write_bytes(b"x" * 11)
    with pytest.raises(UserError, match="too large"):
        TextFile.load(path)


def test_what_is_no_file_is_said(path: Path) -> None:
    with pytest.raises(UserError, match="is not there"):
        TextFile.load(path)
    with pytest.raises(UserError, match="is a folder"):
        TextFile.load(path.parent)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes among files")
def test_a_pipe_is_no_text(path: Path) -> None:
    os.mkfifo(path)
    with pytest.raises(UserError, match="no regular file"):
        TextFile.load(path)


@obeys_modes
def test_a_file_that_may_not_be_read_or_written(path: Path) -> None:
    path.write_text("a\n")
    file = TextFile.load(path)
    path.chmod(0o400)
    with pytest.raises(OutsideError, match="read-only"):
        file.save("b\n")
    path.chmod(0)
    with pytest.raises(UserError, match="may not be read"):
        TextFile.load(path)


def test_a_folder_that_is_gone_loses_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    path = folder / "job.yml"
    path.write_text("a\n")
    file = TextFile.load(path)
    path.unlink()
    folder.rmdir()
    with pytest.raises(OutsideError) as error:
        file.save("b\n")
    assert error.value.exit_code == 3
    assert file.text == "a\n"


def test_names_with_255_characters_umlauts_and_quotes(tmp_path: Path) -> None:
    for name in ("ü" * 100 + ".yml", "x" * 251 + ".yml", 'it\'s "so".yml', "a b.yml"):
        path = tmp_path / name
        path.write_text("a\n")
        file = TextFile.load(path)
        file.save("b\n")
        assert path.read_text() == "b\n"
