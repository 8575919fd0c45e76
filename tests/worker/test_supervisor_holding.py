"""Who may write a run's state: one at a time, and nobody once it is over. What starters leave behind is no matter."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from desktop_app.api import OutsideError
from desktop_app.backends.local import submitting
from desktop_app.backends.local.reading import RunReader
from desktop_app.worker.supervisor import holding, processes
from desktop_app.worker.supervisor.closing import close_run
from tests.helpers import local_runs
from tests.helpers.waiting import wait_until


def read(runs: Path, folder: Path) -> str:
    """Look at a run as window and command line do; return its state."""
    handle = f"local://{folder.name}"
    return RunReader(runs).read([handle])[handle].status.value


def test_one_holds_a_run_at_a_time(tmp_path: Path) -> None:
    with holding.held(tmp_path) as first, holding.held(tmp_path) as second:
        assert (first, second) == (True, False)
    with holding.held(tmp_path) as again:
        assert again


def test_where_there_is_no_folder_nobody_is_kept_out(tmp_path: Path) -> None:
    with holding.held(tmp_path / "gone") as mine:
        assert mine


def test_a_run_is_held_while_it_goes_on_and_free_after(runs: Path) -> None:
    folder = local_runs.start(runs, ["sleep 600"])
    with holding.held(folder) as mine:
        assert not mine
    local_runs.request_cancel(folder)
    local_runs.end_of(folder)
    with holding.held(folder, 10) as mine:
        assert mine


def test_ranks_do_not_hold_the_run(runs: Path) -> None:
    folder = local_runs.start(runs, ["ls -l /proc/self/fd; echo done"])
    local_runs.end_of(folder)
    assert ".lock" not in local_runs.log(folder)


def test_a_supervisor_does_not_reopen_what_is_over(runs: Path) -> None:
    folder = submitting.make_folder(local_runs.shell_plan(runs, ["echo never"]), runs)
    close_run(folder, "The program that submitted the run ended.", 0)
    before = local_runs.state(folder)
    with pytest.raises(OutsideError, match="did not start"):
        submitting.start(folder)
    assert local_runs.state(folder) == before
    assert [each["event"] for each in local_runs.events(folder)] == ["ended"]
    assert local_runs.log(folder) == ""


def test_a_run_whose_supervisor_is_only_coming_is_left_alone(runs: Path) -> None:
    folder = submitting.make_folder(local_runs.shell_plan(runs, ["true"]), runs)
    local_runs.write_state(folder, {**local_runs.state(folder), "submitter": {"pid": 1, "started": "never"}})
    os.utime(folder / "run.json", (1, 1))
    with holding.held(folder):
        assert read(runs, folder) == "NotStarted"
    assert read(runs, folder) == "Failed"


def test_several_who_close_a_run_write_one_end(runs: Path) -> None:
    folder = local_runs.start(runs, ["sleep 600"])
    state = local_runs.state(folder)
    for who in ("guardian", "supervisor"):
        processes.send(state[who]["pid"], signal.SIGKILL)
    for who in ("guardian", "supervisor"):
        wait_until(lambda who=who: processes.identity(state[who]["pid"]) is None)  # type: ignore[misc]
    start = threading.Barrier(4)

    def look() -> None:
        start.wait()
        read(runs, folder)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    wait_until(lambda: read(runs, folder) == "Failed")
    assert [each["event"] for each in local_runs.events(folder)].count("ended") == 1
    assert not list(folder.glob("*.tmp"))


INTERRUPTED = """
import os, signal, sys
from pathlib import Path
from desktop_app.backends.local import submitting
from desktop_app.worker.supervisor import processes
real = submitting.subprocess.Popen
class Interrupted(real):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        os.killpg(0, signal.SIGINT)
submitting.subprocess.Popen = Interrupted
submitting.start(Path(sys.argv[1]))
"""


def test_ctrl_c_in_the_terminal_does_not_reach_the_launcher(runs: Path) -> None:
    folder = submitting.make_folder(local_runs.shell_plan(runs, ["echo up; sleep 600"]), runs)
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, str(folder)], start_new_session=True, check=False, capture_output=True
    )
    assert done.returncode == 0, done.stderr.decode()
    local_runs.wait_for_log(folder, "up")
    local_runs.request_cancel(folder)
    assert local_runs.end_of(folder)["status"] == "Canceled"


KILLED = f"""import os, runpy, sys
def kill(*_):
    os.kill(os.getpid(), 9)
real = os.fork
def fork():
    child = real()
    if child and sys._getframe(1).f_code.co_name == "_detach_guardian":
        kill()
    return child
os.fork = fork
sys.argv[0] = {str(submitting.START)!r}
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_no_run_goes_on_that_is_said_to_have_failed(
    runs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launcher = tmp_path / "launcher.py"
    launcher.write_text(KILLED)
    monkeypatch.setattr(submitting, "START", launcher)
    with pytest.raises(OutsideError, match="did not start"):
        local_runs.start(runs, ["trap '' TERM; while true; do sleep 0.1; done"])
    (folder,) = runs.iterdir()
    assert local_runs.is_over(folder)
    wait_until(lambda: not local_runs.left_of(folder))


DEAF = """
import signal, sys
from pathlib import Path
from desktop_app.backends.local import submitting
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})
submitting.START
import os
os.execv(sys.executable, [sys.executable, "-I", str(submitting.START), sys.argv[1]])
"""


def test_what_the_starter_ignores_and_blocks_does_not_count(runs: Path) -> None:
    folder = submitting.make_folder(local_runs.shell_plan(runs, ["echo up; sleep 600"]), runs)
    subprocess.run([sys.executable, "-c", DEAF, str(folder)], check=True)
    local_runs.wait_for_log(folder, "up")
    local_runs.kill(folder, "supervisor")
    run = local_runs.end_of(folder)
    assert (run["status"], run["reason"]) == ("Failed", "The supervisor was killed, so the run was ended.")


# In a process of its own: the guardian waits for every child, and this one may have others that go on.
SEEN_BEFORE = """
import os
from desktop_app.worker.supervisor.guardian import _wait_for
child = os.posix_spawnp("true", ["true"], os.environ)
os.waitpid(child, 0)
print(_wait_for(child))
"""


def test_waiting_for_a_child_that_somebody_else_saw_end() -> None:
    done = subprocess.run([sys.executable, "-c", SEEN_BEFORE], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "None\n"


def test_a_runs_folder_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        runs = tmp_path / "home" / "runs"
        folder = local_runs.start(runs, ["umask; touch outputs/result; umask 0; touch outputs/open"])
        assert local_runs.end_of(folder)["status"] == "Completed"
    finally:
        os.umask(before)

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    assert {mode(each) for each in (runs.parent, runs, folder)} == {0o700}
    for name in ("run.json", "plan.json", "job.yml", "events.jsonl", "user_logs/std_log_process_0.txt", "clock/0.bin"):
        assert mode(folder / name) == 0o600, name
    assert local_runs.log(folder) == "0027\n", "ranks have the umask of who submitted them"
    assert mode(folder / "code" / "outputs" / "result") == 0o640


def test_a_moved_home_is_no_hiding_place(runs: Path) -> None:
    folder = local_runs.start(runs, [f"{sys.executable} -c 'import time; print(1, flush=True); time.sleep(600)'"])
    local_runs.wait_for_log(folder, "1")
    rank, state = local_runs.pid_of(folder), local_runs.state(folder)
    # A process of the run that outlives its guardians, as if it had left its session and its parents.
    environment = {**os.environ, processes.MARKER: str(folder), processes.MARK: state["mark"]}
    with subprocess.Popen(["sleep", "600"], env=environment) as stray:
        for who in ("guardian", "supervisor"):
            processes.send(state[who]["pid"], signal.SIGKILL)
        wait_until(lambda: processes.identity(rank) is None)
        moved = runs.parent.rename(runs.parent.with_name("moved")) / "runs"
        wait_until(lambda: read(moved, moved / folder.name) == "Failed")
        assert stray.wait(10) == -signal.SIGKILL
