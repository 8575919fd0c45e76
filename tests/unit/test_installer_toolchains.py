"""The set-up lets the program make toolchains: each once, the compiled beside the fetched, failures by their names."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from installer import system_libraries, toolchains
from installer.say import SetupError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the program is played by a shell script")
PROGRAM = """#!/bin/sh
echo "$5" >> "{folder}/asked"
echo "Making $5" >&2
[ "$5" = "{bad}" ] && echo "error: no network" >&2 && exit 3
touch "{folder}/$5"
echo '{{"toolchains": [{{"python": "{folder}/'"$5"'"}}]}}'
"""


def program(folder: Path, bad: str = "") -> Path:
    """Return an interpreter that makes toolchains at once, and notes for which it was asked."""
    folder.mkdir(exist_ok=True)
    path = folder / "python"
    path.write_text(PROGRAM.format(folder=folder, bad=bad))
    path.chmod(0o755)
    return path


def asked(folder: Path) -> list[str]:
    return (folder / "asked").read_text().split()


ALL = {toolchains.FIRST, *toolchains.COMPILED, *toolchains.FETCHED}


def test_all_are_made_once_the_first_before_the_others(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    python = program(tmp_path / "it")
    found = toolchains.ensure_all(python, tmp_path / "cache")
    assert found == {name: tmp_path / "it" / name for name in ALL}
    assert asked(tmp_path / "it")[0] == "pytorch"
    assert len(asked(tmp_path / "it")) == len(ALL)
    said = capsys.readouterr().err
    assert "  ray: Making ray\n" in said
    assert "  horovod-tensorflow: made in 0 s\n" in said
    assert toolchains.ensure_all(python, tmp_path / "cache") == found
    assert (len(asked(tmp_path / "it")), capsys.readouterr().err) == (len(ALL), "")


def test_one_whose_python_is_gone_is_made_again(tmp_path: Path) -> None:
    python = program(tmp_path / "it")
    toolchains.ensure_all(python, tmp_path / "cache")
    (tmp_path / "it" / "ray").unlink()
    toolchains.ensure_all(python, tmp_path / "cache")
    assert asked(tmp_path / "it")[len(ALL) :] == ["ray"]


def test_one_that_fails_is_named_and_the_others_are_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    python = program(tmp_path / "it", bad="deepspeed")
    with pytest.raises(SetupError, match="toolchains deepspeed could not be made"):
        toolchains.ensure_all(python, tmp_path / "cache")
    assert "  deepspeed: error: no network" in capsys.readouterr().err
    assert set(asked(tmp_path / "it")) == ALL
    python = program(tmp_path / "it")
    toolchains.ensure_all(python, tmp_path / "cache")
    assert asked(tmp_path / "it")[len(ALL) :] == ["deepspeed"]


def test_the_sample_needs_one_alone(tmp_path: Path) -> None:
    python = program(tmp_path / "it")
    assert toolchains.ensure(python, tmp_path / "cache") == tmp_path / "it" / "pytorch"
    assert toolchains.ensure(python, tmp_path / "cache") == tmp_path / "it" / "pytorch"
    assert asked(tmp_path / "it") == ["pytorch"]
    with pytest.raises(SetupError, match="The toolchain pytorch could not be made"):
        toolchains.ensure(program(tmp_path / "other", bad="pytorch"), tmp_path / "cache")


def test_without_compilers_what_is_compiled_is_left_out(tmp_path: Path) -> None:
    found = toolchains.ensure_all(program(tmp_path / "it"), tmp_path / "cache", has_compilers=False)
    assert set(found) == ALL - set(toolchains.COMPILED)


@pytest.mark.parametrize(
    ("there", "said"),
    [
        (("apt-get",), "sudo apt-get install -y cmake g++ make libopenmpi-dev openmpi-bin\n"),
        ((), "that provide: cmake, c++, make, mpicxx, mpirun\n"),
        (("apt-get", "cmake", "c++", "make"), "sudo apt-get install -y libopenmpi-dev openmpi-bin\n"),
    ],
)
def test_missing_programs_are_named_where_they_can_not_be_installed(
    there: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name if name in there else None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert not system_libraries.ensure_programs()
    assert said in capsys.readouterr().err


def test_as_root_they_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    installed: list[tuple[str, ...]] = []
    monkeypatch.setattr(shutil, "which", lambda name: name if name == "apt-get" else None)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(sys, "platform", "linux")

    def apt(*words: str) -> bool:
        installed.append(words)
        return True

    monkeypatch.setattr(system_libraries, "_apt", apt)
    assert system_libraries.ensure_programs()
    assert installed[0][-5:] == ("cmake", "g++", "make", "libopenmpi-dev", "openmpi-bin")
