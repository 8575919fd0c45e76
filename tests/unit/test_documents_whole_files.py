"""A file is replaced as a whole or stays what it was."""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from desktop_app.documents.whole_files import replace_file
from tests.helpers.rights import obeys_modes

modes = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")


def test_who_reads_meanwhile_sees_the_old_or_the_new(tmp_path: Path) -> None:
    path, seen = tmp_path / "file", set()
    texts = {bytes([letter]) * 200_000 for letter in b"abc"}
    replace_file(path, b"a" * 200_000)
    over = threading.Event()

    def write() -> None:
        for _ in range(20):
            for each in texts:
                replace_file(path, each, durable=False)
        over.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not over.is_set():
        seen.add(path.read_bytes())
    writer.join()
    assert seen <= texts
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@modes
def test_a_new_file_gets_the_mode_of_any_new_file_or_the_one_asked_for(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        replace_file(tmp_path / "any", b"")
        replace_file(tmp_path / "own", b"", mode=0o600)
        replace_file(tmp_path / "tool", b"", mode=0o755)
    finally:
        os.umask(before)
    assert {each.name: each.stat().st_mode & 0o777 for each in tmp_path.iterdir()} == {
        "any": 0o640, "own": 0o600, "tool": 0o755,
    }  # fmt: skip


def test_what_goes_wrong_leaves_the_file_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def refuse(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="No space"):
        replace_file(path, b"new")
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


@modes
@obeys_modes
def test_a_folder_that_takes_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o500)
    with pytest.raises(PermissionError):
        replace_file(folder / "file", b"new")
