"""A node's folder is its own, also where others tidy up at that moment."""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

if sys.platform == "win32":
    pytest.skip("its nodes are not started on Windows", allow_module_level=True)

from plugins.ray import node_starter as starter


def held_by_another(folder: Path) -> None:
    assert starter.lock(folder) is not None


def swept_away(folder: Path) -> None:
    shutil.rmtree(folder)


@pytest.mark.parametrize("meddle", [held_by_another, swept_away])
def test_a_folder_that_another_one_got_at_is_not_taken(
    meddle: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make = tempfile.mkdtemp
    made: list[str] = []

    def mkdtemp(prefix: str, dir: Path) -> str:  # noqa: A002 (as the library calls it)
        made.append(make(prefix=prefix, dir=dir))
        if len(made) == 1:
            meddle(Path(made[0]))
        return str(made[-1])

    monkeypatch.setattr(tempfile, "mkdtemp", mkdtemp)
    own = starter.own_folder(tmp_path)
    assert [str(own)] == made[1:]
    starter.sweep(tmp_path)
    assert own.is_dir()
    assert starter.lock(own) is None  # for as long as this process lives


def test_a_lock_on_a_file_that_is_gone_is_none(tmp_path: Path) -> None:
    held = starter.lock(tmp_path)
    assert held is not None
    assert starter.is_there(tmp_path, held)
    (tmp_path / "held").unlink()
    assert not starter.is_there(tmp_path, held)
    (tmp_path / "held").touch()
    assert not starter.is_there(tmp_path, held)
    os.close(held)
