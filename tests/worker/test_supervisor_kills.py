"""kill -9 of supervisor and guardian, together and alone, at any moment: the run ends, says why, and leaves nothing."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import OutsideError
from desktop_app.backends.local import submitting
from desktop_app.backends.local.reading import RunReader
from desktop_app.worker.supervisor import processes
from tests.helpers import local_runs
from tests.helpers.waiting import wait_until

DAEMON = f"""{sys.executable} -c "
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        print('daemon', flush=True)
        time.sleep(600)
    os._exit(0)
os.wait()
time.sleep(600)"
"""
STUBBORN = "trap '' TERM; echo up; while true; do sleep 0.05; done"


def test_killing_the_supervisor_ends_the_run(runs: Path) -> None:
    folder = local_runs.start(runs, [DAEMON, STUBBORN])
    local_runs.wait_for_log(folder, "daemon", 0)
    local_runs.wait_for_log(folder, "up", 1)
    local_runs.kill(folder, "supervisor")
    run = local_runs.end_of(folder)
    assert run["status"] == "Failed"
    assert run["reason"] == "The supervisor was killed, so the run was ended."
    assert {each["status"] for each in run["ranks"]} == {"Canceled"}
    assert all(phase["ended"] for phase in run["phases"])
    assert local_runs.events(folder)[-1]["event"] == "ended"


def test_a_failure_before_the_kill_is_kept(runs: Path) -> None:
    folder = local_runs.start(runs, ["exit 9", STUBBORN], environment={"RANKZERO_GRACE": "60,60"})
    wait_until(lambda: local_runs.state(folder)["first_failure"])
    local_runs.kill(folder, "supervisor")
    run = local_runs.end_of(folder)
    assert run["exit_code"] == 9
    assert run["reason"].startswith("Rank 0 failed with exit code 9. The supervisor was killed")


def test_killing_the_guardian_ends_the_run_in_good_order(runs: Path) -> None:
    tidy = "trap 'echo tidy; exit 0' TERM; echo up; while true; do sleep 0.02; done"
    folder = local_runs.start(runs, [tidy, DAEMON])
    local_runs.wait_for_log(folder, "up", 0)
    local_runs.wait_for_log(folder, "daemon", 1)
    local_runs.kill(folder, "guardian")
    run = local_runs.end_of(folder)
    assert run["status"] == "Failed"
    assert run["reason"] == "The run's guardian was killed, so the run was ended."
    assert "tidy" in local_runs.log(folder, 0)


def test_sigterm_to_the_guardian_cancels(runs: Path) -> None:
    folder = local_runs.start(runs, ["sleep 600"])
    processes.send(local_runs.state(folder)["guardian"]["pid"], signal.SIGTERM)
    run = local_runs.end_of(folder)
    assert run["status"] == "Canceled"


def test_killing_both_is_noticed_by_whoever_looks(runs: Path) -> None:
    folder = local_runs.start(runs, [DAEMON, STUBBORN])
    local_runs.wait_for_log(folder, "daemon", 0)
    kill_both(folder)
    run = found_closed(runs, folder)
    assert run["reason"] == "The supervisor and its guardian were killed, so the run was ended."
    assert local_runs.left_of(folder) == []


def test_another_process_with_the_supervisors_pid_is_not_taken_for_it(runs: Path) -> None:
    folder = local_runs.start(runs, ["sleep 600"])
    kill_both(folder)
    wait_until(lambda: not local_runs.left_of(folder))
    with subprocess.Popen(["sleep", "600"]) as innocent:
        state = local_runs.state(folder)
        for who in ("supervisor", "guardian"):
            state[who]["pid"] = innocent.pid
        for rank in state["ranks"]:
            rank["pid"] = innocent.pid
        local_runs.write_state(folder, state)
        found_closed(runs, folder)
        assert innocent.poll() is None, "somebody else's process was killed"
        innocent.kill()


def test_a_restart_of_the_computer_is_said(runs: Path) -> None:
    folder = local_runs.start(runs, ["sleep 600"])
    kill_both(folder)
    wait_until(lambda: not local_runs.left_of(folder))
    local_runs.write_state(folder, {**local_runs.state(folder), "boot": "another"})
    assert "restarted" in found_closed(runs, folder)["reason"]


def test_a_run_of_another_computer_is_left_alone(runs: Path) -> None:
    folder = local_runs.start(runs, ["sleep 600"])
    handle = f"local://{folder.name}"
    kill_both(folder)
    wait_until(lambda: not local_runs.left_of(folder))
    local_runs.write_state(folder, {**local_runs.state(folder), "host": "elsewhere"})
    found = RunReader(runs).read([handle])[handle]
    assert (found.status, found.reason) == ("Unknown", "The run belongs to elsewhere.")
    assert not local_runs.is_over(folder)


def test_a_run_that_never_found_its_supervisor(runs: Path) -> None:
    plan = local_runs.shell_plan(runs, ["true"])
    folder = submitting.make_folder(plan, runs)
    handle = f"local://{folder.name}"
    assert RunReader(runs).read([handle])[handle].status == "NotStarted", "its submitter, this test, still lives"
    local_runs.write_state(folder, {**local_runs.state(folder), "submitter": {"pid": 1, "started": "never"}})
    run = found_closed(runs, folder)
    assert "before its supervisor started" in run["reason"]


def test_a_supervisor_that_cannot_start(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submitting, "START", Path("/no/such/file.py"))
    with pytest.raises(OutsideError, match="did not start") as caught:
        local_runs.start(runs, ["true"])
    assert "No such file" in caught.value.details
    (folder,) = runs.iterdir()
    assert local_runs.state(folder)["status"] == "Failed"


@pytest.mark.parametrize("seed", range(8))
def test_kills_at_random_moments(runs: Path, seed: int) -> None:
    chance = random.Random(seed)
    victims: Callable[[Path], None] = (kill_supervisor, kill_guardian, kill_both)[seed % 3]
    commands = [DAEMON, "for i in 1 2 3; do echo $i; sleep 0.05; done; exit 5", STUBBORN]
    folder = submitting.make_folder(local_runs.shell_plan(runs, commands), runs)
    with subprocess.Popen([sys.executable, "-I", str(submitting.START), str(folder)]) as launcher:
        wait_until(lambda: "supervisor" in local_runs.state(folder))
        time.sleep(chance.uniform(0, 0.5))  # the moment is what is tried
        victims(folder)
        launcher.wait(60)
    wait_until(lambda: closed(runs, folder), what=f"{local_runs.state(folder)}")
    wait_until(lambda: not local_runs.left_of(folder))
    run = local_runs.state(folder)
    assert run["status"] == "Failed"
    assert run["reason"]
    assert not [each for each in run["ranks"] if each["status"] not in ("Completed", "Failed", "Canceled")]


def kill_supervisor(folder: Path) -> None:
    """Kill the supervisor."""
    local_runs.kill(folder, "supervisor")


def kill_guardian(folder: Path) -> None:
    """Kill the guardian."""
    local_runs.kill(folder, "guardian")


def kill_both(folder: Path) -> None:
    """Kill both, the guardian first so that it can't help."""
    state = local_runs.state(folder)
    for who in ("guardian", "supervisor"):
        processes.send(state[who]["pid"], signal.SIGKILL)
    for who in ("guardian", "supervisor"):
        wait_until(lambda who=who: processes.identity(state[who]["pid"]) is None)  # type: ignore[misc]


def closed(runs: Path, folder: Path) -> bool:
    """Look at the run as the window does; return whether it is over."""
    handle = f"local://{folder.name}"
    return RunReader(runs).read([handle])[handle].is_over


def found_closed(runs: Path, folder: Path) -> dict[str, Any]:
    """Wait until a look at the run finds it over and failed; return run.json."""
    wait_until(lambda: closed(runs, folder))
    run = local_runs.state(folder)
    assert run["status"] == "Failed"
    return run
