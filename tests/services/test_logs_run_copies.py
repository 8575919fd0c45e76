"""What is taken from a run's folder: its job file, its outputs, and nothing that lies elsewhere."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, UserError
from desktop_app.services.run_copies import (
    entries_of,
    output_roots,
    submitted_text,
    suggested_copy,
    write_copy,
)
from tests.helpers.run_folders import FolderOfRun, make_run_with_outputs
from tests.helpers.snapshots import snapshot


@pytest.fixture
def made(tmp_path: Path) -> FolderOfRun:
    return make_run_with_outputs(tmp_path / "runs", "model", "weights")


def test_outputs_are_listed_with_their_sizes(made: FolderOfRun) -> None:
    roots = output_roots(made.snapshot)
    assert [each.name for each in roots] == ["outputs", "logs", "model"]
    entries = entries_of(roots[0].folder, roots[0].folder)
    assert [(each.path.name, each.is_folder, each.size, each.files) for each in entries] == [
        ("deep", True, 10, 1), ("model.pt", False, 100, 1),
    ]  # fmt: skip


def test_links_lead_nowhere_outside(made: FolderOfRun, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "key").write_text("private")
    outputs = made.path / "code" / "outputs"
    (outputs / "folder-link").symlink_to(secret)
    (outputs / "file-link").symlink_to(secret / "key")
    (outputs / "inside-link").symlink_to(outputs / "model.pt")
    (outputs / "deep" / "round").symlink_to(outputs)
    (outputs / "broken").symlink_to(tmp_path / "nowhere")
    root = output_roots(made.snapshot)[0].folder
    names = [each.path.name for each in entries_of(root, root)]
    assert names == ["deep", "inside-link", "model.pt"]


def test_a_linked_root_is_none(made: FolderOfRun, tmp_path: Path) -> None:
    (made.path / "named_outputs" / "evil").symlink_to(tmp_path)
    assert "evil" not in [each.name for each in output_roots(made.snapshot)]


def test_a_place_that_takes_nothing_is_said(made: FolderOfRun, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OutsideError, match="can't be written"):
        write_copy(made.snapshot, tmp_path / "file" / "job.yml")


def test_the_job_file_is_copied_byte_for_byte(made: FolderOfRun, tmp_path: Path) -> None:
    (made.path / "job.yml").write_bytes("command: “ä”\r\n# end".encode())
    write_copy(made.snapshot, tmp_path / "new" / "job.yml")
    assert (tmp_path / "new" / "job.yml").read_bytes() == (made.path / "job.yml").read_bytes()


def test_a_job_file_that_is_gone_is_said(made: FolderOfRun) -> None:
    (made.path / "job.yml").unlink()
    with pytest.raises(UserError, match="is gone"):
        submitted_text(made.snapshot)


def test_a_copy_is_suggested_beside_its_source(made: FolderOfRun) -> None:
    assert suggested_copy(made.snapshot) == Path(made.snapshot.source).with_name("job-7f3k.yml")
    nameless = dataclasses.replace(made.snapshot, source="")
    assert suggested_copy(nameless).name == "job-7f3k.yml"


def test_a_job_file_in_no_encoding_is_copied_as_it_is(made: FolderOfRun, tmp_path: Path) -> None:
    (made.path / "job.yml").write_bytes(b"command: gr\xf6\xdfe\n")
    write_copy(made.snapshot, tmp_path / "job.yml")
    assert (tmp_path / "job.yml").read_bytes() == b"command: gr\xf6\xdfe\n"


def test_what_was_sent_to_a_workspace_is_taken_as_the_person_wrote_it(tmp_path: Path) -> None:
    run = dataclasses.replace(snapshot("r-1"), backend="azureml", folder=str(tmp_path))
    (tmp_path / "job.yml").write_text("code: ./code\nname: digits-1\n")
    assert submitted_text(run) == "code: ./code\nname: digits-1\n", "without a plan, what was sent"
    (tmp_path / "plan.json").write_text(json.dumps({"source_text": "code: ../src\n"}))
    assert submitted_text(run) == "code: ../src\n"
    (tmp_path / "plan.json").write_text("[]")
    assert submitted_text(run).startswith("code: ./code")
