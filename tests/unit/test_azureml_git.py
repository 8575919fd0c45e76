"""Which commit a job's code is: asked of the folder that the code lies in, sent along with the job."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import PlannedFile
from desktop_app.backends.azureml.jobs.git_facts import (
    BRANCH,
    COMMIT,
    DIRTY,
    REPOSITORY,
    code_folder,
    git_variables,
    without_secret,
)
from tests.helpers.azure_backends import desk
from tests.helpers.repositories import git, make_repository


def test_what_git_says_of_a_folder(tmp_path: Path) -> None:
    make_repository(tmp_path, "https://example.org/digits.git")
    commit = git(tmp_path, "rev-parse", "HEAD")
    told = {REPOSITORY: "https://example.org/digits.git", BRANCH: "main", COMMIT: commit, DIRTY: "False"}
    assert git_variables(tmp_path) == told
    (tmp_path / "more.py").write_text("1\n")
    assert git_variables(tmp_path) == told | {DIRTY: "True"}


def test_where_there_is_no_repository_nothing_is_said(tmp_path: Path) -> None:
    assert git_variables(tmp_path) == git_variables(tmp_path / "gone") == git_variables(None) == {}


def test_what_a_person_has_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_repository(tmp_path, "https://example.org/digits.git")
    monkeypatch.setenv(BRANCH, "release")
    assert BRANCH not in git_variables(tmp_path)


@pytest.mark.parametrize(("url", "told"), [
    ("https://me:secret@example.org/a.git", "https://example.org/a.git"),
    ("https://me@example.org/a.git", "https://me@example.org/a.git"),
    ("git@example.org:a/b.git", "git@example.org:a/b.git"),
    ("/srv/a.git", "/srv/a.git"),
])  # fmt: skip
def test_a_password_in_an_address_stays_here(url: str, told: str) -> None:
    assert without_secret(url) == told


def test_the_folder_of_the_code(tmp_path: Path) -> None:
    data = PlannedFile(str(tmp_path / "d" / "x.csv"), "data/d/x.csv", 1)
    code = PlannedFile(str(tmp_path / "src" / "a" / "t.py"), "code/a/t.py", 1)
    assert code_folder([data, code]) == tmp_path / "src"
    assert code_folder([data]) is None


async def test_a_job_takes_along_what_its_code_was_when_it_was_kept(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        make_repository(made.project, "https://example.org/digits.git")
        commit = git(made.project, "rev-parse", "HEAD")
        await made.submit()
        (_function, arguments) = made.jobs.wire.called[0]
        assert isinstance(arguments["git"], dict)
        assert arguments["git"][COMMIT] == commit
        assert arguments["git"][DIRTY] == "False"
