"""Ranks that fail in every way: which fell first, what it said, and that the others are ended."""

from __future__ import annotations

import os
import resource
import signal
import socket
import sys
from datetime import datetime
from pathlib import Path

import pytest

from desktop_app.worker.supervisor.failure import how_ended, signal_from_outside
from tests.helpers import local_runs
from tests.helpers.local_runs import end_of, log, start, state, wait_for_log
from tests.helpers.waiting import wait_until

TRACEBACK = f"""{sys.executable} -c "
import time
print('epoch 1', flush=True)
time.sleep(0.1)
raise ValueError('größe ist falsch')"
"""


def seconds_between(run: dict[str, str], first: str, last: str) -> float:
    """Return the seconds between two times of a run."""
    return (datetime.fromisoformat(run[last]) - datetime.fromisoformat(run[first])).total_seconds()


def test_the_first_failure_is_recorded_with_its_last_words(runs: Path) -> None:
    run = end_of(start(runs, ["sleep 600", TRACEBACK]))
    first = run["first_failure"]
    assert (first["rank"], first["exit_code"]) == (1, 1)
    assert first["text"] == "ValueError: größe ist falsch"
    assert first["log_line"] == 4
    assert run["status"] == "Failed"
    assert run["exit_code"] == 1
    assert run["reason"] == "Rank 1 failed with exit code 1."
    assert [each["status"] for each in run["ranks"]] == ["Canceled", "Failed"]
    assert run["ranks"][0]["exit_code"] == -15


def test_others_get_time_to_fail_by_themselves(runs: Path) -> None:
    folder = start(runs, ["exit 3", "sleep 0.15; exit 4", "sleep 600"], environment={"RANKZERO_GRACE": "1.5,0.5"})
    run = end_of(folder)
    assert run["first_failure"]["rank"] == 0
    assert [each["status"] for each in run["ranks"]] == ["Failed", "Failed", "Canceled"]
    assert [each["exit_code"] for each in run["ranks"]] == [3, 4, -15]
    assert seconds_between(run["ranks"][0], "ended", "started") <= 0
    waited = datetime.fromisoformat(run["ended"]) - datetime.fromisoformat(run["ranks"][0]["ended"])
    assert 1.4 < waited.total_seconds() < 30


def test_a_rank_ended_by_a_signal(runs: Path) -> None:
    run = end_of(start(runs, ["kill -SEGV $$", "sleep 600"]))
    assert run["exit_code"] == -11
    assert run["reason"] == "Rank 0 was ended by SIGSEGV."


@pytest.mark.parametrize(
    ("second", "blamed"),
    [
        ("trap - TERM; kill -TERM $$", 0),
        ("exit 143", 0),
        ("exit 1", 1),
        ("kill -KILL $$", 1),
    ],
)
def test_of_ranks_ended_at_once_from_outside_the_lowest_is_blamed(runs: Path, second: str, blamed: int) -> None:
    slow = f"trap 'sleep 0.2; {second}' TERM; echo ready; while true; do sleep 0.05; done"
    folder = start(runs, [slow, "sleep 600", "sleep 600"], environment={"RANKZERO_GRACE": "3,0.5"})
    wait_for_log(folder, "ready")
    wait_until(lambda: all(each["pid"] for each in state(folder)["ranks"]), what="the ranks to be known")
    for rank in state(folder)["ranks"][:2]:
        os.kill(rank["pid"], signal.SIGTERM)
    run = end_of(folder)
    assert run["first_failure"]["rank"] == blamed
    assert run["reason"] == f"Rank {blamed} {how_ended(run['exit_code'])}."
    assert run["exit_code"] == run["ranks"][blamed]["exit_code"] == run["first_failure"]["exit_code"]
    assert run["ranks"][2]["status"] == "Canceled"


@pytest.mark.parametrize(
    ("code", "number"), [(-15, 15), (-9, 9), (143, 15), (137, 9), (-11, 0), (-6, 0), (139, 0), (1, 0), (9, 0), (15, 0)]
)
def test_who_was_ended_from_outside(code: int, number: int) -> None:
    assert signal_from_outside(code) == number


def test_ranks_that_ignore_sigterm_are_killed(runs: Path) -> None:
    stubborn = "trap '' TERM; while true; do sleep 0.05; done"
    run = end_of(start(runs, [stubborn, "sleep 0.2; exit 7", stubborn]))
    assert run["status"] == "Failed"
    assert [each["exit_code"] for each in run["ranks"]] == [-9, 7, -9]


def test_a_rank_may_tidy_up_on_sigterm(runs: Path) -> None:
    tidy = "trap 'echo tidy; exit 0' TERM; while true; do sleep 0.02; done"
    folder = start(runs, [tidy, "sleep 0.3; exit 1"])
    run = end_of(folder)
    assert "tidy\n" in log(folder, 0)
    assert run["ranks"][0]["status"] == "Completed"


def test_daemons_of_failed_ranks_are_ended(runs: Path) -> None:
    daemon = f"""{sys.executable} -c "
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print('daemon', flush=True)
        time.sleep(600)
    os._exit(0)
os.wait()
time.sleep(600)"
"""
    folder = start(runs, [daemon, "sleep 0.5; exit 1"])
    assert end_of(folder)["status"] == "Failed"
    assert local_runs.left_of(folder) == []


def test_a_rank_that_keeps_forking(runs: Path) -> None:
    bomb = "f() { (sleep 0.2; f) & (sleep 600) & sleep 0.05; }; for i in 1 2 3 4 5; do f; done; sleep 600"
    folder = start(runs, [bomb, "sleep 0.4; exit 1"])
    assert end_of(folder)["status"] == "Failed"
    assert local_runs.left_of(folder) == []


def test_all_exit_at_once(runs: Path) -> None:
    run = end_of(start(runs, ["exit 2", "exit 2", "exit 2"]))
    assert run["status"] == "Failed"
    assert {each["status"] for each in run["ranks"]} == {"Failed"}


def test_a_hanging_run_ends_at_its_time_limit(runs: Path) -> None:
    run = end_of(start(runs, ["sleep 600", "sleep 600"], timeout=1))
    assert run["status"] == "Canceled"
    assert run["reason"] == "The time limit of 1 s (limits.timeout) was reached."
    assert {each["status"] for each in run["ranks"]} == {"Canceled"}
    assert 1.0 <= seconds_between(run, "started", "ended") < 30


def test_a_command_that_is_not_there(runs: Path) -> None:
    run = end_of(start(runs, ["no-such-program --help"]))
    assert run["exit_code"] == 127
    assert "command not found" in run["first_failure"]["text"]


def test_a_process_that_cannot_be_started(runs: Path) -> None:
    plan = local_runs.shell_plan(runs, ["x" * (3 << 20), "sleep 600"])
    run = end_of(local_runs.start_plan(plan, runs))
    assert run["status"] == "Failed"
    assert run["reason"].startswith("Rank 0 could not be started")
    assert "Argument list too long" in run["first_failure"]["text"]


def test_a_port_in_use(runs: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        run = end_of(start(runs, ["echo never"], environment={"MASTER_PORT": str(port)}))
    assert run["status"] == "Failed"
    assert f"Port {port} is in use" in run["reason"]
    assert run["ranks"][0]["pid"] is None


def test_a_flood_costs_the_supervisor_nothing(runs: Path) -> None:
    size = 300 << 20
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    folder = start(runs, [f"head -c {size} /dev/zero | tr '\\0' 'x\\n' ; echo; echo 'Error: last' ; exit 1"])
    pid = local_runs.state(folder)["supervisor"]["pid"]
    peak = 0
    while not local_runs.is_over(folder):
        peak = max(peak, _resident(pid))
    run = end_of(folder)
    assert (folder / "user_logs" / "std_log_process_0.txt").stat().st_size > size
    assert run["first_failure"]["text"] == "Error: last"
    assert peak < 80 << 10, f"{peak} kB (launcher {before} kB)"


def _resident(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS")), 0)


def test_bytes_that_are_no_text(runs: Path) -> None:
    folder = start(runs, ["head -c 100000 /dev/urandom; printf '\\n\\377\\376 Error: \\200\\n'; exit 1"])
    run = end_of(folder)
    assert run["first_failure"]["text"].endswith("Error: �")
    assert (folder / "user_logs" / "std_log_process_0.txt").stat().st_size > 100_000


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_failing_while_writing_its_own_output(runs: Path) -> None:
    run = end_of(start(runs, ["echo x > /dev/full"]))
    assert run["status"] == "Failed"
    assert "No space left" in run["first_failure"]["text"]
