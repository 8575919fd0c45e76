"""A safe `.amlignore`: takes the `.gitignore` rules over, keeps what stands there, leaves secrets out."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from desktop_app.documents.ignore_file import safe_amlignore
from desktop_app.documents.upload import plan_upload

TOKEN = "ghp_" + "A1b2" * 9


def make(folder: Path, **texts: str) -> Path:
    """Write files; two underscores in a name are a slash, a leading one is a dot, and `_DOT_` is one within."""
    for name, text in texts.items():
        path = folder / "/".join(
            (f".{part[1:]}" if part.startswith("_") else part).replace("DOT", ".") for part in name.split("__")
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def left_after(folder: Path) -> list[str]:
    """Write the file and return what goes along then."""
    (folder / ".amlignore").write_text(safe_amlignore(folder))
    return [each.path for each in plan_upload(folder).files]


def test_the_rules_of_the_gitignore_come_first_and_go_on_to_hold(tmp_path: Path) -> None:
    make(tmp_path, _gitignore="*.csv\n!keep.csv\n", aDOTcsv="1", keepDOTcsv="2", trainDOTpy="")
    assert safe_amlignore(tmp_path).startswith("# from .gitignore\n*.csv\n!keep.csv\n")
    assert left_after(tmp_path) == ["keep.csv", "train.py"]


def test_rules_of_folders_further_down_are_taken_over_with_their_folder(tmp_path: Path) -> None:
    make(tmp_path, aDOTcsv="", data___gitignore="*.csv\n/raw\n!ok.csv\n", data__aDOTcsv="", data__okDOTcsv="")
    make(tmp_path, data__deep__bDOTcsv="", data__raw="", data__deep__raw="")
    assert left_after(tmp_path) == ["a.csv", "data/deep/raw", "data/ok.csv"]


def test_secrets_caches_and_git_stay_behind_and_examples_go_along(tmp_path: Path) -> None:
    make(tmp_path, _env="A=1", trainDOTpy="", ___git__HEAD="x")
    (tmp_path / ".env.example").write_text("A=")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "train.pyc").write_text("")
    (tmp_path / "key.pem").write_text("")
    (tmp_path / "notes [1].txt").write_text(f"token {TOKEN}")
    assert left_after(tmp_path) == [".env.example", "train.py"]
    assert TOKEN not in safe_amlignore(tmp_path)


def test_an_amlignore_that_is_there_keeps_its_lines_on_top(tmp_path: Path) -> None:
    make(tmp_path, _amlignore="# mine\n*.bin\n.env\n", _gitignore="*.csv\n")
    text = safe_amlignore(tmp_path)
    assert text.startswith("# mine\n*.bin\n.env\n")
    assert "*.csv" not in text  # it did not count before, and the person left it out
    assert text.count("\n.env\n") == 1


def test_writing_it_again_changes_nothing(tmp_path: Path) -> None:
    make(tmp_path, _gitignore="*.csv", x__aDOTpy="", _env="A=1")
    (tmp_path / "t.txt").write_text(TOKEN)
    once = safe_amlignore(tmp_path)
    (tmp_path / ".amlignore").write_text(once)
    assert safe_amlignore(tmp_path) == once


@pytest.mark.skipif(shutil.which("git") is None, reason="there is no git here")
def test_what_git_leaves_out_stays_behind(tmp_path: Path) -> None:
    make(tmp_path, _gitignore="build/\n*.log\n/top.txt\n", sub___gitignore="*.tmp\nonly/\n/here\na/b\n")
    for name in ("build/x", "a.log", "top.txt", "sub/top.txt", "sub/x.tmp", "sub/q/y.tmp", "x.tmp", "sub/only/z",
                 "sub/q/only/z", "sub/here", "sub/q/here", "sub/a/b", "sub/q/a/b", "train.py"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    asked = ["git", "-C", str(tmp_path), "ls-files", "--others", "--exclude-standard"]
    kept = subprocess.run(asked, check=True, capture_output=True, text=True).stdout.split()
    assert left_after(tmp_path) == [each for each in sorted(kept) if not each.endswith("ignore")]
