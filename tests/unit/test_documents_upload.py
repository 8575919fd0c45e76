"""What Azure ML would take of a folder: links as the SDK follows them, rules with their lines, secrets, faults."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from desktop_app.api import Severity
from desktop_app.documents import upload
from desktop_app.documents.upload import plan_upload
from tests.helpers.rights import obeys_modes

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes need rights on Windows")
TOKEN = "hf_" + "a1B2" * 9


def make(folder: Path, *names: str, **texts: str) -> Path:
    """Write files; `texts` are ignore files by their names without the dot."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    for name, text in texts.items():
        (folder / f".{name}").write_text(text)
    return folder


def paths(folder: Path, *, of_component: bool = False) -> list[str]:
    """Return what goes along, but for the ignore files themselves."""
    files = plan_upload(folder, of_component=of_component).files
    return [each.path for each in files if not each.path.endswith("ignore")]


def said(folder: Path) -> dict[str, str]:
    """Return the findings' messages by their codes."""
    return {each.code: each.message for each in plan_upload(folder).diagnostics}


def test_every_file_goes_along_with_its_size_and_in_order(tmp_path: Path) -> None:
    found = plan_upload(make(tmp_path, "b.py", "sub/a.py", ".hidden"))
    assert [(each.path, each.size) for each in found.files] == [(".hidden", 7), ("b.py", 4), ("sub/a.py", 8)]
    assert (found.bytes, found.ignore_file, found.left_out, found.diagnostics) == (19, "", (), ())


def test_what_stays_behind_names_its_rule_and_line(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "data/big.bin", "b.log", gitignore="# logs\n*.log\n\ndata/\n")
    left = plan_upload(tmp_path).left_out
    assert [(each.path, each.rule, each.line) for each in left] == [("b.log", "*.log", 2), ("data/big.bin", "data/", 4)]


def test_a_star_within_a_folder_leaves_out_what_lies_deeper_too(tmp_path: Path) -> None:
    make(tmp_path, "data/x/y/z.py", "data/keep/c.py", "a.py", amlignore="data/*\n!data/keep\n")
    assert paths(tmp_path) == ["a.py", "data/keep/c.py"]


def test_a_components_code_leaves_python_caches_out(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "__pycache__/a.pyc", "sub/__pycache__/b.pyc")
    assert paths(tmp_path) == ["__pycache__/a.pyc", "a.py", "sub/__pycache__/b.pyc"]
    assert paths(tmp_path, of_component=True) == ["a.py"]


def test_a_single_file_is_taken_whatever_lies_beside_it(tmp_path: Path) -> None:
    make(tmp_path, "model.pt", "other.pt", gitignore="*")
    assert paths(tmp_path / "model.pt") == ["model.pt"]


@pytest.mark.parametrize("line", ["!", "data\\"])
def test_a_line_at_which_the_sdk_stops_is_an_error_with_its_number(tmp_path: Path, line: str) -> None:
    make(tmp_path, "a.py", amlignore=f"*.log\n{line}\n")
    (finding,) = plan_upload(tmp_path).diagnostics
    assert (finding.severity, finding.code) == (Severity.ERROR, "ignore-pattern")
    assert finding.message.startswith("Line 2 of .amlignore")


@posix_only
class TestLinks:
    """The SDK follows links wherever they lead; a linked folder is judged by where it truly lies."""

    def test_a_link_out_of_the_folder_goes_along_and_is_said(self, tmp_path: Path) -> None:
        make(tmp_path, "far/secret.txt", "code/a.py")
        (tmp_path / "code" / "far").symlink_to(tmp_path / "far")
        (tmp_path / "code" / "one.txt").symlink_to(tmp_path / "far" / "secret.txt")
        found = plan_upload(tmp_path / "code")
        assert [each.path for each in found.files] == ["a.py", "far/secret.txt", "one.txt"]
        assert found.files[2].link == str(tmp_path / "far" / "secret.txt")
        (finding,) = found.diagnostics
        assert finding.code == "link-outside"
        assert finding.message.startswith("far/secret.txt, one.txt lie outside the folder")

    def test_a_rule_for_a_linked_folder_does_not_reach_into_it(self, tmp_path: Path) -> None:
        make(tmp_path, "far/x.txt")
        code = make(tmp_path / "code", "a.py")
        make(code, amlignore="linked/\n")
        (code / "linked").symlink_to(tmp_path / "far")
        assert paths(code) == ["a.py", "linked/x.txt"]

    def test_links_to_nothing_fail_the_upload(self, tmp_path: Path) -> None:
        make(tmp_path, "a.py", amlignore="old\n")
        (tmp_path / "gone").symlink_to("nowhere")
        (tmp_path / "old").symlink_to("nowhere")
        found = plan_upload(tmp_path)
        assert [(each.code, each.severity) for each in found.diagnostics] == [("dangling-link", Severity.ERROR)]
        assert "old" not in found.diagnostics[0].message

    def test_a_link_to_a_folder_above_ends(self, tmp_path: Path) -> None:
        make(tmp_path, "sub/a.py")
        (tmp_path / "sub" / "up").symlink_to(tmp_path)
        assert "sub/up" in said(tmp_path)["link-circle"]

    def test_a_pipe_is_no_file(self, tmp_path: Path) -> None:
        os.mkfifo(make(tmp_path, "a.py") / "pipe")
        assert said(tmp_path)["special-file"].startswith("pipe ")


@posix_only
@obeys_modes
def test_what_may_not_be_read_is_said(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "sub/b.py")
    (tmp_path / "a.py").chmod(0)
    (tmp_path / "sub").chmod(0)
    try:
        assert said(tmp_path)["unreadable-file"].startswith("a.py, sub can't be read")
    finally:
        (tmp_path / "sub").chmod(0o700)


def test_secrets_are_known_by_name_and_by_what_they_look_like(tmp_path: Path) -> None:
    make(tmp_path, ".env", "a.py", ".env.example")
    (tmp_path / "config.yml").write_text(f"token: {TOKEN}\n")
    (tmp_path / "image.bin").write_bytes(b"\0" + TOKEN.encode())
    found = plan_upload(tmp_path)
    assert [each.path for each in found.files if each.is_private] == [".env"]
    assert {each.path: each.holds for each in found.files if each.holds} == {"config.yml": "a Hugging Face token"}
    messages = " ".join(each.message for each in found.diagnostics)
    assert "config.yml seems to hold a Hugging Face token" in messages
    assert TOKEN not in messages


def test_git_goes_along_unless_it_is_listed(tmp_path: Path) -> None:
    make(tmp_path, "a.py", ".git/HEAD")
    assert "git-goes-along" in said(tmp_path)
    make(tmp_path, gitignore=".git/\n")
    assert said(tmp_path) == {}


def test_what_is_big_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.py", "large.bin")
    monkeypatch.setattr(upload, "BIG", 5)
    assert said(tmp_path) == {"big-file": "Large files go along with every new version: large.bin (9 B)."}
    monkeypatch.setattr(upload, "SNAPSHOT_BYTES", 10)
    monkeypatch.setattr(upload, "SNAPSHOT_FILES", 1)
    assert set(said(tmp_path)) == {"snapshot-size", "snapshot-files"}


def test_a_folder_without_end_is_not_counted_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, *(f"{each}.txt" for each in range(8)))
    monkeypatch.setattr(upload, "MOST_LOOKED_AT", 5)
    found = plan_upload(tmp_path)
    assert (len(found.files), found.is_whole) == (5, False)
    assert "too-many-files" in {each.code for each in found.diagnostics}


@posix_only
def test_links_that_multiply_are_not_followed_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "MOST_LOOKED_AT", 300)
    for level in range(40):
        (tmp_path / f"{level}").mkdir()
        for name in "ab":
            (tmp_path / f"{level}" / name).symlink_to(tmp_path / f"{level + 1}")
    (tmp_path / "40").mkdir()
    found = plan_upload(tmp_path / "0")
    assert not found.is_whole
    assert {each.code for each in found.diagnostics} == {"too-many-files"}
