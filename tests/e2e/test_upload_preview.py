"""`rankzero upload-preview` as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.program import Program

JOB = (
    "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\ncode: src\ncommand: python train.py\n"
)


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job whose code folder holds a secret and ignored data."""
    source = tmp_path / "pro ject" / "src"
    source.mkdir(parents=True)
    (source / "train.py").write_text("print(1)\n")
    (source / ".env").write_text("KEY=1\n")
    (source / "data.csv").write_text("1\n")
    (source / ".gitignore").write_text("*.csv\n")
    (source.parent / "job.yml").write_text(JOB)
    return source.parent / "job.yml"


def test_what_goes_along_what_stays_and_what_is_risky(program: Program, job: Path) -> None:
    said = program("upload-preview", job)
    assert said.code == 0, said.err
    assert said.out.splitlines()[0] == "code src → 3 files, 21 B (1 left out by .gitignore)"
    assert ".env  (secret?)" in said.out
    assert "warning: .env may hold secrets and go along" in said.err
    assert "data.csv  (line 1 of .gitignore: *.csv)" in program("upload-preview", job, "--all").out


def test_the_json_document(program: Program, job: Path) -> None:
    found = program("upload-preview", job, "--json").json
    (part,) = found["parts"]
    assert (found["kind"], found["files"], found["bytes"], found["written"]) == ("commandJob", 3, 21, [])
    assert (part["path"], part["ignore_file"], part["folder"]) == ("code", ".gitignore", str(job.parent / "src"))
    assert {each["path"]: each["secret"] for each in part["files"]} == {
        ".env": True, ".gitignore": False, "train.py": False,
    }  # fmt: skip
    assert part["left_out"] == [{"path": "data.csv", "bytes": 2, "rule": "*.csv", "line": 1}]
    assert [each["code"] for each in part["diagnostics"]] == ["secret-goes-along"]


def test_a_safe_amlignore_takes_the_gitignore_over(program: Program, job: Path) -> None:
    said = program("upload-preview", job, "--write-amlignore", "--json")
    assert [each["path"] for each in said.json["parts"][0]["files"]] == ["train.py"]
    assert said.json["written"] == [str(job.parent / "src" / ".amlignore")]
    assert said.json["secrets_left_out"] == [str(job.parent / "src" / ".env")]
    assert program("upload-preview", job, "--write-amlignore", "--json").json["written"] == []


def test_folders_outside_are_left_and_named(program: Program, job: Path, tmp_path: Path) -> None:
    job.write_text(JOB.replace("code: src", f"code: '{tmp_path}'"))
    said = program("upload-preview", job, "--write-amlignore")
    assert f"{tmp_path / '.amlignore'} lies outside the job's folder and was not written" in said.err
    (kept,) = program("upload-preview", job, "--write-amlignore", "--json").json["not_written"]
    assert kept["path"] == str(tmp_path / ".amlignore")
    assert not (tmp_path / ".amlignore").exists()


def test_what_would_fail_is_said_before(program: Program, job: Path) -> None:
    job.write_text(JOB.replace("code: src", "code: sorce"))
    said = program("upload-preview", job)
    assert said.code == 1
    assert "error: Write a place that is there at code: “sorce” is not. [missing-path]" in said.err
    gone = program("upload-preview", job.parent / "nothing.yml")
    assert (gone.code, gone.out) == (1, "")
    assert gone.err.count("\n") == 1
