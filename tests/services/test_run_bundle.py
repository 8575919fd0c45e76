"""A bundle holds what tells about a run and none of its secrets, and is whole or not there."""

from __future__ import annotations

import json
import os
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, RunStatus, SweepState, UserError
from desktop_app.core.redact import COVER
from desktop_app.services.run_bundle import Choices, bundle_run
from tests.helpers.rights import obeys_modes
from tests.helpers.run_folders import FolderOfRun, make_run

SECRET = 'hunter2 "of" the böse'
"""With what JSON, addresses and spaces do to a value."""


@pytest.fixture
def made(tmp_path: Path) -> FolderOfRun:
    made = make_run(tmp_path / "runs", "r-20261121-7f3k", RunStatus.COMPLETED)
    plan = json.loads((made.path / "plan.json").read_text())
    plan["environment"] |= {"MY_PASSWORD": SECRET, "TOKENIZERS_PARALLELISM": "parallel"}
    (made.path / "plan.json").write_text(json.dumps(plan))
    (made.path / "code" / "outputs" / "model.pt").write_bytes(b"weights")
    made.append(0, f"the password is {SECRET}, parallel\n".encode(), 1.0)
    return made


def names(folder: Path) -> set[str]:
    return {each.name for each in folder.iterdir()}


def read(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return {each: archive.read(each) for each in archive.namelist()}


def test_of_a_sweep_it_is_said_where_its_trials_are(made: FolderOfRun, tmp_path: Path) -> None:
    sweep = replace(made.snapshot, sweep=SweepState("score", started=2))
    found = bundle_run(sweep, tmp_path / "b.zip")
    said = "its trials, which are runs of their own: rankzero runs bundle r-20261121-7f3k_0, and so on"
    assert said in found.left_out
    assert said in read(tmp_path / "b.zip")["README.txt"].decode()


def test_what_goes_along_and_what_does_not(made: FolderOfRun, tmp_path: Path) -> None:
    (made.path / "user_logs" / "mpirun.txt").write_text("There are not enough slots.\n")
    (made.path / "launch").mkdir()
    (made.path / "launch" / "0.json").write_text('{"environment": {"TOKEN": "hunter2"}}')
    found = bundle_run(made.snapshot, tmp_path / "b.zip", Choices(doctor="Qt: ok\n"))
    inside = read(tmp_path / "b.zip")
    assert set(inside) == {
        "run.json", "job.yml", "plan.json", "user_logs/std_log_process_0.txt", "user_logs/std_log_process_1.txt",
        "user_logs/mpirun.txt", "clock/0.bin", "bundle.json", "doctor.txt", "README.txt",
    }  # fmt: skip
    assert {name: len(data) for name, data in inside.items()} == found.files
    assert inside["job.yml"] == (made.path / "job.yml").read_bytes()
    readme = inside["README.txt"].decode()
    assert "what each rank printed, and what mpirun or its like did (3 files)" in readme
    assert "the code, on purpose" in readme
    assert "values of secret variables: 2 ×" in readme
    assert names(tmp_path) == {"runs", "b.zip"}


def test_no_secret_is_in_it_in_whatever_writing(made: FolderOfRun, tmp_path: Path) -> None:
    (made.path / "events.jsonl").write_text(json.dumps({"said": SECRET, "at": "https://x/?a=1&sig=s1gnature"}) + "\n")
    (made.path / "supervisor.log").write_text("http://127.0.0.1:4242/0123456789abcdef01234567/0\n")
    (made.path / "code" / "keep.py").write_text(f"key = {SECRET!r}\n")
    (made.path / "code" / ".env").write_text("A=unnamed\n")
    (made.path / "code" / "x.bin").write_bytes(b"\0unnamed")
    found = bundle_run(made.snapshot, tmp_path / "b.zip", Choices(with_code=True))
    inside = read(tmp_path / "b.zip")
    everything = b"".join(inside.values()).decode("utf-8", "replace")
    for secret in (SECRET, json.dumps(SECRET)[1:-1], "hunter2", "s1gnature", "0123456789abcdef", "unnamed"):
        assert secret not in everything
    assert "parallel" in everything, "a tokenizer is no token"
    assert inside["user_logs/std_log_process_0.txt"].decode() == f"the password is {COVER}, parallel\n"
    assert json.loads(inside["plan.json"])["environment"]["MY_PASSWORD"] == COVER
    assert "code/keep.py" in inside
    assert {each.split(":")[0] for each in found.left_out} >= {"code/.env", "code/x.bin"}


def test_the_home_folder_is_not_told(made: FolderOfRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    made.append(1, f"{tmp_path}/data {tmp_path}er\n".encode(), 1.0)
    found = bundle_run(made.snapshot, tmp_path / "b.zip")
    inside = read(tmp_path / "b.zip")
    assert inside["user_logs/std_log_process_1.txt"].decode() == f"~/data {tmp_path}er\n"
    assert json.loads(inside["run.json"])["folder"] == "~/runs/r-20261121-7f3k"
    assert found.covered["home folder"] > 1


def test_of_a_long_log_the_beginning_and_the_end(made: FolderOfRun, tmp_path: Path) -> None:
    made.log(1).write_text("".join(f"line {number}\n" for number in range(100_000)))
    found = bundle_run(made.snapshot, tmp_path / "b.zip", Choices(limit=10_000))
    lines = read(tmp_path / "b.zip")["user_logs/std_log_process_1.txt"].decode().splitlines()
    assert (lines[0], lines[-1]) == ("line 0", "line 99999")
    (cut,) = (at for at, each in enumerate(lines) if "left out" in each)
    whole = [*lines[:cut], *lines[cut + 1 :]]
    assert all(each in f"line {int(each.split()[1])}" for each in whole), "no line is broken"
    size = made.log(1).stat().st_size
    kept = sum(len(each) + 1 for each in whole)
    assert f"user_logs/std_log_process_1.txt: {size - kept:,} of {size:,} bytes from its midst" in found.left_out


def test_a_long_line_without_end_is_cut_between_words(made: FolderOfRun, tmp_path: Path) -> None:
    made.log(1).write_text("password=abcdefghijklmnop " * 2000)
    bundle_run(made.snapshot, tmp_path / "b.zip", Choices(limit=1000))
    text = read(tmp_path / "b.zip")["user_logs/std_log_process_1.txt"].decode()
    assert "abcd" not in text
    assert "mnop" not in text


def test_a_key_over_many_lines(made: FolderOfRun, tmp_path: Path) -> None:
    body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n" * 30
    key = f"-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n"
    made.log(1).write_text("x" * 15_800 + "\n" + key + "after\n")  # over the end of a block
    bundle_run(made.snapshot, tmp_path / "b.zip")
    text = read(tmp_path / "b.zip")["user_logs/std_log_process_1.txt"].decode()
    assert "MIIE" not in text
    assert text.endswith("after\n")


def test_odd_bytes_and_odd_files(made: FolderOfRun, tmp_path: Path) -> None:
    made.log(0).write_bytes(b"\xff\xfeabc\x80\n".replace(b"\xff\xfe", b"\xff"))
    made.log(1).write_bytes("token=abcdefgh\r\n".encode("utf-16"))
    os.mkfifo(made.path / "code" / "logs" / "pipe")
    (made.path / "user_logs" / "link.txt").symlink_to("/etc/passwd")
    found = bundle_run(made.snapshot, tmp_path / "b.zip")
    inside = read(tmp_path / "b.zip")
    assert inside["user_logs/std_log_process_0.txt"] == b"\xffabc\x80\n"
    assert inside["user_logs/std_log_process_1.txt"].decode().endswith(f"token={COVER}\r\n")
    left_out = {each.split(":")[0] for each in found.left_out}
    assert left_out >= {"code/logs/pipe", "user_logs/link.txt"}
    assert not any("passwd" in name or "pipe" in name or "link" in name for name in inside)


def test_nothing_is_ever_overwritten(made: FolderOfRun, tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_text("mine")
    with pytest.raises(UserError, match="is there already"):
        bundle_run(made.snapshot, tmp_path / "b.zip")
    assert (tmp_path / "b.zip").read_text() == "mine"


def test_nor_what_came_meanwhile(made: FolderOfRun, tmp_path: Path) -> None:
    def come() -> bool:
        (tmp_path / "b.zip").write_text("mine")
        return False

    with pytest.raises(UserError, match="is there already"):
        bundle_run(made.snapshot, tmp_path / "b.zip", stop=come)
    assert (tmp_path / "b.zip").read_text() == "mine"
    assert names(tmp_path) == {"runs", "b.zip"}


def test_a_bundle_that_is_given_up_leaves_nothing(made: FolderOfRun, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="given up"):
        bundle_run(made.snapshot, tmp_path / "b.zip", stop=lambda: True)
    assert names(tmp_path) == {"runs"}


def test_a_folder_that_is_gone(made: FolderOfRun, tmp_path: Path) -> None:
    shutil.rmtree(made.path)
    with pytest.raises(UserError, match=r"The folder of r-20261121-7f3k is gone"):
        bundle_run(made.snapshot, tmp_path / "b.zip")
    with pytest.raises(UserError, match="is gone"):
        bundle_run(replace(made.snapshot, folder=""), tmp_path / "b.zip")
    assert names(tmp_path) == {"runs"}


def test_a_place_that_is_not_there(made: FolderOfRun, tmp_path: Path) -> None:
    with pytest.raises(OutsideError, match="can't be written: No such file") as told:
        bundle_run(made.snapshot, tmp_path / "no" / "b.zip")
    assert told.value.hint.startswith(f"Make the folder {tmp_path / 'no'}, or")


def test_the_mark_of_its_processes_stays_here_and_counts_as_no_secret(made: FolderOfRun, tmp_path: Path) -> None:
    state = json.loads((made.path / "run.json").read_text())
    (made.path / "run.json").write_text(json.dumps(state | {"mark": "5b1ea21c9d0f"}))
    before = bundle_run(made.snapshot, tmp_path / "a.zip").covered
    (made.path / "user_logs" / "mpirun.txt").write_text("started 5b1ea21c9d0f\n")
    inside = read(tmp_path / "a.zip")
    assert json.loads(inside["run.json"])["mark"] == COVER
    assert before == {"values of secret variables": 2}, "those of the log and of the plan alone"
    bundle_run(made.snapshot, tmp_path / "b.zip")
    assert b"5b1ea21c9d0f" not in read(tmp_path / "b.zip")["user_logs/mpirun.txt"]


def test_a_full_disk_leaves_nothing(made: FolderOfRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutsideError, match="No space left"):
        bundle_run(made.snapshot, tmp_path / "b.zip")
    assert names(tmp_path) == {"runs"}


def test_of_a_live_run_what_was_written_by_then(made: FolderOfRun, tmp_path: Path) -> None:
    """A log that grows while the bundle is made is in it as far as it was at the beginning."""
    (made.path / "metrics.jsonl").write_text('{"name": "loss"}\n{"name": "lo')
    before = made.log(1).stat().st_size
    looks = 0

    def grow() -> bool:
        nonlocal looks
        looks += 1
        if looks == 2:  # all sizes are known by then
            made.append(1, b"later\n", 2.0)
        return False

    bundle_run(replace(made.snapshot, status=RunStatus.RUNNING), tmp_path / "b.zip", stop=grow)
    inside = read(tmp_path / "b.zip")
    assert len(inside["user_logs/std_log_process_1.txt"]) == before
    assert json.loads(inside["metrics.jsonl"]) == {"name": "loss"}
    assert "The run was not over" in inside["README.txt"].decode()


@obeys_modes
def test_what_can_not_be_read_is_left_out(made: FolderOfRun, tmp_path: Path) -> None:
    made.log(1).chmod(0)
    found = bundle_run(made.snapshot, tmp_path / "b.zip")
    assert "user_logs/std_log_process_1.txt: Permission denied" in found.left_out


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_of_a_long_log_in_two_byte_letters_both_ends_go_along(made: FolderOfRun, tmp_path: Path, encoding: str) -> None:
    lines = [f"Schritt {number}: größer" for number in range(2_000)]
    made.log(0).write_bytes("\n".join(["\ufeff" + lines[0], *lines[1:], "ValueError: the end\n"]).encode(encoding))
    found = bundle_run(made.snapshot, tmp_path / "b.zip", Choices(limit=8_001))
    told = read(tmp_path / "b.zip")["user_logs/std_log_process_0.txt"].decode().lstrip("\ufeff").splitlines()
    assert (told[0], told[-1]) == (lines[0], "ValueError: the end")
    assert [each for each in told if each not in lines and "left out here" not in each] == ["ValueError: the end"]
    assert any("from its midst" in each for each in found.left_out)
