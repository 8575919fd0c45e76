"""Cancelling in each phase, and folders that somebody takes away or locks."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from desktop_app.api import OutsideError
from desktop_app.backends.local import submitting
from desktop_app.worker.supervisor import processes
from desktop_app.worker.supervisor.clock import Clock
from desktop_app.worker.supervisor.state import StateFile
from tests.helpers import local_runs
from tests.helpers.local_runs import end_of, events, log, start, state
from tests.helpers.rights import obeys_modes
from tests.helpers.waiting import wait_until


def test_cancel_while_running(runs: Path) -> None:
    folder = start(runs, ["trap 'echo asked; exit 0' TERM; echo up; while true; do sleep 0.02; done", "sleep 600"])
    local_runs.wait_for_log(folder, "up")
    local_runs.request_cancel(folder)
    run = end_of(folder)
    assert run["status"] == "Canceled"
    assert run["reason"] == "Canceled on request."
    assert run["exit_code"] is None
    assert "asked" in log(folder)
    assert [each["status"] for each in run["ranks"]] == ["Completed", "Canceled"]
    assert [each["event"] for each in events(folder) if each["event"] in ("cancel-requested", "terminating")] == [
        "cancel-requested",
        "terminating",
    ]


def test_the_wish_is_visible_at_once(runs: Path) -> None:
    folder = start(runs, ["trap '' TERM; echo up; while true; do sleep 0.05; done"])
    local_runs.wait_for_log(folder, "up")
    local_runs.request_cancel(folder)
    wait_until(lambda: state(folder)["status"] == "CancelRequested")
    assert end_of(folder)["ranks"][0]["exit_code"] == -9


def test_cancel_before_the_supervisor_starts(runs: Path) -> None:
    folder = submitting.make_folder(local_runs.shell_plan(runs, ["echo never"]), runs)
    local_runs.request_cancel(folder)
    submitting.start(folder)
    run = end_of(folder)
    assert run["status"] == "Canceled"
    assert run["ranks"][0]["pid"] is None
    assert [each["name"] for each in run["phases"]] == ["Preparing", "Finalizing"]


def test_cancel_while_a_big_file_is_copied(runs: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(4 << 30)
    folder = start(runs, ["echo never"], files=[big])
    wait_until((folder / "code" / "big.bin").exists)
    local_runs.request_cancel(folder)
    run = end_of(folder)
    assert run["status"] == "Canceled"
    assert (folder / "code" / "big.bin").stat().st_size < 4 << 30
    assert log(folder) == ""


def test_cancel_when_all_is_over_changes_nothing(runs: Path) -> None:
    folder = start(runs, ["true"])
    end_of(folder)
    local_runs.request_cancel(folder)
    assert state(folder)["status"] == "Completed"


def test_cancel_after_a_failure_stays_a_failure(runs: Path) -> None:
    folder = start(runs, ["exit 2", "sleep 600"], environment={"RANKZERO_GRACE": "60,0.5"})
    wait_until(lambda: state(folder)["first_failure"])
    local_runs.request_cancel(folder)
    run = end_of(folder)
    assert (run["status"], run["exit_code"]) == ("Failed", 2)


def test_cancel_of_stopped_processes(runs: Path) -> None:
    folder = start(runs, ["echo up; sleep 600"])
    local_runs.wait_for_log(folder, "up")
    os.killpg(local_runs.pid_of(folder), signal.SIGSTOP)
    local_runs.request_cancel(folder)
    assert end_of(folder)["status"] == "Canceled"


def test_sigterm_to_the_supervisor_cancels(runs: Path) -> None:
    folder = start(runs, ["sleep 600"])
    processes.send(state(folder)["supervisor"]["pid"], signal.SIGTERM)
    assert end_of(folder)["status"] == "Canceled"


def test_a_deleted_folder_ends_the_run(runs: Path) -> None:
    folder = start(runs, ["echo up; while true; do echo x >> outputs/x; sleep 0.02; done", "sleep 600"])
    local_runs.wait_for_log(folder, "up")
    while folder.exists():  # ranks that still write may hold it up for a moment
        shutil.rmtree(folder, ignore_errors=True)
    wait_until(lambda: not local_runs.left_of(folder))
    assert not folder.exists(), "nothing is written where the person deleted it"


def test_nothing_of_a_run_comes_back_while_its_folder_is_being_deleted(runs: Path) -> None:
    folder = start(runs, ["echo up; exec sleep 600", "sleep 600"])
    local_runs.wait_for_log(folder, "up")
    for name in ("run.json", "plan.json"):  # as a deletion does that has come so far
        (folder / name).unlink()
    files = [each for each in folder.rglob("*") if each.is_file() and each.name != ".lock"]
    for each in files:
        each.unlink(missing_ok=True)
    wait_until(lambda: not local_runs.left_of(folder))
    assert [each.name for each in folder.rglob("*") if each.is_file() and each.name != ".lock"] == []


def test_the_guardian_writes_nothing_into_a_folder_that_is_being_deleted(runs: Path) -> None:
    folder = start(runs, ["echo up; exec sleep 600"])
    local_runs.wait_for_log(folder, "up")
    (folder / "plan.json").unlink()  # while run.json is still there, as where a state was written in that moment
    wait_until(lambda: not local_runs.left_of(folder))
    assert not local_runs.is_over(folder)


def test_what_was_written_while_the_folder_was_deleted_is_taken_back(tmp_path: Path) -> None:
    state = StateFile(tmp_path, Clock())
    state.data["status"] = "Running"
    assert state.write()
    state.take_back()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_text("a file")
    with pytest.raises(OutsideError) as error:
        local_runs.start(home / "runs", ["true"])
    assert error.value.message == f"A run's folder can't be made below {home / 'runs'}: {home} is no folder."


def test_a_file_or_a_link_to_nowhere_where_the_runs_should_be(tmp_path: Path) -> None:
    for name, make in (("a", Path.touch), ("b", lambda path: path.symlink_to("nowhere"))):
        runs = tmp_path / name / "runs"
        runs.parent.mkdir()
        make(runs)
        with pytest.raises(OutsideError, match=r"runs is no folder\. Move it away"):
            local_runs.start(runs, ["true"])


@obeys_modes
def test_a_read_only_home(tmp_path: Path) -> None:
    (tmp_path / "runs").mkdir(mode=0o500)
    with pytest.raises(OutsideError, match="Permission denied"):
        local_runs.start(tmp_path / "runs", ["true"])


def test_a_full_disk_does_not_keep_the_end_from_being_written(small_disk: Path) -> None:
    runs = small_disk / "runs"
    fill = "head -c 50000000 /dev/zero > outputs/big; echo full > said || true; sleep 0.6; echo again; exit 3"
    folder = start(runs, [fill, "sleep 600"])
    run = end_of(folder)
    local_runs.assert_nothing_left(runs)
    assert run["status"] == "Failed"
    assert run["first_failure"]["exit_code"] == 3
    assert "The disk was full" in run["reason"]
    assert run["ended"]


def test_a_read_only_disk(small_disk: Path) -> None:
    (small_disk / "runs").mkdir()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(OutsideError, match="Read-only file system"):
        start(small_disk / "runs", ["true"])


def test_a_disk_without_room_for_a_run(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(b"x" * ((4 << 20) - 40960))
    plan = local_runs.shell_plan(small_disk / "runs", ["true"], environment={"LONG": "x" * 60000})
    with pytest.raises(OutsideError, match="No space left"):
        local_runs.start_plan(plan, small_disk / "runs")
    assert list((small_disk / "runs").iterdir()) == []


def test_a_working_copy_that_does_not_fit(small_disk: Path, tmp_path: Path) -> None:
    big = tmp_path / "big.bin"
    big.write_bytes(b"")
    plan = local_runs.shell_plan(small_disk / "runs", ["true"], files=[big])
    big.write_bytes(b"x" * (8 << 20))  # after the plan, or it would be refused
    run = end_of(local_runs.start_plan(plan, small_disk / "runs"))
    assert run["status"] == "Failed"
    assert "big.bin could not be copied: No space left on device" in run["reason"]
    assert run["outside"]
    local_runs.assert_nothing_left(small_disk / "runs")


def test_idle_supervision_costs_next_to_nothing(runs: Path) -> None:
    folder = start(runs, ["echo up; sleep 600", "sleep 600"])
    local_runs.wait_for_log(folder, "up")
    pids = [state(folder)[who]["pid"] for who in ("supervisor", "guardian")]
    before, began = sum(map(cpu_of, pids)), time.monotonic()
    wait_until(lambda: time.monotonic() - began > 4)
    used = (sum(map(cpu_of, pids)) - before) / (time.monotonic() - began)
    local_runs.request_cancel(folder)
    end_of(folder)
    assert used < 0.03, f"{100 * used:.2f} % of a core"


def cpu_of(pid: int) -> float:
    """Return the CPU seconds a process used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
