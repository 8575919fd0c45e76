"""An open text and its file: saving keeps bytes and never overwrites silently; drafts; problems."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Diagnostic, Severity, UserError
from desktop_app.compose import open_workbench
from desktop_app.places import Places
from desktop_app.presenters import editor
from desktop_app.presenters.editor import ChangedOnDiskError, DiskState, OpenFile, change_between, units
from desktop_app.services.drafts import Drafts
from tests.helpers.rights import obeys_modes

JOB = """$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
code: src
command: python train.py
distribution:
  type: pytorch
  proces_count_per_instance: 2
"""


@pytest.fixture
def drafts(tmp_path: Path) -> Drafts:
    return Drafts(tmp_path / "drafts", "texts")


def written(folder: Path, data: bytes, name: str = "job.yml") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("before", "text", "after"),
    [
        (b"a: 1\r\nb: 2\r\n", "a: 1\nb: 3\n", b"a: 1\r\nb: 3\r\n"),
        (b"\xef\xbb\xbfa: 1\n", "a: 2\n", b"\xef\xbb\xbfa: 2\n"),
        (b"a: 1", "a: 2", b"a: 2"),
        ("ü: \u00a0\n".encode(), "ü: \u00a0x\n", "ü: \u00a0x\n".encode()),
    ],
)
def test_saving_keeps_line_ends_marks_and_every_other_byte(
    tmp_path: Path, before: bytes, text: str, after: bytes
) -> None:
    path = written(tmp_path, before)
    OpenFile(path).save(text)
    assert path.read_bytes() == after


def test_what_another_program_did_is_noticed(tmp_path: Path) -> None:
    path = written(tmp_path, b"a: 1\n")
    file = OpenFile(path)
    assert file.disk_state() is DiskState.SAME
    path.write_bytes(b"a: 22\n")
    assert file.disk_state() is DiskState.CHANGED
    with pytest.raises(ChangedOnDiskError, match="changed by another program"):
        file.save("a: 3\n")
    assert path.read_bytes() == b"a: 22\n"
    file.save("a: 3\n", overwrite=True)
    assert (path.read_bytes(), file.disk_state()) == (b"a: 3\n", DiskState.SAME)
    path.unlink()
    assert file.disk_state() is DiskState.DELETED
    file.save("a: 3\n")
    assert path.read_bytes() == b"a: 3\n"


def test_reloading_takes_the_new_text(tmp_path: Path) -> None:
    path = written(tmp_path, b"a: 1\n")
    file = OpenFile(path)
    path.write_bytes(b"a: 2\n")
    assert file.reload() == "a: 2\n"
    assert file.disk_state() is DiskState.SAME


@pytest.mark.parametrize(
    ("data", "why"), [(b"a\0b", "no text"), (b"\xff\xfea\0", "UTF-16"), (b"a: \xe4\n", "not UTF-8")]
)
def test_what_is_no_text_is_not_opened(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(UserError, match=why):
        OpenFile(written(tmp_path, data, "x.bin"))


def test_what_is_too_large_is_not_opened_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.log"
    with path.open("wb") as file:
        file.truncate(6_000_000_000)
    with pytest.raises(UserError, match="too large"):
        OpenFile(path)


@obeys_modes
def test_a_read_only_file_is_known_as_one(tmp_path: Path) -> None:
    path = written(tmp_path, b"a: 1\n")
    path.chmod(0o400)
    assert OpenFile(path).is_read_only


def test_an_unsaved_text_comes_back_after_a_crash(tmp_path: Path, drafts: Drafts) -> None:
    path = written(tmp_path, b"a: 1\n")
    editor.keep_text(drafts, OpenFile(path), "a: 2\n")
    kept = editor.kept_text(drafts, OpenFile(path))
    assert kept is not None
    assert (kept.text, kept.fits) == ("a: 2\n", True)


def test_an_unsaved_text_says_when_the_file_went_on_without_it(tmp_path: Path, drafts: Drafts) -> None:
    path = written(tmp_path, b"a: 1\n")
    editor.keep_text(drafts, OpenFile(path), "a: 2\n")
    path.write_bytes(b"a: 3\n")
    kept = editor.kept_text(drafts, OpenFile(path))
    assert kept is not None
    assert not kept.fits


def test_an_unsaved_text_that_is_in_the_file_by_now_is_forgotten(tmp_path: Path, drafts: Drafts) -> None:
    path = written(tmp_path, b"a: 1\n")
    editor.keep_text(drafts, OpenFile(path), "a: 2\n")
    path.write_bytes(b"a: 2\n")
    assert editor.kept_text(drafts, OpenFile(path)) is None
    assert drafts.all() == []


@given(old=st.text(max_size=30), new=st.text(max_size=30))
def test_a_change_is_as_small_as_beginnings_and_endings_allow(old: str, new: str) -> None:
    change = change_between(old, new)
    assert old[: change.start] + change.text + old[change.end :] == new
    assert change.start <= change.end
    if old == new:
        assert (change.text, change.start) == ("", change.end)


def test_lengths_as_qt_counts_them() -> None:
    assert [units(each) for each in ("abc", "äöü", "\U0001f600x", "")] == [3, 3, 3, 0]


def test_problems_of_a_job_know_their_line_and_their_fix(tmp_path: Path, places: Places) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("import torch\n")
    bench = open_workbench(places.home)
    checked = editor.check(bench.jobs, bench.plugins, tmp_path / "job.yml", JOB)
    assert checked.kind == "commandJob"
    wrong = next(each for each in checked.problems if each.fix)
    assert wrong.line == 6
    assert wrong.fix is not None
    assert "process_count_per_instance" in wrong.fix.title


@pytest.mark.parametrize(
    ("text", "line"), [("def f(:\n", 1), ("x = 1\n\ny = (\n", 3), ("x = '\\d'\n", None), ("\0", 1), ("", None)]
)
def test_a_script_that_python_can_not_read(tmp_path: Path, places: Places, text: str, line: int | None) -> None:
    bench = open_workbench(places.home)
    checked = editor.check(bench.jobs, bench.plugins, tmp_path / "train.py", text)
    errors = [each for each in checked.problems if each.severity is Severity.ERROR]
    assert [each.line for each in errors] == ([] if line is None else [line])


def test_a_plain_text_has_no_problems(tmp_path: Path, places: Places) -> None:
    bench = open_workbench(places.home)
    assert editor.check(bench.jobs, bench.plugins, tmp_path / "notes.md", "a: [").problems == ()


def finding(severity: Severity, line: int | None, code: str = "x") -> Diagnostic:
    return Diagnostic(severity, code, f"{code} {line}", line=line)


def test_problems_are_listed_by_line_and_counted() -> None:
    found = [finding(Severity.INFO, 9), finding(Severity.ERROR, 3), finding(Severity.WARNING, 3)]
    assert [each.severity for each in editor.sorted_problems(found)] == ["error", "warning", "info"]
    assert editor.count_words(found) == "1 error, 1 warning, 1 note"
    assert editor.count_words([*found, finding(Severity.ERROR, 1)]) == "2 errors, 1 warning, 1 note"
    assert (editor.count_words([]), editor.worst([])) == ("", None)
    assert editor.worst(found) is Severity.ERROR


def test_what_planning_finds_again_is_said_once() -> None:
    checked = [finding(Severity.ERROR, 3)]
    planned = [Diagnostic(Severity.ERROR, "x", "x 3"), finding(Severity.WARNING, 5, "y")]
    assert [each.line for each in editor.merged_problems(checked, planned)] == [3, 5]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("commandJob", ""),
        ("pipelineJob", "a.yml is a pipeline job: only command jobs and sweeps run here."),
        ("conda", "a.yml is of the kind “Conda environment”: only command jobs and sweeps can be run."),
        ("file", "a.yml is no job file: only command jobs and sweeps can be run."),
    ],
)
def test_why_a_file_can_not_be_run(kind: str, why: str) -> None:
    assert editor.why_not_run(Path("a.yml"), kind) == why
    assert editor.why_not_run(None, "") == "Open a job file to run it."
