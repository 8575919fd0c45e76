"""Homes on the network are told from local ones, and the archive keeps no journal there that computers can't share."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from desktop_app.services import archive
from desktop_app.services.archive import RunArchive
from desktop_app.services.file_systems import is_networked


def test_the_nearest_mount_point_counts(tmp_path: Path) -> None:
    home = (tmp_path / "ho me").resolve()
    (home / "scratch").mkdir(parents=True)
    mounts = tmp_path / "mounts"
    spelled = str(home).replace(" ", "\\040")
    mounts.write_text(
        f"/dev/sda / ext4 rw 0 0\nserver:/home {spelled} nfs4 rw 0 0\n/dev/sdb {spelled}/scratch xfs rw 0 0\n"
    )
    assert is_networked(home / "rankzero", mounts)
    assert not is_networked(home / "scratch" / "rankzero", mounts)
    assert not is_networked(tmp_path, mounts)
    assert not is_networked(home, tmp_path / "no such file")


@pytest.mark.parametrize(("networked", "mode"), [(True, "delete"), (False, "wal")])
def test_the_archives_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, networked: bool, mode: str) -> None:
    monkeypatch.setattr(archive, "is_networked", lambda _path: networked)
    path = tmp_path / "runs.sqlite"
    assert RunArchive(path).all() == []
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == (mode,)
    connection.close()


def test_an_archive_that_moves_to_the_network_changes_its_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "runs.sqlite"
    for networked in (False, True):
        monkeypatch.setattr(archive, "is_networked", lambda _path, answer=networked: answer)
        kept = RunArchive(path)
        assert kept.all() == []
        kept.close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    connection.close()
