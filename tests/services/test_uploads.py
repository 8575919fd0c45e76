"""The upload preview of files and folders, and the ignore files that it writes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from desktop_app.api import UserError
from desktop_app.services.uploads import Mended, preview_upload, write_amlignore

JOB = """$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
code: src
command: python train.py
environment: azureml:mine:1
inputs:
  images: {type: uri_folder, path: data}
"""


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """A job with code and local data."""
    for name in ("src/train.py", "src/.env", "data/a.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "job.yml").write_text(JOB)
    return tmp_path / "job.yml"


def test_a_jobs_code_and_data(job: Path) -> None:
    preview = preview_upload(job)
    assert preview.kind == "commandJob"
    assert [(each.path, each.what, len(each.files)) for each in preview.parts] == [
        ("code", "code", 2),
        ("inputs.images.path", "data", 1),
    ]
    assert preview.bytes == 8 + 12 + 10


def test_a_text_that_is_not_saved_yet_counts_in_place_of_the_file(job: Path) -> None:
    preview = preview_upload(job, JOB.replace("code: src", "code: data"))
    assert [each.given for each in preview.parts] == ["data"]  # named twice, sent once


def test_a_place_that_is_not_there_is_an_error(job: Path) -> None:
    preview = preview_upload(job, JOB.replace("code: src", "code: sorce"))
    (finding,) = preview.parts[0].diagnostics
    assert (finding.code, finding.path) == ("missing-path", "code")


def test_a_folder_is_taken_as_code(job: Path) -> None:
    (part,) = preview_upload(job.parent / "src").parts
    assert [each.path for each in part.files] == [".env", "train.py"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code: [", "no sound YAML"),
        ("code: {{ folder }}\ncommand: {{x}}: y", "a template"),
        ("a: \t- b: [}", "no sound"),
    ],
)
def test_what_can_not_be_previewed_is_said(job: Path, text: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        preview_upload(job, text)


def test_a_safe_amlignore_is_written_into_each_folder_once(job: Path) -> None:
    written = write_amlignore(preview_upload(job)).written
    assert [each.relative_to(job.parent).as_posix() for each in written] == ["src/.amlignore", "data/.amlignore"]
    assert [each.path for each in preview_upload(job).parts[0].files] == ["train.py"]
    assert write_amlignore(preview_upload(job)) == Mended()


def test_an_amlignore_keeps_its_line_ends(job: Path) -> None:
    ignore = job.parent / "src" / ".amlignore"
    ignore.write_bytes(b"# mine\r\n*.png\r\n")
    write_amlignore(preview_upload(job))
    data = ignore.read_bytes()
    assert data.startswith(b"# mine\r\n*.png\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")
    assert not [each for each in ignore.parent.iterdir() if "tmp" in each.name]


@pytest.mark.parametrize("name", [".gitignore", ".amlignore"])
def test_an_ignore_file_that_is_no_utf8_is_named_with_its_line_and_nothing_is_written(job: Path, name: str) -> None:
    (job.parent / "data" / name).write_bytes(b"*.csv\ncaf\xe9\n")
    with pytest.raises(UserError, match=rf"{name} is not UTF-8: line 2, column 4"):
        write_amlignore(preview_upload(job))
    assert not (job.parent / "src" / ".amlignore").exists()
    assert (job.parent / "data" / name).read_bytes() == b"*.csv\ncaf\xe9\n"


@pytest.mark.skipif(sys.platform == "win32", reason="links want rights there")
@pytest.mark.parametrize("is_dangling", [False, True])
def test_an_amlignore_that_is_a_link_is_left(job: Path, tmp_path: Path, is_dangling: bool) -> None:
    outside = tmp_path / "outside"
    if not is_dangling:
        outside.write_text("mine\n")
    (job.parent / "src" / ".amlignore").symlink_to(outside)
    mended = write_amlignore(preview_upload(job))
    assert [each.parent.name for each in mended.written] == ["data"]
    assert [each.path.parent.name for each in mended.kept] == ["src"]
    assert "is a link" in mended.kept[0].why
    assert outside.exists() is not is_dangling
    assert is_dangling or outside.read_text() == "mine\n"


@pytest.mark.parametrize("code", ["..", "../../other", "{}/other", "link"])
def test_folders_outside_the_jobs_own_are_written_to_when_they_are_named_alone(tmp_path: Path, code: str) -> None:
    home, other = tmp_path / "a" / "b", tmp_path / "other"
    home.mkdir(parents=True)
    other.mkdir()
    if code == "link":
        (home / "link").symlink_to(other)
    (home / "job.yml").write_text(JOB.replace("code: src", f"code: {code.format(tmp_path)}"))
    mended = write_amlignore(preview_upload(home / "job.yml"))
    assert mended.written == ()
    (kept,) = mended.kept
    assert "outside the job's folder" in kept.why
    assert not kept.path.exists()
    assert not (other / ".amlignore").exists()
    assert write_amlignore(preview_upload(kept.path.parent)).written == (kept.path,)


def test_the_jobs_own_folder_may_be_its_code(job: Path) -> None:
    preview = preview_upload(job, JOB.replace("code: src", "code: ."))
    assert job.parent / ".amlignore" in {each.parent.resolve() / each.name for each in write_amlignore(preview).written}


PIPELINE = """$schema: https://azuremlschemas.azureedge.net/latest/pipelineJob.schema.json
type: pipeline
jobs:
  prep: {type: command, component: ./prep/prep.yml, inputs: {component: ./no.yml}}
  again: {type: command, component: file:prep/prep.yml}
  gone: {type: command, component: gone.yml}
  bad: {type: command, component: ./bad.yml}
  known: {type: command, component: azureml:train:1}
"""
COMPONENT = """$schema: https://azuremlschemas.azureedge.net/latest/commandComponent.schema.json
name: prep
command: python prep.py
code: ../shared-code
environment: ./env.yml
"""


def test_the_code_of_components_goes_up_as_their_files_say(tmp_path: Path) -> None:
    for name in ("shared-code/prep.py", "shared-code/__pycache__/prep.pyc", "prep/docker/Dockerfile", "prep/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "job.yml").write_text(PIPELINE)
    (tmp_path / "bad.yml").write_text("code: [")
    (tmp_path / "prep" / "prep.yml").write_text(COMPONENT)
    (tmp_path / "prep" / "env.yml").write_text("name: e\nbuild: {path: docker}\ncomponent: ../job.yml\n")
    parts = preview_upload(tmp_path / "job.yml").parts
    assert [(each.path, each.what, [file.path for file in each.files]) for each in parts] == [
        ("jobs.prep.component → code", "code", ["prep.py"]),
        ("jobs.prep.component → environment → build.path", "Docker build folder", ["Dockerfile"]),
        ("jobs.gone.component", "component file", []),
        ("jobs.bad.component", "component file", []),
    ]
    assert [[(found.code, found.path) for found in each.diagnostics] for each in parts[2:]] == [
        [("missing-path", "jobs.gone.component")], [("unreadable", "jobs.bad.component")],
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["trial: file:there/x.yml\n", "create_job: ./there/x.yml\n"])
def test_trials_and_the_jobs_of_schedules_are_followed(tmp_path: Path, text: str) -> None:
    (tmp_path / "there" / "src").mkdir(parents=True)
    (tmp_path / "there" / "src" / "a.py").write_text("1")
    (tmp_path / "there" / "x.yml").write_text("command: python a.py\ncode: src\nenvironment: azureml:x:1\n")
    (tmp_path / "job.yml").write_text(text)
    (part,) = preview_upload(tmp_path / "job.yml").parts
    assert part.folder == tmp_path / "there" / "src"
    assert part.path.endswith(" → code")
    assert [each.path for each in part.files] == ["a.py"]


def test_endless_references_end(tmp_path: Path) -> None:
    for number in range(120):
        (tmp_path / f"c{number}.yml").write_text(f"jobs: {{a: {{component: ./c{number + 1}.yml}}}}\n")
    (part,) = preview_upload(tmp_path / "c0.yml").parts
    assert "More than 100 files" in part.diagnostics[0].message


def test_what_is_left_out_for_its_secrets_is_named_with_what_that_means(job: Path) -> None:
    (job.parent / "src" / "conf.py").write_text('TOKEN = "ghp_' + "a1B2" * 9 + '"\n')
    mended = write_amlignore(preview_upload(job))
    assert {each.name for each in mended.secrets} == {".env", "conf.py"}
    assert "conf.py are left out now" in mended.warning or ".env are left out now" in mended.warning
    assert "imports or reads them fails" in mended.warning
    assert write_amlignore(preview_upload(job)).warning == ""
