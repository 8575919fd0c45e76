"""The files that the palette offers: near ones first, bounded, whatever the folder holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.presenters import palette_files
from desktop_app.presenters.palette_files import files_of


def names(folder: Path) -> list[str]:
    return [f"{each.detail}/{each.title}".lstrip("/") for each in files_of(folder)]


def test_near_files_come_first_and_what_is_hidden_does_not(tmp_path: Path) -> None:
    for each in ("src/deep/a.py", "src/train.py", "job.yml", ".git/config", "__pycache__/x.pyc", ".amlignore"):
        (tmp_path / each).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / each).write_text("")
    assert names(tmp_path) == [".amlignore", "job.yml", "src/train.py", "src/deep/a.py"]
    assert files_of(tmp_path)[1].key == f"open:{tmp_path / 'job.yml'}"


def test_a_folder_of_data_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(palette_files, "MOST_OF_A_FOLDER", 3)
    for folder, count in (("data", 20), ("src", 2)):
        (tmp_path / folder).mkdir()
        for number in range(count):
            (tmp_path / folder / f"{number:02}.txt").write_text("")
    assert names(tmp_path) == ["data/00.txt", "data/01.txt", "data/02.txt", "src/00.txt", "src/01.txt"]
    monkeypatch.setattr(palette_files, "MOST", 2)
    assert len(names(tmp_path)) == 2


def test_a_link_in_a_circle_ends_and_a_folder_that_is_gone_has_none(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "x.py").write_text("")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert names(tmp_path) == ["a/x.py"]
    assert files_of(tmp_path / "gone") == []
