"""`rankzero set` as a real process: the file's other bytes, what is printed, exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.program import Program
from tests.helpers.rights import obeys_modes

TEXT = b"\xef\xbb\xbf# A job.\r\ninputs:\r\n  lr: 0.1   # rate  \r\n  n: 3\r\nlast: end"


@pytest.fixture
def file(program: Program) -> Path:
    """A file with a mark, CRLF, trailing blanks and no line end at its end."""
    path = program.cwd / "some.yml"
    path.write_bytes(TEXT)
    return path


def test_values_are_set_and_every_other_byte_stays(program: Program, file: Path) -> None:
    said = program("set", "some.yml", "--unset", "inputs.n", "inputs.lr=0.2")
    assert (said.code, said.err) == (0, "")
    assert said.out == "-  lr: 0.1   # rate  \n-  n: 3\n+  lr: 0.2   # rate  \n"
    assert file.read_bytes() == TEXT.replace(b"0.1", b"0.2").replace(b"  n: 3\r\n", b"")


def test_check_prints_the_difference_and_writes_nothing(program: Program, file: Path) -> None:
    said = program("set", "some.yml", "inputs.lr=0.2", "--check")
    assert said.code == 0
    assert said.out.startswith("--- a/some.yml\n+++ b/some.yml\n@@ -1,5 +1,5 @@\n")
    assert said.out.endswith("\n last: end\n\\ No newline at end of file\n")
    assert file.read_bytes() == TEXT
    assert program("set", "some.yml", "inputs.lr=0.1", "--check").out == ""


def test_json_says_what_changed(program: Program, file: Path) -> None:
    said = program("set", "some.yml", "inputs.new=[1, x]", "--json").json
    assert (said["path"], said["changed"], said["written"], said["new_errors"]) == ("some.yml", True, True, [])
    assert "\n+  new:\r\n" in said["diff"]
    assert program("set", "some.yml", "inputs.n=3", "--json").json["changed"] is False


def test_all_is_done_or_nothing(program: Program, file: Path) -> None:
    said = program("set", "some.yml", "inputs.lr=0.2", "--unset", "inputs.lrr")
    assert (said.code, said.out) == (1, "")
    assert said.err == "error: some.yml: There is no inputs.lrr in the file. Did you mean inputs.lr?\n"
    assert file.read_bytes() == TEXT


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
def test_mode_bits_and_links_stay(program: Program, file: Path) -> None:
    file.chmod(0o640)
    link = file.with_name("link.yml")
    link.symlink_to(file.name)
    assert program("set", "link.yml", "last=START").code == 0
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.read_bytes() == TEXT.replace(b"end", b"START")
    assert not list(program.cwd.glob(".rankzero*"))


def test_a_json_file_stays_json(program: Program) -> None:
    path = program.cwd / "config.json"
    path.write_text('{\n    "subscription_id": "a",\n    "resource_group": "b"\n}\n', encoding="utf-8")
    assert program("set", "config.json", "workspace_name=w", 'tags={"x": [1, yes]}', "subscription_id='3'").code == 0
    assert json.loads(path.read_text("utf-8")) == {
        "subscription_id": "3", "resource_group": "b", "workspace_name": "w", "tags": {"x": [1, "yes"]},
    }  # fmt: skip
    assert path.read_text("utf-8").startswith('{\n    "subscription_id": "3",\n    "resource_group": "b",\n    "work')


def test_new_errors_are_warned_of_and_written_all_the_same(program: Program) -> None:
    path = program.cwd / "job.yml"
    schema = "https://azuremlschemas.azureedge.net/latest/commandJob.schema.json"
    path.write_text(f"$schema: {schema}\ncommand: echo\nenvironment: azureml:e:1\n", encoding="utf-8")
    said = program("set", "job.yml", "comand=echo")
    assert (said.code, said.out) == (0, "+comand: echo\n")
    assert said.err.startswith("warning: job.yml:4:1: ")


def test_the_last_of_two_equal_keys_is_set_and_that_is_said(program: Program) -> None:
    path = program.cwd / "two.yml"
    path.write_text("a: 1\nb: 2\na: 3\n")
    said = program("set", "two.yml", "a=4")
    assert (said.code, path.read_text()) == (0, "a: 1\nb: 2\na: 4\n")
    assert "two.yml:3:1: a stands here again" in said.err


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        (None, ["x=1"], "odd.yml is not there"),
        ("a: [1\n", ["x=1"], "Line 1: Close the list"),
        ("a: {{NAME}}\n", ["a=1"], "This is a template"),
        ("a: 1\n", ["a.b=1"], "a holds a number, and so no keys."),
        ("a: [1, 2]\n", ["a[5]=1"], "a is a list of 2"),
        ("a: &x {k: 1}\nb: *x\n", ["b.k=2"], "repeats it as *x"),
        ("a: &x {k: 1}\nb: *x\n", ["a.k=2"], "repeats it elsewhere"),
        ("a: 1\0\n", ["a=2"], "no text file"),
    ],
)
def test_what_can_not_be_done_is_said_and_nothing_is_written(
    program: Program, text: str | None, arguments: list[str], words: str
) -> None:
    path = program.cwd / "odd.yml"
    if text is not None:
        path.write_bytes(text.encode())
    said = program("set", "odd.yml", *arguments)
    assert (said.code, said.out) == (1, "")
    assert words in said.err
    assert said.err.count("\n") == 1
    assert text is None or path.read_bytes() == text.encode()


@obeys_modes
def test_a_read_only_file_is_the_outside_worlds_fault(program: Program, file: Path) -> None:
    file.chmod(0o400)
    said = program("set", "some.yml", "last=x")
    assert said.code == 3
    assert "read-only" in said.err


@pytest.mark.parametrize(
    "arguments", [["some.yml"], ["some.yml", "x"], ["some.yml", "a.=1"], ["some.yml", "a=1", "a=2"]]
)
def test_wrong_usage(program: Program, file: Path, arguments: list[str]) -> None:
    said = program("set", *arguments)
    assert (said.code, file.read_bytes()) == (2, TEXT)


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
def test_the_patch_applies(program: Program, file: Path) -> None:
    patch = program("set", "some.yml", "inputs.lr=0.2", "inputs.more.deep=x", "--check").out
    (program.cwd / "x.patch").write_bytes(patch.encode())
    done = subprocess.run(["git", "apply", "x.patch"], cwd=program.cwd, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"deep: x\r\n" in file.read_bytes()


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not here")
@pytest.mark.parametrize("given", ["absolute", "above", "elsewhere"])
def test_the_patch_of_any_path_applies(program: Program, tmp_path_factory: pytest.TempPathFactory, given: str) -> None:
    root = program.cwd if given == "absolute" else tmp_path_factory.mktemp("other")
    there = root / "jobs" / "some.yml"
    there.parent.mkdir(parents=True)
    there.write_bytes(TEXT)
    if given != "absolute":
        subprocess.run(["git", "init", "-q", root], check=True)
    said = program(
        "set", os.path.relpath(there, program.cwd) if given == "above" else there, "inputs.lr=0.2", "--check"
    )
    patch = said.out.encode()
    assert (f"The patch is for {root}: apply it there." in said.err) == (given != "absolute")
    done = subprocess.run(["git", "apply"], input=patch, cwd=root, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert b"0.2" in there.read_bytes()
