"""What is refused, and what is said of it: as lines, as one JSON document, with the command that mends it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.program import Program, Said
from tests.helpers.rights import obeys_modes

MakeJob = Callable[..., Path]


def error_of(said: Said, code: int = 1) -> dict[str, Any]:
    """Return the error of the one document that was printed."""
    assert said.code == code, said.err
    error: dict[str, Any] = said.json["error"]
    assert set(error) == {"message", "hint", "diagnostics"}
    assert said.err.startswith("error: "), "people are told as well"
    return error


def test_errors_are_documents_with_json(program: Program, make_job: MakeJob, tmp_path: Path) -> None:
    job = make_job("echo ${{inputs.nothing}}")
    error = error_of(program("run", "--json", job))
    assert error["message"] == "The job was not started."
    (finding,) = error["diagnostics"]
    assert (finding["code"], finding["line"]) == ("undefined-placeholder", 4)
    job.write_text('command: "echo\n')
    (finding,) = error_of(program("run", "--json", job))["diagnostics"]
    assert finding["line"]
    assert error_of(program("runs", "show", "nope", "--json"))["message"] == "There is no run “nope”."
    assert error_of(program("toolchains", "check", "nope", "--json"))["diagnostics"] == []
    error_of(program("run", "--json"), 2)
    error_of(program("--json", "new", "job"), 2)


def test_a_file_that_does_not_parse_is_named_with_its_line(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "malformed.yml"
    path.write_text('name: x\ncommand: "echo\n')
    run, validate = program("run", path), program("validate", path)
    line = run.err.splitlines()[0]
    assert line.startswith(f"error: {path}:")
    assert validate.err.startswith(line), "both say the same"


def test_a_file_that_is_no_text_is_named_once(program: Program, tmp_path: Path) -> None:
    path = tmp_path / "bin.yml"
    path.write_bytes(b"\x00\x01\xff" * 100)
    assert program("validate", path).err.count(str(path)) == 1


def test_files_that_are_no_jobs_are_said_to_be_unchecked(program: Program, tmp_path: Path) -> None:
    for name, text in (("empty.yml", ""), ("list.yml", "- a\n")):
        (tmp_path / name).write_text(text)
        said = program("validate", name)
        assert said.code == 0
        assert said.err.splitlines()[0].startswith(f"info: {name}: ")
        assert said.out == "1 file checked: 0 errors, 0 warnings, 1 note\n"
        (finding,) = program("validate", name, "--json").json["files"][0]["diagnostics"]
        assert (finding["severity"], finding["code"]) == ("info", "unknown-kind")
    assert "info: " not in program("validate", tmp_path).err, "a folder may hold any files"


def test_a_job_whose_plugin_is_off(program: Program, make_job: MakeJob) -> None:
    job = make_job("true")
    program("plugins", "disable", "rankzero-pytorch")
    mend = "`rankzero plugins enable rankzero-pytorch` switches it on."
    said = program("validate", job)
    assert said.code == 0
    assert f"warning: {job}:8:9: No enabled plugin launches “pytorch”. {mend} [no-launcher]" in said.err
    refused = program("run", job)
    assert refused.code == 1
    assert mend in refused.err
    program("plugins", "enable", "rankzero-pytorch")
    assert "no-launcher" not in program("validate", job).err


def test_a_rank_that_the_job_has_not(program: Program, make_job: MakeJob) -> None:
    said = program("run", make_job("true"), "--rank", "7")
    assert (said.code, said.err) == (1, "error: The job has no rank 7. Its ranks: 0, 1.\n")
    assert program("runs", "list", "--json").json == {"runs": []}, "nothing was started"


def test_a_job_and_the_sample_are_too_much(program: Program, make_job: MakeJob) -> None:
    said = program("run", "--sample", make_job("true"))
    assert said.code == 2
    assert said.err.startswith("error: Give a job file or --sample, not both.")


def test_a_sample_that_there_is_not_lists_them_all(program: Program) -> None:
    for verb in ("run", "open"):
        said = program(verb, "--sample", "pytoch")
        assert (said.code, said.out) == (1, "")
        assert said.err.startswith("error: There is no sample “pytoch”. The samples: job, "), said.err
        assert "tensorflow" in said.err
    assert program("runs", "list", "--json").json == {"runs": []}, "nothing was started"


def test_values_that_can_not_be_set(program: Program, make_job: MakeJob) -> None:
    job = make_job("true")
    assert program("run", job, "--set", "nonsense").code == 2
    said = program("run", job, "--set", "a.b.c=1", "--set", "distribution.process_count_per_instance=100000")
    lines = said.err.splitlines()
    assert [each for each in lines if f"{job}: " in each and "“a”" in each], "what was set has no line in the file"
    assert sum("100000" in each or "100,000" in each for each in lines) == 1, lines


def test_the_lines_of_a_file_stay_its_own_with_values_set(program: Program, make_job: MakeJob) -> None:
    job = make_job("echo ${{inputs.nothing}}")
    said = program("run", job, "--set", "environment_variables.A=1", "--set", "inputs.b.type=uri_file")
    assert f"error: {job}:4:8: " in said.err


def test_a_failed_run_shows_status_reason_and_first_failure(program: Program, make_job: MakeJob) -> None:
    program("run", make_job("if [ $RANK = 1 ]; then echo 'ValueError: no'; exit 3; fi; exec sleep 300"))
    lines = program("runs", "show", program("runs", "list", "--json").json["runs"][0]["run"]).out.splitlines()
    assert "Status      Failed" in lines
    assert any(each.startswith("Reason      Rank 1 ") for each in lines)
    assert any(each.startswith("Failure     Rank 1 fell first, with exit code 3") for each in lines)


def test_a_home_that_is_a_file(program: Program, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for words in (("runs", "list"), ("doctor",)):
        said = program("--home", str(tmp_path / "file"), *words)
        assert (said.code, said.out) == (3, "")
        assert said.err.startswith(f"error: {tmp_path / 'file'} is a file. ")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no mode bits")
@obeys_modes
def test_a_home_that_may_not_be_written(program: Program, make_job: MakeJob) -> None:
    program.home.chmod(0o500)
    try:
        said = program("run", make_job("true"))
    finally:
        program.home.chmod(0o700)
    assert said.code == 3
    assert "Make it writable" in said.err


def test_a_choice_is_taken_back_and_said_to_be(program: Program) -> None:
    said = program("toolchains", "use", "rankzero-pytorch", sys.executable)
    assert "`rankzero toolchains remove pytorch` takes the choice back." in said.err
    said = program("toolchains", "remove", "pytorch")
    assert f"{sys.executable} is no longer chosen for pytorch, and was left as it is" in said.err
    assert Path(sys.executable).exists()
    listed = program("toolchains", "list")
    assert {len(each.split()) for each in listed.out.splitlines()} == {5}, "the reason is in no column"
    assert "`rankzero toolchains create pytorch`" in listed.err


def test_lists_name_units_and_have_headings(program: Program) -> None:
    lines = program("new", "job", "--list").out.splitlines()
    assert any(each.split()[:4] == ["timeout", "integer", "1440", "min"] for each in lines)
    assert program("plugins", "list").out.splitlines()[0].split() == ["PLUGIN", "VERSION", "STATUS", "SOURCE", "ABOUT"]


def test_an_answer_that_is_no_choice_is_refused_in_a_sentence(program: Program, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("print(1)\n")
    (tmp_path / "a.json").write_text('{"script": "train.py", "data_path": "data", "data_type": "folder"}')
    words = ("new", "job", "--plugin", "rankzero-pytorch", "--wizard", "ddp")
    said = program(*words, "--answers", "a.json", "--output", "n.yml")
    assert said.code == 1
    assert "Kind of data takes one of: uri_folder, uri_file." in said.err
