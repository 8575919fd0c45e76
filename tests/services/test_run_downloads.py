"""What a run left is copied whole or not at all; what is no file is named and left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, UserError
from desktop_app.services.run_downloads import OUTPUTS, copy_run
from tests.helpers.run_folders import FolderOfRun, make_run_with_outputs


@pytest.fixture
def made(tmp_path: Path) -> FolderOfRun:
    return make_run_with_outputs(tmp_path / "runs", "outputs", "model.pt")


def test_a_named_output_may_be_called_outputs(made: FolderOfRun, tmp_path: Path) -> None:
    copied = copy_run(made.snapshot, tmp_path / "copy", OUTPUTS)
    assert (tmp_path / "copy" / "outputs" / "model.pt").read_bytes() == b"m" * 100
    assert (tmp_path / "copy" / "named_outputs" / "outputs" / "model.pt").read_bytes() == b"w"
    there = [each for each in (tmp_path / "copy").rglob("*") if each.is_file()]
    assert len(there) == copied.files
    assert not copied.left_out


def test_what_is_no_file_is_left_out_and_said(made: FolderOfRun, tmp_path: Path) -> None:
    outputs = made.path / "code" / "outputs"
    os.mkfifo(outputs / "pipe")
    (outputs / "etc").symlink_to("/etc")
    (outputs / "broken").symlink_to(tmp_path / "nowhere")
    (outputs / "best.pt").symlink_to("model.pt")
    (outputs / "deep" / "round").symlink_to(outputs)
    copied = copy_run(made.snapshot, tmp_path / "copy", OUTPUTS)
    assert (tmp_path / "copy" / "outputs" / "best.pt").read_bytes() == b"m" * 100
    assert set(copied.left_out) == {
        "outputs/pipe: no file",
        "outputs/etc: a link to somewhere else",
        "outputs/broken: a link to nothing",
        "outputs/deep/round: a link to a folder",
    }


def test_what_stands_there_is_not_overwritten(made: FolderOfRun, tmp_path: Path) -> None:
    copy_run(made.snapshot, tmp_path / "copy")
    with pytest.raises(UserError, match=r"has outputs.* already"):
        copy_run(made.snapshot, tmp_path / "copy")


def test_a_run_without_anything_is_said(made: FolderOfRun, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="left nothing"):
        copy_run(made.snapshot, tmp_path / "copy", ())
    assert not (tmp_path / "copy").exists()


def test_a_target_that_takes_nothing_is_said(made: FolderOfRun, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutsideError, match="can't be copied to"):
        copy_run(made.snapshot, tmp_path / "file")


def test_a_file_that_goes_away_is_named_and_nothing_is_left(
    made: FolderOfRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that goes on may remove a file between the look and the copy."""
    gone = made.path / "code" / "outputs" / "model.pt"
    opened = Path.open

    def vanish(path: Path, *arguments: object, **options: object) -> object:
        if path == gone:
            gone.unlink(missing_ok=True)
        return opened(path, *arguments, **options)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", vanish)
    with pytest.raises(OutsideError, match=r"model\.pt can't be read"):
        copy_run(made.snapshot, tmp_path / "copy")
    assert list((tmp_path / "copy").iterdir()) == []
