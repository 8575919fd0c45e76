"""`rankzero environments …` as a real process: text, JSON, exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.helpers.program import Program
from tests.helpers.wheels import write_wheel


def document(program: Program, *arguments: str, code: int = 0) -> dict[str, object]:
    """Return the JSON that `environments` prints."""
    said = program("environments", *arguments, "--json")
    assert said.code == code, said.err
    data: dict[str, object] = json.loads(said.out)
    return data


def test_the_list_says_status_successor_and_date(program: Program) -> None:
    said = program("environments", "list", "--framework", "tensorflow")
    assert said.code == 0
    first = said.out.splitlines()[1].split()
    assert first[:4] == ["tensorflow-2.16-cuda12", "current", "3.11", "12.8.1"]
    assert "retired" not in said.out
    found = document(program, "list", "--all")["environments"]
    assert isinstance(found, list)
    old = next(each for each in found if each["name"] == "AzureML-PyTorch-1.6-GPU")
    assert (old["status"], old["successor"], old["packages"]["horovod"]) == (
        "retired", "acpt-pytorch-2.8-cuda12.6", "0.19.5",
    )  # fmt: skip
    assert all(each["source"] and each["as_of"] for each in found)


def test_show_saves_a_clone_and_refuses_reserved_names(program: Program) -> None:
    said = program("environments", "show", "AzureML-TensorFlow-2.2-GPU")
    assert said.code == 0
    assert "successor     tensorflow-2.16-cuda12" in said.out
    assert "not known" in said.out
    saved = program("environments", "show", "AzureML-TensorFlow-2.2-GPU", "--save", "new", "--name", "my-tf")
    assert (saved.code, saved.out.split()) == (
        0, [str(Path("new", "environment.yml")), str(Path("new", "conda.yml"))],
    )  # fmt: skip
    assert program("validate", "new").code == 0
    again = program("environments", "show", "AzureML-TensorFlow-2.2-GPU", "--save", "new")
    assert (again.code, "already" in again.err) == (1, True)
    taken = program("environments", "show", "sklearn-1.5", "--save", "x", "--name", "AzureML-mine")
    assert (taken.code, "Azure ML's own" in taken.err) == (1, True)
    assert program("environments", "show", "sklearn-1.5", "--name", "mine").code == 2
    assert program("environments", "show", "nothing-like-it").code == 1


def test_diff_and_check(program: Program) -> None:
    conda = program.cwd / "conda.yml"
    conda.write_text("dependencies: [python=3.7, pip, {pip: [torch==2.8.0]}]\n")
    rows = document(program, "diff", "acpt-pytorch-2.8-cuda12.6", "conda.yml")["differences"]
    assert {"kind": "python", "name": "Python", "left": "3.10", "right": "3.7", "note": None} in rows  # type: ignore[operator]
    assert "Nothing different" in program("environments", "diff", "conda.yml", "conda.yml").out
    found = document(program, "check", "conda.yml", code=1)
    assert found["errors"] == 1
    assert program("environments", "check", "conda.yml").err.startswith(
        "error: torch 2.8.0 does not install on Python 3.7"
    )
    conda.write_text("dependencies: [python=3.11, pip, {pip: [torch==2.8.0]}]\n")
    said = program("environments", "check", "conda.yml")
    assert (said.code, said.out) == (0, "conda.yml checked: 0 errors, 0 warnings\n")


def test_try_says_what_failed(program: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    write_wheel(wheels, "tinything")
    write_wheel(wheels, "brokenthing", files={"brokenthing.py": "raise RuntimeError('no library libx')\n"})
    for name, value in (("CONFIG_FILE", os.devnull), ("FIND_LINKS", str(wheels)), ("NO_INDEX", "1")):
        monkeypatch.setenv(f"PIP_{name}", value)
    monkeypatch.setenv("RANKZERO_CACHE", str(tmp_path / "cache"))
    listed = program.cwd / "requirements.txt"
    listed.write_text("tinything\n-e ./mine\n")
    said = program("environments", "try", "requirements.txt")
    assert said.code == 0, said.err
    lines = said.out.splitlines()
    assert lines[:2] == ["ok      tinything 1.0", "not tried  -e ./mine: an editable install"]
    assert lines[2].endswith("CPU: not the image.")
    listed.write_text("tinything\nbrokenthing\n")
    found = document(program, "try", "requirements.txt", code=1)
    assert found["works"] is False
    assert {"module": "brokenthing", "package": "brokenthing", "error": "RuntimeError: no library libx"} in found[
        "imports"
    ]  # type: ignore[operator]
    assert program("environments", "try", "requirements.txt", "--python", "2.7").code == 1
