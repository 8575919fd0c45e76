"""What the project tree shows, and changes to files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, UserError
from desktop_app.presenters import files
from tests.helpers.rights import obeys_modes

JOB = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\ncommand: python a.py\n"


def test_files_come_before_folders_and_what_nobody_wants_to_see_is_left_out(tmp_path: Path) -> None:
    for name in ("src", ".git", "__pycache__", ".venv", "Data"):
        (tmp_path / name).mkdir()
    for name in ("job.yml", "README.md", ".amlignore"):
        (tmp_path / name).write_text("")
    shown = files.list_folder(tmp_path)
    assert [each.name for each in shown] == [".amlignore", "job.yml", "README.md", "Data", "src"]
    assert [each.is_folder for each in shown] == [False, False, False, True, True]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("job.yml", JOB, "commandJob"),
        ("other.yaml", "a: 1\n", "yaml"),
        ("broken.yml", "a: [1\n: :\n", "yaml"),
        ("conda.yml", "name: x\nchannels: [a]\ndependencies: [python]\n", "conda"),
        ("train.py", "", "python"),
        (".amlignore", "", "amlignore"),
        (".gitignore", "", "ignore"),
        ("config.json", '{"subscription_id": "x"}', "config"),
        ("config.json", "{}", "settings"),
        ("local.runconfig", "script: train.py\n", "runconfig"),
        ("Dockerfile", "", "script"),
        ("model.PT", "", "weights"),
        ("what.ever", "", "file"),
    ],
)
def test_a_files_kind(tmp_path: Path, name: str, text: str, kind: str) -> None:
    (tmp_path / name).write_text(text)
    assert files.file_kind(tmp_path / name) == kind


def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="gone"):
        files.list_folder(tmp_path / "gone")


def test_a_huge_folder_is_cut_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_ENTRIES", 3)
    for at in range(5):
        (tmp_path / f"{at}.txt").touch()
    shown = files.list_folder(tmp_path)
    assert [each.name for each in shown] == ["0.txt", "1.txt", "2.txt", "… 2 more"]
    assert shown[-1].kind == "more"


def test_a_link_that_leads_nowhere_is_shown(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    assert files.list_folder(tmp_path)[0].is_link


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "needed"), ("   ", "needed"), ("a/b", "none of"), ("a\nb", "none of"), ("..", "none of"),
        ("x" * 256, "1 bytes too long"), ("ü" * 128, "1 bytes too long"), ("a.", "doesn't end"),
        ("there.py", "already"),
    ],
)  # fmt: skip
def test_names_that_do_not_do(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "there.py").touch()
    assert why in files.name_problem(tmp_path, name)


@pytest.mark.parametrize("name", ["a b.py", "it's.yml", "Müller.py", "x" * 255, ".amlignore"])
def test_names_that_do(tmp_path: Path, name: str) -> None:
    assert files.name_problem(tmp_path, name) == ""
    assert files.create_file(tmp_path, name).is_file()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("mine")
    (tmp_path / "b.py").write_text("other")
    attempts: list[Callable[[], Path]] = [
        lambda: files.create_file(tmp_path, "a.py"),
        lambda: files.create_folder(tmp_path, "a.py"),
        lambda: files.rename(tmp_path / "b.py", "a.py"),
    ]
    for attempt in attempts:
        with pytest.raises(UserError, match="already"):
            attempt()
    assert (tmp_path / "a.py").read_text() == "mine"


def test_rename_and_delete(tmp_path: Path) -> None:
    folder = files.create_folder(tmp_path, "src")
    files.create_file(folder, "a.py", "x = 1\n")
    moved = files.rename(folder, "code")
    assert (moved / "a.py").read_text() == "x = 1\n"
    assert files.rename(moved, "code") == moved
    files.delete(moved)
    assert not moved.exists()


def test_putting_back_never_hides_what_came_meanwhile(tmp_path: Path) -> None:
    trash = tmp_path / "trash" / "files"
    trash.mkdir(parents=True)
    (trash / "a.py").write_text("old")
    original = tmp_path / "src" / "a.py"
    files.put_back(trash / "a.py", original)
    assert original.read_text() == "old"
    (trash / "a.py").write_text("older")
    with pytest.raises(UserError, match="again already"):
        files.put_back(trash / "a.py", original)


@obeys_modes
def test_what_the_disk_refuses_is_told(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(OutsideError, match=r"a\.py"):
            files.create_file(tmp_path, "a.py")
    finally:
        tmp_path.chmod(0o700)


def test_files_and_folders_to_pick_come_nearest_first(tmp_path: Path) -> None:
    for name in ("z.py", "src/train.py", "src/deep/b.py", ".venv/x.py", "src/notes.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    assert files.files_below(tmp_path, ("*.py",)) == ["z.py", "src/train.py", "src/deep/b.py"]
    assert files.files_below(tmp_path, ("*.py",), limit=1) == ["z.py"]
    assert files.folders_below(tmp_path) == ["src", "src/deep"]
