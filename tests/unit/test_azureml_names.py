"""Handles, names of runs, and names that came from elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Job, JobSource, UserError
from desktop_app.backends.azureml.client import routes
from desktop_app.backends.azureml.files.safe_names import objection, placed_below
from desktop_app.backends.azureml.jobs.names import new_run, slug
from tests.helpers.told_wire import SUBSCRIPTION, WORKSPACE


def test_a_handle_names_workspace_and_run() -> None:
    handle = routes.handle_of(WORKSPACE, "digits-7f3k9q")
    assert handle == f"azureml://{SUBSCRIPTION}/research/vision/digits-7f3k9q"
    assert routes.place_of(handle) == routes.Place(WORKSPACE.key, "digits-7f3k9q")


@pytest.mark.parametrize("handle", ["local://r-1", "azureml://a/b/c", "azureml://a/b/c/../x", "azureml://a/b/c/.x", ""])
def test_what_is_no_handle_is_refused(handle: str) -> None:
    with pytest.raises(UserError, match="no run of Azure ML"):
        routes.place_of(handle)


def test_a_run_is_called_as_its_job_and_never_the_same_twice() -> None:
    job, source = Job("python a.py", display_name="Digits, DDP (2 nodes)"), JobSource(None, Path("/jobs"))
    names = {new_run(job, source) for _each in range(200)}
    assert len(names) == 200
    assert all(each.startswith("digits-ddp-2-nodes-") and routes.is_name(each) for each in names)


@given(st.text())
def test_a_slug_is_a_name(text: str) -> None:
    assert routes.is_name(slug(text))


BAD = ["../../x", "/etc/passwd", "a/../b", "a//b", "C:\\x", "c:x", "nul", "a/CON.txt", "com1", "x.", "y ", "a\0b",
       "", ".", "a\\b", "LPT9.log", "..", "a/./b", "com¹", "x" * 300, "a\nb"]  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_name_that_is_good_nowhere_or_not_everywhere_is_refused(name: str, tmp_path: Path) -> None:
    assert objection(name)
    assert placed_below(tmp_path, name) is None


@pytest.mark.parametrize("name", ["outputs/model.pt", "a b/ü.txt", "..a/b..c", "console.txt", "com10", ".hidden"])
def test_other_names_are_taken(name: str, tmp_path: Path) -> None:
    assert placed_below(tmp_path, name) == tmp_path / name


@given(st.text(max_size=60))
def test_no_name_leads_out_of_the_folder(name: str) -> None:
    folder = Path("/nowhere/at/all")
    placed = placed_below(folder, name)
    assert placed is None or Path(*placed.parts).is_relative_to(folder)
    assert placed is None or ".." not in placed.parts


def test_a_link_that_leads_out_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "out").symlink_to(tmp_path)
    assert placed_below(tmp_path / "inside", "out/file.txt") is None


@pytest.mark.parametrize(("name", "is_one"), [
    ("digits-7f3k9q", True), ("a.b_c", True), ("7", True),
    ("", False), (".", False), ("..", False), ("a..b", False), ("-a", False), ("a/b", False), ("a\\b", False),
    ("a b", False), ("a\n", False), ("é", False), ("a" * 256, False),
])  # fmt: skip
def test_a_runs_name_is_a_folders(name: str, is_one: bool) -> None:
    assert routes.is_name(name) is is_one
