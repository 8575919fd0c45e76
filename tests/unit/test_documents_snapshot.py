"""The working copy's file list: Azure ML's ignore rules, links, and what should not go along."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from desktop_app.documents import snapshot
from desktop_app.documents.ignore_rules import is_secret
from desktop_app.documents.snapshot import plan_snapshot
from tests.helpers.rights import obeys_modes

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="links and pipes need rights on Windows")


def make(folder: Path, *names: str, **texts: str) -> None:
    """Write files; `texts` are ignore files by their names without the dot."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    for name, text in texts.items():
        (folder / f".{name}").write_text(text)


def targets(folder: Path) -> list[str]:
    """Return what goes along, but for the ignore files themselves."""
    return [each.target for each in plan_snapshot(folder).files if not each.target.endswith("ignore")]


def codes(folder: Path) -> list[str]:
    """Return the codes of the findings."""
    return [each.code for each in plan_snapshot(folder).diagnostics]


def test_all_files_go_along_where_nothing_is_ignored(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "sub/deep/b.py", "größe.txt", ".hidden")
    found = plan_snapshot(tmp_path)
    assert targets(tmp_path) == [".hidden", "a.py", "größe.txt", "sub/deep/b.py"]
    assert (found.diagnostics, found.ignored, found.ignore_file) == ((), 0, "")
    first = found.files[1]
    assert (first.source, first.size) == (str(tmp_path / "a.py"), 4)
    assert first.modified_ns == (tmp_path / "a.py").stat().st_mtime_ns


@pytest.mark.parametrize(
    ("rules", "left"),
    [
        ("*.txt", ["a.py", "data/b.bin", "data/keep/c.py"]),
        ("data/", ["a.py", "d.txt"]),
        ("/d.txt", ["a.py", "data/b.bin", "data/e.txt", "data/keep/c.py"]),
        ("data/*\n!data/keep", ["a.py", "d.txt", "data/keep/c.py"]),
        ("*\n!*.py", ["a.py", "data/keep/c.py"]),
        ("**/keep", ["a.py", "d.txt", "data/b.bin", "data/e.txt"]),
        ("# a.py\n\n  \n!\n", ["a.py", "d.txt", "data/b.bin", "data/e.txt", "data/keep/c.py"]),
        ("*.txt\r\na.py\r\n", ["data/b.bin", "data/keep/c.py"]),
    ],
)
@pytest.mark.parametrize("name", ["amlignore", "gitignore"])
def test_the_patterns_of_the_root(tmp_path: Path, name: str, rules: str, left: list[str]) -> None:
    make(tmp_path, "a.py", "d.txt", "data/b.bin", "data/e.txt", "data/keep/c.py", **{name: rules})
    assert targets(tmp_path) == sorted(left)


@pytest.mark.parametrize("rules", ["", "*.bin\n"])
def test_an_amlignore_even_an_empty_one_switches_the_gitignore_off(tmp_path: Path, rules: str) -> None:
    make(tmp_path, "a.py", "b.txt", gitignore="*.txt", amlignore=rules)
    assert targets(tmp_path) == ["a.py", "b.txt"]
    assert plan_snapshot(tmp_path).ignore_file == ".amlignore"


def test_ignore_files_further_down_and_further_up_count_for_nothing(tmp_path: Path) -> None:
    make(tmp_path, "code/a.py", "code/sub/b.txt", gitignore="*")
    make(tmp_path / "code" / "sub", amlignore="*", gitignore="*")
    assert targets(tmp_path / "code") == ["a.py", "sub/b.txt"]


def test_what_is_ignored_is_counted(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "b.txt", "data/x", "data/y", gitignore="data/\n*.txt")
    assert plan_snapshot(tmp_path).ignored == 2


@posix_only
def test_links_are_followed_within_the_folder_only(tmp_path: Path) -> None:
    code = tmp_path / "code"
    make(code, "real.py", "sub/x.py")
    make(tmp_path, "secret.txt", "outside/y.py")
    (code / "file").symlink_to("real.py")
    (code / "folder").symlink_to("sub")
    (code / "escape.txt").symlink_to(tmp_path / "secret.txt")
    (code / "escape").symlink_to("../outside")
    (code / "through").symlink_to("sub/../../outside/y.py")
    (code / "nowhere").symlink_to("absent")
    found = plan_snapshot(code)
    assert [each.target for each in found.files] == ["file", "folder/x.py", "real.py", "sub/x.py"]
    assert [each.code for each in found.diagnostics] == ["link-outside", "dangling-link"]
    assert "escape, escape.txt, through" in found.diagnostics[0].message


@posix_only
def test_links_in_a_circle_end(tmp_path: Path) -> None:
    make(tmp_path, "a/x.py", "b/y.py")
    (tmp_path / "a" / "up").symlink_to("..")
    (tmp_path / "a" / "self").symlink_to(".")
    (tmp_path / "a" / "b").symlink_to("../b")
    (tmp_path / "b" / "a").symlink_to("../a")
    (tmp_path / "loop").symlink_to("loop")
    found = plan_snapshot(tmp_path)
    assert {"a/x.py", "b/y.py", "a/b/y.py"} <= {each.target for each in found.files}
    assert len(found.files) < 10
    assert codes(tmp_path) == ["dangling-link"]


@posix_only
def test_a_code_folder_that_is_a_link_itself(tmp_path: Path) -> None:
    make(tmp_path / "real", "a.py", "sub/b.py")
    (tmp_path / "real" / "inner").symlink_to("a.py")
    (tmp_path / "code").symlink_to("real")
    assert targets(tmp_path / "code") == ["a.py", "inner", "sub/b.py"]


@posix_only
def test_pipes_are_passed_by(tmp_path: Path) -> None:
    make(tmp_path, "a.py")
    os.mkfifo(tmp_path / "pipe")
    assert targets(tmp_path) == ["a.py"]


@obeys_modes
def test_what_can_not_be_read_is_said_and_left_out(tmp_path: Path) -> None:
    make(tmp_path, "a.py", "locked.txt", "dir/x")
    (tmp_path / "locked.txt").chmod(0)
    (tmp_path / "dir").chmod(0)
    try:
        assert targets(tmp_path) == ["a.py"]
        assert codes(tmp_path) == ["unreadable-file"]
    finally:
        (tmp_path / "dir").chmod(0o700)


def test_git_and_secrets_that_go_along_are_warned_about(tmp_path: Path) -> None:
    make(tmp_path, "a.py", ".git/config", ".git/id_rsa", ".env", "keys/id_ed25519", "cert.pem")
    first, second = plan_snapshot(tmp_path).diagnostics
    assert (first.code, first.path) == ("git-goes-along", "code")
    assert second.code == "secret-goes-along"
    assert ".env, cert.pem, keys/id_ed25519" in second.message
    assert ".amlignore" in second.message
    make(tmp_path, amlignore=".git/\n.env\n*.pem\nkeys/\n")
    assert codes(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        (".env", True), ("sub/.env.local", True), ("server.KEY", True), ("id_rsa", True), (".netrc", True),
        ("service-account.json", True), (".env.example", False), ("key.py", False), ("id_rsa.pub", False),
        ("environment.yml", False), ("monkey.txt", False),
    ],
)  # fmt: skip
def test_secrets_are_known_by_their_names(name: str, secret: bool) -> None:
    assert is_secret(name) is secret


def test_too_much_is_warned_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(tmp_path, "a.py", "large.bin", "b.py")
    monkeypatch.setattr(snapshot, "SNAPSHOT_BYTES", 10)
    monkeypatch.setattr(snapshot, "SNAPSHOT_FILES", 2)
    size, count = plan_snapshot(tmp_path).diagnostics
    assert (size.code, count.code) == ("snapshot-size", "snapshot-files")
    assert "large.bin" in size.message


def test_odd_names_go_along(tmp_path: Path) -> None:
    names = ["a b.py", "it's.py", "ü" * 120, "x" * 255, "#hash", "!bang", "line\nend"]
    if sys.platform == "win32":
        names = names[:3]
    make(tmp_path, *names)
    assert targets(tmp_path) == sorted(names)
