"""The archive remembers runs through restarts, several writers, damage and a disk that is full."""

import dataclasses
import json
import multiprocessing
import sqlite3
import sys
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, RunStatus
from desktop_app.api._records import to_json
from desktop_app.services.archive import SCHEMA_VERSION, RunArchive
from tests.helpers.snapshots import snapshot


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "new" / "archive.sqlite3"


def handles(archive: RunArchive) -> list[str]:
    found = [each.handle for each in archive.all()]
    archive.close()
    return found


def record(path: Path, *runs: str) -> None:
    archive = RunArchive(path)
    archive.record(*(snapshot(each) for each in runs))
    archive.close()


def test_runs_are_there_after_a_restart_newest_first(path: Path) -> None:
    archive = RunArchive(path)
    archive.record(snapshot("old", minute=1), snapshot("new", minute=3))
    archive.record(snapshot("middle", minute=2))
    archive.close()
    assert handles(RunArchive(path)) == ["local://new", "local://middle", "local://old"]
    assert RunArchive(path).notices == ()


def test_a_run_is_found_by_handle_name_or_the_end_of_its_name(path: Path) -> None:
    record(path, "r-20261121-7f3k", "r-20261121-9abk")
    archive = RunArchive(path)
    for name in ("local://r-20261121-7f3k", "r-20261121-7f3k", "7f3k"):
        found = archive.get(name)
        assert found is not None
        assert found.run == "r-20261121-7f3k"
    assert archive.get("k") is None
    assert archive.get("") is None
    assert archive.get("' OR 1=1 --") is None
    archive.close()


def test_a_removed_run_is_gone(path: Path) -> None:
    record(path, "a", "b")
    archive = RunArchive(path)
    archive.remove("local://a")
    archive.remove("local://unknown")
    assert handles(archive) == ["local://b"]


def test_a_run_that_is_over_stays_over(path: Path) -> None:
    archive = RunArchive(path)
    archive.record(snapshot("a", RunStatus.COMPLETED))
    archive.record(snapshot("a", RunStatus.RUNNING), snapshot("a", RunStatus.UNKNOWN))
    found = archive.get("a")
    archive.close()
    assert found is not None
    assert found.status is RunStatus.COMPLETED


def _record_many(path: Path, name: str) -> None:
    archive = RunArchive(path)
    for number in range(25):
        archive.record(snapshot(f"{name}-{number}"))
    archive.close()
    if archive.notices:
        sys.exit(str(archive.notices))


def test_processes_that_write_at_once_lose_nothing(path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_record_many, args=(path, f"w{n}")) for n in range(4)]
    for each in workers:
        each.start()
    for each in workers:
        each.join(60)
    assert [each.exitcode for each in workers] == [0] * 4
    assert len(handles(RunArchive(path))) == 100


def test_a_file_that_is_no_database_is_kept_aside_and_said(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database" * 1000)
    archive = RunArchive(path)
    assert archive.all() == []
    archive.record(snapshot("a"))
    assert handles(archive) == ["local://a"]
    (kept,) = path.parent.glob("archive.damaged-*.sqlite3")
    assert kept.read_bytes().startswith(b"this is no database")
    assert kept.name in archive.notices[0].hint


def test_what_a_damaged_file_still_holds_is_taken_over(path: Path) -> None:
    archive = RunArchive(path)
    archive.record(*(dataclasses.replace(snapshot(f"r{n:04}"), reason="x" * 500) for n in range(500)))
    archive.close()
    damage_leaves(path)
    archive = RunArchive(path)
    saved = archive.all()
    archive.record(snapshot("new"))
    assert 0 < len(saved) < 500
    assert len(handles(archive)) == len(saved) + 1
    assert f"{len(saved)} runs" in archive.notices[0].message


def damage_leaves(path: Path) -> None:
    """Spoil the last five pages that hold rows; where the pages of the tree above lie depends on the rows' length."""
    content = bytearray(path.read_bytes())
    size = int.from_bytes(content[16:18], "big")  # of a page
    leaves = [each for each in range(size, len(content), size) if content[each] == 0x0A]
    rows = [each for each in leaves if b"xxxx" in content[each : each + size]]
    for start in rows[-5:]:
        content[start : start + size] = b"\xaa" * size
    path.write_bytes(content)


def test_an_open_archive_notices_that_its_file_was_replaced(path: Path) -> None:
    archive = RunArchive(path)
    archive.record(snapshot("before"))
    for each in path.parent.glob("archive*"):
        each.unlink()
    record(path, "after")
    assert handles(archive) == ["local://after"]


def test_a_row_that_makes_no_sense_hides_no_other(path: Path) -> None:
    record(path, "a", "b")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE runs SET snapshot = '{\"handle\": 3}' WHERE run = 'a'")
    connection.close()
    assert handles(RunArchive(path)) == ["local://b"]


def test_a_row_that_is_no_json_hides_no_other(path: Path) -> None:
    record(path, "a", "b", "c")
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE runs SET snapshot = '{\"handle\": ' WHERE run = 'a'")
    connection.close()
    assert handles(RunArchive(path)) == ["local://b", "local://c"]


def test_the_newest_are_had_without_the_others(path: Path) -> None:
    archive = RunArchive(path)
    archive.record(*(snapshot(f"{each:03}", minute=each // 2) for each in range(100)))
    assert archive.newest(7) == archive.all()[:7]
    assert archive.newest(1000) == archive.all()
    archive.close()


def test_an_older_programs_long_rows_are_read(path: Path) -> None:
    run = snapshot("a", RunStatus.FAILED, minute=3)
    archive = RunArchive(path)
    archive.record(run)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE runs SET snapshot = ?", (json.dumps(to_json(run)),))
    connection.close()
    assert archive.all() == [run]
    archive.close()


def test_a_newer_programs_archive_is_left_alone(path: Path) -> None:
    record(path, "a")
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    archive = RunArchive(path)
    archive.record(snapshot("b"))
    assert handles(archive) == ["local://b"]
    assert "newer program" in archive.notices[0].message
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT run FROM runs").fetchall() == [("a",)]
    connection.close()


def test_a_full_disk_is_survived_and_said(path: Path) -> None:
    record(path, "a")
    archive = RunArchive(path)
    connection = archive._connect()
    connection.execute("PRAGMA max_page_count = 5")  # SQLite then fails as on a full disk
    archive.record(*(dataclasses.replace(snapshot(f"b{n}"), reason="x" * 4000) for n in range(5)))
    assert "full" in archive.notices[0].message
    assert len(archive.all()) == 6
    archive.record(snapshot("c"))  # space again: what waited is written, too
    archive.close()
    assert len(handles(RunArchive(path))) == 7


def test_a_place_that_can_not_be_written_is_survived_and_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    archive = RunArchive(tmp_path / "file" / "archive.sqlite3")
    archive.record(snapshot("a"))
    archive.record(snapshot("b"))
    found = archive.get("a")
    assert found is not None
    assert len(archive.all()) == 2
    assert len(archive.notices) == 2  # one for writing, one for reading, however often it is tried
    with pytest.raises(OutsideError, match="can't be changed"):
        archive.remove("local://a")
