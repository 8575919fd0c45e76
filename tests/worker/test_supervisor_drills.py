"""Fault drills on real ranks: what was ordered is done, told and kept, and a run ends all the same."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from desktop_app.api import Drill, DrillKind, DrillOrder, OutsideError, UserError
from desktop_app.backends.local import drilling
from desktop_app.worker.supervisor import processes
from tests.helpers import local_runs
from tests.helpers.local_runs import end_of, events, start, state
from tests.helpers.waiting import wait_until

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="limits of other processes are Linux's")
COUNTING = f"""exec {sys.executable} -u -c "
import itertools, time
for step in itertools.count():
    print('step', step)
    time.sleep(0.02)"
"""
SAVING = f"""exec {sys.executable} -u -c "
import signal, sys, time
def save(*_):
    print('saved')
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print('up')
time.sleep(600)"
"""


def drill(folder: Path, kind: str, **options: Any) -> Drill:
    """Order it and wait for the answer."""
    return asyncio.run(drilling.ask(folder, DrillOrder(DrillKind(kind), **options)))


def begun(runs: Path, commands: list[str], **options: Any) -> Path:
    """Start a run and wait until each rank wrote something and its process is noted."""
    folder = start(runs, commands, **options)
    for rank in range(len(commands)):
        wait_until(partial(local_runs.log, folder, rank), what=f"a word of rank {rank}")
        local_runs.pid_of(folder, rank)
    return folder


def test_kill(runs: Path) -> None:
    folder = begun(runs, [COUNTING, f"{COUNTING.removeprefix('exec ')}; echo never"])
    done = drill(folder, "kill", rank=1)
    assert (done.kind, done.rank, done.ranks, done.text) == ("kill", 1, (1,), "rank 1 was killed")
    run = end_of(folder)
    assert run["first_failure"]["rank"] == 1
    assert run["first_failure"]["exit_code"] == -9
    assert run["first_failure"]["drill"].startswith("rank 1 was killed at ")
    assert run["reason"].startswith("Rank 1 was ended by SIGKILL. Drilled before: rank 1 was killed at ")
    assert [each["text"] for each in run["drills"]] == ["rank 1 was killed"]
    assert [each["rank"] for each in events(folder) if each["event"] == "drilled"] == [1]
    assert "never" not in local_runs.log(folder, 1)


def test_stop_and_resume(runs: Path) -> None:
    folder = begun(runs, [f"{COUNTING.removeprefix('exec ')}; true"])
    assert drill(folder, "stop", rank=0).text == "rank 0 was stopped"
    leader = local_runs.pid_of(folder)
    family = [leader, *processes.descendants(leader)]
    assert len(family) == 2
    wait_until(lambda: {status(each) for each in family} == {psutil.STATUS_STOPPED}, what="both to stand still")
    assert not local_runs.is_over(folder)
    said = local_runs.log(folder)
    assert drill(folder, "resume").text == "rank 0 was resumed"
    wait_until(lambda: local_runs.log(folder) != said, what="more of its words")
    with pytest.raises(UserError, match="No rank stands still"):
        drill(folder, "resume", rank=0)
    drill(folder, "kill", rank=0)
    assert "rank 0 was killed" in end_of(folder)["reason"]


def test_a_stopped_rank_hears_that_the_run_is_canceled(runs: Path) -> None:
    folder = begun(runs, [SAVING, COUNTING], environment={"RANKZERO_GRACE": "60,60"})
    drill(folder, "stop", rank=0)
    local_runs.request_cancel(folder)
    run = end_of(folder)
    assert run["status"] == "Canceled"
    assert "saved" in local_runs.log(folder, 0), "it went on to mind its SIGTERM"


@pytest.mark.parametrize("who", ["supervisor", "guardian"])
def test_a_stopped_rank_does_not_outlive_its_keepers(runs: Path, who: str) -> None:
    folder = begun(runs, [COUNTING])
    drill(folder, "stop", rank=0)
    local_runs.kill(folder, who)
    assert end_of(folder)["status"] == "Failed"


def test_a_node_that_is_cut_off_stands_still_until_it_is_resumed(runs: Path) -> None:
    folder = start_on_nodes(runs, [COUNTING, COUNTING, COUNTING], [0, 1, 1])
    assert drill(folder, "node", node=1).text == "node 1 was cut off: ranks 1 and 2 were stopped"
    pids = [each["pid"] for each in state(folder)["ranks"]]
    wait_until(lambda: [status(each) == psutil.STATUS_STOPPED for each in pids] == [False, True, True])
    assert drill(folder, "resume", node=1).ranks == (1, 2)
    wait_until(lambda: psutil.STATUS_STOPPED not in [status(each["pid"]) for each in state(folder)["ranks"]])
    local_runs.request_cancel(folder)
    end_of(folder)


def test_an_evicted_node_has_its_notice_and_the_run_is_not_said_to_be_well(runs: Path) -> None:
    folder = start_on_nodes(runs, [SAVING, SAVING], [0, 0])
    assert drill(folder, "evict", node=0, notice=60).text == "node 0 was evicted with 60 s of notice"
    run = end_of(folder)
    assert [local_runs.log(folder, rank) for rank in (0, 1)] == ["up\nsaved\n"] * 2
    assert [each["exit_code"] for each in run["ranks"]] == [0, 0]
    assert (run["status"], run["reason"]) == ("Failed", "Node 0 was evicted with 60 s of notice, by a drill.")


def test_the_notice_of_an_eviction_is_kept_though_a_rank_falls_in_it(runs: Path) -> None:
    slow = SAVING.replace("print('saved')", "time.sleep(1.5); print('saved')")
    folder = start_on_nodes(runs, [slow, COUNTING], [0, 0])
    drill(folder, "evict", node=0, notice=60)
    run = end_of(folder)
    assert run["first_failure"]["rank"] == 1, "SIGTERM ended it at once"
    assert "saved" in local_runs.log(folder, 0), "the run's own grace is 0.8 s together"


def test_who_ignores_the_notice_is_killed_at_its_end(runs: Path) -> None:
    stubborn = "trap '' TERM; echo up; while true; do sleep 0.02; done"
    folder = start_on_nodes(runs, [stubborn, COUNTING], [1, 0])
    drill(folder, "evict", node=1, notice=0.2)
    run = end_of(folder)
    assert run["first_failure"]["rank"] == 0
    assert run["first_failure"]["exit_code"] == -9
    assert "node 1 was evicted with 0.2 s of notice" in run["reason"]


@LINUX_ONLY
def test_memory_runs_out(runs: Path) -> None:
    eating = COUNTING.replace("print('step', step)", "print('step', step); kept = bytearray(100_000 * step * step)")
    folder = begun(runs, [eating])
    assert "kept from taking more memory" in drill(folder, "memory", rank=0).text
    run = end_of(folder)
    assert run["first_failure"]["text"] == "MemoryError"
    assert run["first_failure"]["drill"].startswith("rank 0 was kept from taking more memory")


@LINUX_ONLY
def test_files_do_not_grow_and_the_log_still_says_so(runs: Path) -> None:
    saving = COUNTING.replace(
        "print('step', step)", "print('step', step); open('model.pt', 'wb').write(bytes(200_000))"
    )
    folder = begun(runs, [saving])
    wait_until((folder / "code" / "model.pt").exists)
    assert drill(folder, "disk", rank=0).text.startswith("rank 0 was kept from letting any file grow beyond ")
    run = end_of(folder)
    assert run["first_failure"]["text"] == "OSError: [Errno 27] File too large"
    assert (folder / "code" / "model.pt").stat().st_size <= 1 << 20


def test_what_can_not_be_done_is_said(runs: Path) -> None:
    folder = begun(runs, [COUNTING, "echo up"])
    wait_until(lambda: state(folder)["ranks"][1]["ended"])
    for order, why in (
        ({"kind": "kill", "rank": 7}, "The run has no rank 7"),
        ({"kind": "kill", "rank": 1}, "Rank 1 is over already"),
        ({"kind": "node", "node": 3}, "The run has no node 3"),
        ({"kind": "node", "rank": 0}, "This drill is for a node"),
        ({"kind": "evict", "rank": 0}, "This drill is for a node"),
        ({"kind": "kill"}, "A drill needs a rank or a node"),
        ({"kind": "resume"}, "No rank stands still"),
    ):
        with pytest.raises(UserError, match=why):
            drill(folder, **order)
    assert state(folder)["drills"] == []
    local_runs.request_cancel(folder)
    end_of(folder)
    with pytest.raises(UserError, match="The run is over"):
        drill(folder, "kill", rank=0)
    assert not list((folder / "requests").glob("drill*"))


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"kind": 3}', '{"kind": "kill", "rank": "0"}', '{"kind": "kill", "rank": true}',
     '{"kind": "evict", "node": 0, "notice": "NaN"}', '{"kind": "evict", "node": 0, "notice": NaN}'],
)  # fmt: skip
def test_orders_that_make_no_sense_are_refused_and_harm_nothing(runs: Path, text: str) -> None:
    folder = begun(runs, [COUNTING])
    order = folder / "requests" / "drill-1.json"
    draft = order.with_suffix(".tmp")
    draft.write_text(text)
    draft.replace(order)
    wait_until(order.with_suffix(".answer").exists)
    assert "refused" in json.loads(order.with_suffix(".answer").read_text())
    local_runs.request_cancel(folder)
    assert end_of(folder)["status"] == "Canceled"


@pytest.mark.skipif(sys.platform == "win32", reason="pipes and links of POSIX")
def test_a_job_that_puts_other_things_among_the_orders_does_not_hold_the_supervisor_up(runs: Path) -> None:
    folder = begun(runs, [COUNTING])
    requests, pid = folder / "requests", state(folder)["supervisor"]["pid"]
    for name in ("drill-a.json", f"drill-e.answer.{pid}.tmp"):
        os.mkfifo(requests / name)
    (requests / "drill-b.json").symlink_to("/dev/zero")
    (requests / "drill-c.json").mkdir()
    with (requests / "drill-d.json").open("wb") as file:
        file.truncate(1 << 40)
    (requests / "deep.tmp").write_text("[" * 60_000)
    (requests / "deep.tmp").replace(requests / "drill-e.json")
    wait_until((requests / "drill-e.answer").exists)
    assert not [each.name for each in requests.glob("drill-?.json") if not each.is_dir()]
    local_runs.request_cancel(folder)
    assert end_of(folder)["status"] == "Canceled"


def test_a_supervisor_that_does_not_answer(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = begun(runs, [COUNTING])
    monkeypatch.setattr(drilling, "PATIENCE", 0.3)
    supervisor = state(folder)["supervisor"]["pid"]
    processes.send(supervisor, signal.SIGSTOP)
    with pytest.raises(OutsideError, match=r"did not answer within 0\.3 s"):
        drill(folder, "kill", rank=0)
    assert not list((folder / "requests").glob("drill*")), "the order is taken back"
    processes.send(supervisor, signal.SIGCONT)
    local_runs.request_cancel(folder)
    assert end_of(folder)["status"] == "Canceled"


def start_on_nodes(runs: Path, commands: list[str], nodes: list[int]) -> Path:
    """Start a run whose ranks are of these nodes."""
    plan = local_runs.shell_plan(runs, commands)
    specs = tuple(replace(each, node=node) for each, node in zip(plan.processes, nodes, strict=True))
    folder = local_runs.start_plan(replace(plan, processes=specs), runs)
    for rank in range(len(commands)):
        wait_until(partial(local_runs.log, folder, rank), what=f"a word of rank {rank}")
    return folder


def status(pid: int) -> str:
    """Return what the system calls the state of a process."""
    return str(psutil.Process(pid).status())
