"""A run's plan is understood in one place, packed or not, and read again only when its file has changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from desktop_app.api import RunStatus
from desktop_app.api._records import from_json
from desktop_app.core import shared_texts
from desktop_app.services import read_once
from desktop_app.services.read_once import ReadOnce
from desktop_app.services.run_plans import PLAN, plan_in, plan_json, planned_secrets
from tests.helpers.run_folders import FolderOfRun, make_run


class Reader:
    """Reads texts, and notes which."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, path: Path) -> str:
        self.read.append(path.name)
        return path.read_text()


@pytest.fixture
def made(tmp_path: Path) -> FolderOfRun:
    return make_run(tmp_path / "runs", "r-1", RunStatus.FAILED)


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    reader, path = Reader(), tmp_path / "a"
    once = ReadOnce(reader)
    path.write_text("one")
    assert [once(path), once(path), once(path)] == ["one"] * 3
    assert len(reader.read) == 1
    path.write_text("longer")
    assert [once(path), once(path)] == ["longer"] * 2
    assert len(reader.read) == 2
    os.utime(path, ns=(0, 0))
    once(path)
    assert len(reader.read) == 3
    (tmp_path / "b").write_text("others")
    os.utime(tmp_path / "b", ns=(0, 0))
    (tmp_path / "b").replace(path)
    assert once(path) == "others"


def test_a_file_that_is_not_there_is_looked_for_each_time(tmp_path: Path) -> None:
    once = ReadOnce(lambda path: path.exists())
    assert not once(tmp_path / "a")
    (tmp_path / "a").touch()
    assert once(tmp_path / "a")


def test_of_many_files_and_of_long_ones_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader, names = Reader(), "abcdef"
    once = ReadOnce(reader)
    for each in names:
        (tmp_path / each).write_text(each)
    for each in names * 2:
        assert once(tmp_path / each) == each
    assert reader.read == [*names, *names]
    assert once(tmp_path / "f") == "f"
    assert len(reader.read) == 12
    monkeypatch.setattr(read_once, "LONGEST", 0)
    (tmp_path / "a").write_text("aa")
    assert [once(tmp_path / "a"), once(tmp_path / "a")] == ["aa", "aa"]
    assert len(reader.read) == 14


def test_what_a_reader_raises_is_raised_each_time(tmp_path: Path) -> None:
    once = ReadOnce(Reader())
    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            once(tmp_path / "none")


def test_a_packed_plan_is_whole_for_all_who_ask(made: FolderOfRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared_texts, "WORTH", 1)
    plain = json.loads((made.path / PLAN).read_text())
    for rank, each in enumerate(plain["processes"]):
        each["environment"] |= {"TF_CONFIG": f'{{"cluster": {{}}, "task": {rank}}}', "HF_TOKEN": "hf_0123456789"}
    packed = shared_texts.packed(plain)
    assert packed != plain
    (made.path / PLAN).write_text(json.dumps(packed))
    assert plan_json(made.path) == plain
    known = plan_in(made.path)
    assert known is not None
    assert known == from_json(type(known), plain)
    assert planned_secrets(made.path) == {"hf_0123456789"}
    assert plan_in(made.path) is known


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"processes": 7}', '{"shared": [1], "processes": 7}', '{"launchers": 7}', "[" * 9999]
)
def test_what_is_no_plan_is_none(made: FolderOfRun, text: str) -> None:
    (made.path / PLAN).write_text(text)
    assert plan_in(made.path) is None
    assert planned_secrets(made.path) == frozenset()
    (made.path / PLAN).unlink()
    assert (plan_json(made.path), plan_in(made.path)) == ({}, None)
