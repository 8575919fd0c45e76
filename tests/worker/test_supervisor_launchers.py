"""Ranks that a launcher starts: the same logs, blame, grace and end as ranks without one, with the real mpirun."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from desktop_app.api import DrillKind, DrillOrder
from desktop_app.backends.local import drilling
from desktop_app.backends.local.planning import STARTER
from desktop_app.worker.supervisor import processes
from tests.helpers import local_runs
from tests.helpers.launchers import (
    ALL,
    begun,
    launched,
    launcher_log,
    launcher_pid,
    mpirun_words,
    start_fake,
    start_mpirun,
    starter_pid,
)
from tests.helpers.local_runs import end_of, events, log, state
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="tried on Linux alone")
UP = "echo up; exec sleep 1000"
SEEN = "until [ $(grep -c {name} ../events.jsonl) -ge {count} ]; do sleep 0.02; done"
"""Shell: wait until the supervisor tells of so many."""
AGENT = (
    "sh -c OMPI_MCA_orte_tmpdir_base=${RANKZERO_RUN_FOLDER-/tmp}/launch/$0;"
    "export${IFS}OMPI_MCA_orte_tmpdir_base;eval${IFS}$*"
)
"""Runs what is meant for another node here, as the Horovod plugin does it: each node with a folder of its own."""


def codes(run: dict[str, Any]) -> list[int | None]:
    """Return the ranks' exit codes."""
    return [each["exit_code"] for each in run["ranks"]]


def first(run: dict[str, Any]) -> int | None:
    """Return the rank that is blamed."""
    found: int | None = (run["first_failure"] or {}).get("rank")
    return found


# With mpirun


def test_each_rank_has_its_number_its_log_and_its_state(runs: Path, mpirun: str) -> None:
    folder = start_mpirun(runs, ["echo rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE; umask"] * 3)
    run = end_of(folder)
    assert (run["status"], run["exit_code"], codes(run)) == ("Completed", 0, [0, 0, 0])
    for rank in range(3):
        assert log(folder, rank).splitlines()[0] == f"rank {rank} of 3"
        assert int(log(folder, rank).split()[-1], 8) == _own_umask(), "ranks have the person's own umask"
        assert (folder / "clock" / f"{rank}.bin").stat().st_size % 16 == 0
    assert len({each["pid"] for each in run["ranks"]} - {None}) == 3
    assert run["launcher_logs"] == ["user_logs/mpirun.txt"]
    assert not launcher_log(folder)
    assert {each["event"] for each in events(folder)} >= {"launcher-started", "launcher-ended", "rank-started"}
    assert all(each.stat().st_mode & 0o077 == 0 for each in (folder / "launch").glob("*.json")), "orders may be secret"


def _own_umask() -> int:
    mine = os.umask(0o22)
    os.umask(mine)
    return mine


def test_what_a_rank_finds_around_it(runs: Path, mpirun: str) -> None:
    command = (
        'python3 -c "import json, os; print(json.dumps(dict(os.environ, cwd=os.getcwd(), sid=str(os.getsid(0)))))"'
    )
    folder = start_mpirun(runs, [command] * 2, environment={"MINE": "a b'c", "OMP_NUM_THREADS": "1"})
    run = end_of(folder)
    for rank in range(2):
        found = json.loads(log(folder, rank))
        assert (found["MINE"], found["OMPI_COMM_WORLD_RANK"], found["PWD"]) == ("a b'c", str(rank), found["cwd"])
        assert found["MLFLOW_TRACKING_URI"].endswith(f"/{rank}"), "what it logs is known to be its own"
        assert found["RANKZERO_RUN_FOLDER"] == str(folder)
        assert int(found["sid"]) == run["ranks"][rank]["pid"], "a session of its own"


def test_the_jobs_own_tracking_server_stays(runs: Path, mpirun: str) -> None:
    folder = start_mpirun(runs, ["echo $MLFLOW_TRACKING_URI"], environment={"MLFLOW_TRACKING_URI": "http://mine"})
    end_of(folder)
    assert log(folder).strip() == "http://mine"


def test_the_first_to_fail_is_blamed_and_the_others_have_their_grace(runs: Path, mpirun: str) -> None:
    others = "trap 'echo asked; exit 0' TERM; echo up; while :; do sleep 0.05; done"
    folder = start_mpirun(runs, [others, "sleep 0.3; echo ValueError: no data; exit 3", others])
    run = end_of(folder)
    assert (run["status"], run["reason"], run["exit_code"]) == ("Failed", "Rank 1 failed with exit code 3.", 3)
    assert (first(run), run["first_failure"]["text"]) == (1, "ValueError: no data")
    assert [each["status"] for each in run["ranks"]] == ["Completed", "Failed", "Completed"]
    assert "asked" in log(folder, 0), "SIGTERM came from the supervisor, with time to tidy up"


@pytest.mark.parametrize("fallen", [0, 2])
def test_a_killed_rank_is_blamed(runs: Path, mpirun: str, fallen: int) -> None:
    folder = begun(start_mpirun(runs, [UP] * 3), 3)
    os.kill(state(folder)["ranks"][fallen]["pid"], signal.SIGKILL)
    run = end_of(folder)
    assert (run["status"], first(run), run["reason"]) == ("Failed", fallen, f"Rank {fallen} was ended by SIGKILL.")
    assert codes(run)[fallen] == -9
    assert codes(run).count(-15) == 2


def test_cancelled_without_an_orphan(runs: Path, mpirun: str) -> None:
    stubborn = "trap '' TERM; sleep 1000 & setsid sleep 1000 & echo up; while :; do sleep 0.1; done"
    folder = begun(start_mpirun(runs, [UP, stubborn]), 2)
    local_runs.request_cancel(folder)
    run = end_of(folder)
    assert (run["status"], run["reason"], codes(run)) == ("Canceled", "Canceled on request.", [-15, -9])


def test_cancelled_before_the_ranks_are_there(runs: Path, mpirun: str) -> None:
    folder = start_mpirun(runs, [UP] * 2)
    local_runs.request_cancel(folder)
    assert end_of(folder)["status"] == "Canceled"


def test_two_nodes_end_with_their_daemons(runs: Path, mpirun: str) -> None:
    words = mpirun_words(4, "--mca", "plm_rsh_agent", AGENT, hosts="127.1.0.1:2,127.1.0.2:2")
    command = "echo $OMPI_COMM_WORLD_RANK $OMPI_COMM_WORLD_LOCAL_RANK; " + UP
    folder = begun(local_runs.start_plan(launched(runs, [command] * 4, words), runs), 4)
    assert [log(folder, rank).splitlines()[0] for rank in range(4)] == ["0 0", "1 1", "2 0", "3 1"]
    local_runs.request_cancel(folder)
    assert codes(end_of(folder)) == [-15] * 4


@pytest.mark.parametrize("early", [True, False])
def test_mpirun_loses_its_daemon(runs: Path, mpirun: str, early: bool) -> None:
    words = mpirun_words(4, "--mca", "plm_rsh_agent", AGENT, hosts="127.1.0.1:2,127.1.0.2:2")
    commands = [UP, "echo up" if early else UP, UP, UP]
    folder = begun(local_runs.start_plan(launched(runs, commands, words), runs), 4)
    wait_until(lambda: (state(folder)["ranks"][1]["status"] == "Completed") == early, what="rank 1 to be done")
    daemons = [each for each in local_runs.left_of(folder) if psutil.Process(each).name() == "orted"]
    os.kill(daemons[-1], signal.SIGKILL)
    run = end_of(folder)
    assert (run["status"], first(run)) == ("Failed", None), "no rank is to blame, also not one that was rightly done"
    assert run["reason"] == "mpirun gave up the job: ORTE has lost communication with a remote daemon."
    assert codes(run) == [-15, 0 if early else -15, -15, -15]


def test_a_drill_hits_the_rank_and_not_who_holds_it(runs: Path, mpirun: str) -> None:
    folder = begun(start_mpirun(runs, [UP] * 2), 2)
    drill(folder, DrillKind.STOP, rank=0)
    rank = psutil.Process(state(folder)["ranks"][0]["pid"])
    wait_until(lambda: rank.status() == psutil.STATUS_STOPPED, what="rank 0 to stand still")
    assert psutil.Process(starter_pid(folder, 0)).status() != psutil.STATUS_STOPPED
    drill(folder, DrillKind.RESUME, rank=0)
    wait_until(lambda: rank.status() != psutil.STATUS_STOPPED, what="rank 0 to go on")
    drill(folder, DrillKind.KILL, rank=1)
    run = end_of(folder)
    assert (first(run), codes(run)[1]) == (1, -9)
    assert "Drilled before: rank 1 was killed" in run["reason"]


def drill(folder: Path, kind: DrillKind, **options: Any) -> None:
    """Have it done."""
    asyncio.run(drilling.ask(folder, DrillOrder(kind, **options)))


def test_ranks_are_sampled(runs: Path, mpirun: str) -> None:
    folder = begun(start_mpirun(runs, [UP] * 2), 2)
    path = folder / "resources.jsonl"
    wait_until(lambda: path.exists() and '"rank": 1' in path.read_text(), what="a sample of rank 1")
    local_runs.request_cancel(folder)
    end_of(folder)


@pytest.mark.parametrize("who", ["supervisor", "guardian"])
def test_nothing_is_left_when_its_keepers_are_killed(runs: Path, mpirun: str, who: str) -> None:
    folder = begun(start_mpirun(runs, [UP] * 2), 2)
    local_runs.kill(folder, who)
    assert f"{who} was killed" in end_of(folder)["reason"]


def test_mpirun_killed(runs: Path, mpirun: str) -> None:
    folder = begun(start_mpirun(runs, [UP] * 2), 2)
    os.kill(launcher_pid(folder), signal.SIGKILL)
    run = end_of(folder)
    assert (run["status"], run["reason"], first(run)) == ("Failed", "mpirun was ended by SIGKILL.", None)
    assert codes(run) == [-15, -15]


def test_mpirun_asked_to_end(runs: Path, mpirun: str) -> None:
    folder = begun(start_mpirun(runs, [UP] * 2), 2)
    os.kill(launcher_pid(folder), signal.SIGTERM)
    run = end_of(folder)
    assert (run["status"], first(run)) == ("Failed", None)
    assert run["reason"] == "mpirun asked its ranks to end before they were done."


def test_who_holds_a_rank_killed(runs: Path, mpirun: str) -> None:
    folder = begun(start_mpirun(runs, [UP] * 2), 2)
    os.kill(starter_pid(folder, 1), signal.SIGKILL)
    run = end_of(folder)
    assert (run["status"], first(run), codes(run)[1]) == ("Failed", 1, -9)
    assert run["reason"] == "Rank 1 was ended by SIGKILL: the process that held it below mpirun was killed."


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (mpirun_words(2, "--nonsense"), 'mpirun failed with exit code 1: mpirun: Error: unknown option "--nonsense".'),
        (mpirun_words(2, hosts="localhost:1"), "There are not enough slots available in the system"),
        (tuple(each for each in mpirun_words(2) if each != "--allow-run-as-root"), "attempt to run as root"),
        (("mpirun-of-nowhere", *mpirun_words(2)[1:]), "mpirun-of-nowhere could not be started: "),
        ((*mpirun_words(2), "/no/such/python"), "mpirun was unable to launch the specified application"),
    ],
    ids=["option", "slots", "root", "absent", "starter"],
)
def test_mpirun_refuses(runs: Path, mpirun: str, words: tuple[str, ...], said: str) -> None:
    if "root" in said and os.geteuid():
        pytest.skip("not root")
    run = end_of(local_runs.start_plan(launched(runs, ["true"] * 2, words), runs))
    assert run["status"] == "Failed"
    assert said in run["reason"]
    assert first(run) is None
    assert {each["status"] for each in run["ranks"]} == {"Canceled"}


@pytest.mark.parametrize("kind", ["never calls MPI_Init", "leaves without MPI_Finalize"])
def test_a_rank_that_leaves_the_others_waiting(runs: Path, mpirun: str, mpi_toolchain: Path, kind: str) -> None:
    begin = "from mpi4py import MPI; MPI.COMM_WORLD.barrier()"
    early = "pass" if "Init" in kind else f"{begin}; import os; os._exit(0)"
    commands = [f"exec {mpi_toolchain} -c '{each}'" for each in (f"{begin}; MPI.COMM_WORLD.barrier()", early)]
    run = end_of(start_mpirun(runs, commands))
    assert (run["status"], first(run)) == ("Failed", 1)
    assert "Rank 1 ended without MPI_Finalize (or never called MPI_Init)" in run["reason"]


def test_a_rank_that_aborts(runs: Path, mpirun: str, mpi_toolchain: Path) -> None:
    code = "from mpi4py import MPI; c = MPI.COMM_WORLD; c.barrier(); c.rank == 1 and c.Abort(7); c.barrier()"
    run = end_of(start_mpirun(runs, [f"exec {mpi_toolchain} -c '{code}'"] * 3))
    assert (run["status"], first(run), codes(run)[1]) == ("Failed", 1, 7)


def test_a_full_disk_silences_no_rank(small_disk: Path, mpirun: str) -> None:
    runs = small_disk / "runs"
    both = "until [ -e ../launch/1.started ]; do sleep 0.02; done"  # on a full disk none begins
    fill = f"{both}; head -c 50000000 /dev/zero > outputs/big; exit 3"
    run = end_of(start_mpirun(runs, [fill, UP]))
    local_runs.assert_nothing_left(runs)
    assert (run["status"], first(run), codes(run)) == ("Failed", 0, [3, -15])


def test_the_run_goes_on_when_who_submitted_it_is_killed(runs: Path, mpirun: str) -> None:
    code = """if True:
        import sys, time
        from pathlib import Path
        from tests.helpers.launchers import start_mpirun
        print(start_mpirun(Path(sys.argv[1]), ["echo up; until [ -e over ]; do sleep 0.02; done; echo done"] * 2))
        sys.stdout.flush()
        time.sleep(1000)"""
    with subprocess.Popen([sys.executable, "-c", code, str(runs)], stdout=subprocess.PIPE, text=True) as submitter:
        assert submitter.stdout is not None
        folder = Path(submitter.stdout.readline().strip())
        submitter.kill()
    begun(folder, 2)
    (folder / "code" / "over").touch()
    assert codes(end_of(folder)) == [0, 0]
    assert log(folder, 1) == "up\ndone\n"


# With a launcher of our own, for what mpirun can't be brought to


def test_a_launcher_that_leaves_its_ranks_alone(runs: Path) -> None:
    run = end_of(start_fake(runs, [UP] * 2, ALL + SEEN.format(name="rank-started", count=2)))
    assert (run["status"], run["reason"]) == ("Failed", "bash ended before its ranks did.")
    assert codes(run) == [-15, -15]


def test_a_launcher_that_forgets_a_rank(runs: Path) -> None:
    run = end_of(start_fake(runs, ["true", "true"], 'OMPI_COMM_WORLD_RANK=0 "$@"'))
    assert (run["status"], run["reason"]) == ("Failed", "bash ended before its ranks did.")


def test_a_launcher_that_fails_when_all_is_done(runs: Path) -> None:
    run = end_of(start_fake(runs, ["true"] * 2, ALL + "wait; echo some; echo 'Error: the network is gone'; exit 4"))
    assert run["reason"] == "bash failed with exit code 4: Error: the network is gone."
    assert (run["status"], run["exit_code"], codes(run)) == ("Failed", 4, [0, 0])


def test_a_launcher_that_never_ends(runs: Path) -> None:
    run = end_of(start_fake(runs, ["true"] * 2, ALL + "trap '' TERM; while :; do sleep 1; done"))
    assert (run["status"], codes(run)) == ("Completed", [0, 0])


def test_ranks_get_their_grace_from_a_launcher_that_ends_them(runs: Path) -> None:
    done = "echo up; until [ -e ../launch/0.asked ]; do sleep 0.02; done; echo done"
    script = ALL + "until grep -qs up ../user_logs/*; do sleep 0.02; done; kill -TERM $(jobs -p); wait"
    folder = start_fake(runs, [done], script)
    end_of(folder)
    assert "done" in log(folder), "the launcher's SIGTERM does not reach it"


def test_what_can_not_be_started(runs: Path) -> None:
    plan = launched(runs, ["true"], ("/bin/bash", "-c", f"N=1; {ALL} wait", "fake"))
    rank = plan.processes[0]
    odd = replace(plan, processes=(replace(rank, argv=("/no/such/program",)),))
    run = end_of(local_runs.start_plan(odd, runs))
    assert (run["status"], run["exit_code"]) == ("Failed", 127)
    assert run["reason"].startswith("Rank 0 could not be started: ")


def test_what_can_not_be_started_after_another_failed_takes_nothing_of_its_words(runs: Path) -> None:
    script = (
        'OMPI_COMM_WORLD_RANK=1 "$@" & until [ -e ../launch/1.ended ]; do sleep 0.02; done;'
        f' {SEEN.format(name="rank-ended", count=1)}; OMPI_COMM_WORLD_RANK=0 "$@" & wait'
    )
    plan = launched(runs, ["true", "echo 'ValueError: first' >&2; exit 3"], ("/bin/bash", "-c", script, "fake"))
    broken = replace(plan.processes[0], argv=("/no/such/program",))
    plan = replace(
        plan, processes=(broken, plan.processes[1]), environment={**plan.environment, "RANKZERO_GRACE": "60"}
    )
    run = end_of(local_runs.start_plan(plan, runs))
    assert codes(run) == [127, 3]
    assert (first(run), run["first_failure"]["text"]) == (1, "ValueError: first")


def test_a_starter_that_is_told_nothing() -> None:
    done = subprocess.run([*STARTER, "NO_SUCH"], capture_output=True, text=True, check=False, env={})
    assert done.returncode == 2
    assert "NO_SUCH" in done.stderr


def test_our_own_launchers_words_are_not_for_ranks(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMPI_COMM_WORLD_RANK", "7")
    monkeypatch.setenv("PMIX_NAMESPACE", "ours")
    folder = local_runs.start(runs, ["echo ${OMPI_COMM_WORLD_RANK-none} ${PMIX_NAMESPACE-none}"])
    end_of(folder)
    assert log(folder).strip() == "none none"


def test_the_launcher_knows_its_run(runs: Path) -> None:
    folder = begun(start_fake(runs, [UP], ALL + "wait"), 1)
    assert launcher_pid(folder) in processes.marked(str(folder))
    local_runs.request_cancel(folder)
    end_of(folder)


def test_a_node_that_never_calls_mpi_init(runs: Path, mpirun: str, mpi_toolchain: Path) -> None:
    words = mpirun_words(2, "--mca", "plm_rsh_agent", AGENT, hosts="127.1.0.1:1,127.1.0.2:1")
    commands = [f"exec {mpi_toolchain} -c 'from mpi4py import MPI'", "true"]
    run = end_of(local_runs.start_plan(launched(runs, commands, words), runs))
    assert (run["status"], first(run)) == ("Failed", 1)
    assert run["reason"] == "Rank 1 ended and never called MPI_Init; others wait for it."
