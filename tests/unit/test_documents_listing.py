"""Folders and small files are read again when they changed, and not before."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.documents.listing import Entry, files_in, head_of, listed


def age(path: Path, seconds: int) -> None:
    """Let a file or folder have been changed that long ago."""
    changed = path.stat().st_mtime - seconds
    os.utime(path, (changed, changed))


def test_a_folders_names_in_order(tmp_path: Path) -> None:
    (tmp_path / "b.YML").write_text("")
    (tmp_path / "a").mkdir()
    assert listed(tmp_path) == (Entry("a", True), Entry("b.YML", False))
    assert files_in(tmp_path, ".yml", ".yaml") == ["b.YML"]
    assert listed(tmp_path / "gone") == ()


def test_what_was_just_changed_is_read_each_time(tmp_path: Path) -> None:
    for number in range(20):
        (tmp_path / f"{number}.yml").write_text(str(number))
        assert len(listed(tmp_path)) == number + 1
        assert head_of(tmp_path / f"{number}.yml", 100) == str(number)


def test_what_rests_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.yml"
    file.write_text("one")
    age(file, 60)
    age(tmp_path, 60)
    assert (listed(tmp_path), head_of(file, 100)) == ((Entry("a.yml", False),), "one")

    def no_scan(folder: str) -> None:
        raise AssertionError(folder)

    monkeypatch.setattr(os, "scandir", no_scan)
    assert listed(tmp_path) == (Entry("a.yml", False),)
    file.write_text("two")
    age(file, 30)
    assert head_of(file, 100) == "two"


def test_long_files_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text("x" * 101)
    assert head_of(tmp_path / "a.yml", 100) == ""
