"""Marks name the plugin that took a program down, and none that is merely being imported elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from desktop_app.services.plugins.marks import Marks

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = """
import pathlib, sys
from desktop_app.services.plugins.marks import Marks

with Marks(pathlib.Path(sys.argv[1])).during("alpha"):
    print("marked", flush=True)
    sys.stdin.read()
"""


def importing(folder: Path) -> subprocess.Popen[str]:
    """Start a program that imports the plugin alpha until its input ends."""
    child = subprocess.Popen(
        [sys.executable, "-c", IMPORTS, str(folder)], cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "marked\n"
    return child


def kill(child: subprocess.Popen[str]) -> None:
    with child:
        child.kill()


def test_a_mark_is_left_by_who_was_killed_and_by_nobody_else(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "marks")
    first, second = importing(tmp_path / "marks"), importing(tmp_path / "marks")
    assert not marks.is_left("alpha"), "both are still at it"
    second.communicate("")
    assert not marks.is_left("alpha"), "one has finished in good order"
    kill(first)
    assert marks.is_left("alpha")
    assert not marks.is_left("alph")


def test_another_program_neither_hides_nor_forgets_a_mark(tmp_path: Path) -> None:
    marks = Marks(tmp_path / "marks")
    kill(importing(tmp_path / "marks"))
    going_on = importing(tmp_path / "marks")
    assert marks.is_left("alpha")
    marks.clear("alpha")
    assert not marks.is_left("alpha")
    kill(going_on)
    assert marks.is_left("alpha"), "the mark of the one that went on is still there"


def test_a_pid_that_lives_again_hides_nothing(tmp_path: Path) -> None:
    """A mark of the time before a reboot may name the pid of a process of today."""
    kill(importing(tmp_path / "marks"))
    (mark,) = (tmp_path / "marks").iterdir()
    mark.write_text("1")
    assert Marks(tmp_path / "marks").is_left("alpha")


def test_where_nothing_can_be_written_plugins_are_imported_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    marks = Marks(tmp_path / "file" / "marks")
    with marks.during("alpha"):
        assert not marks.is_left("alpha")
