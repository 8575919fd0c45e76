"""Processes that serve are ended last and count as done; ports are free before anything starts."""

from __future__ import annotations

import dataclasses
import os
import socket
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import local_runs
from tests.helpers.local_runs import end_of, events, log, shell_plan, start_plan

SERVE = "trap 'echo asked; exit 1' TERM; echo up; while :; do sleep 0.05; done"
UP = "until grep -qs up ../user_logs/std_log_process_0.txt; do sleep 0.02; done; "
"""Shell: wait until rank 0 is up."""


def start(
    runs: Path,
    commands: Sequence[str],
    serving: Collection[int],
    ports: Sequence[int] = (),
    grace: str = local_runs.QUICK,
) -> Path:
    """Start ranks of which some serve; the ports are those of rank 0."""
    plan = shell_plan(runs, commands, environment={"RANKZERO_GRACE": grace})
    specs = tuple(
        dataclasses.replace(each, serves=each.rank in serving, ports=() if each.rank else tuple(ports))
        for each in plan.processes
    )
    return start_plan(dataclasses.replace(plan, processes=specs), runs)


def ends(run: dict[str, Any]) -> list[tuple[str, int | None]]:
    """Return status and exit code of each rank."""
    return [(each["status"], each["exit_code"]) for each in run["ranks"]]


@pytest.mark.parametrize(
    ("server", "code"),
    [
        (SERVE, None),
        ("echo up; exec sleep 1000", None),
        ("trap '' TERM; echo up; while :; do sleep 0.05; done", None),
        ("echo up; exit 0", 0),
    ],
    ids=["asked", "signalled", "stubborn", "done early"],
)
def test_a_server_is_ended_once_the_others_are_done(runs: Path, server: str, code: int | None) -> None:
    run = end_of(start(runs, [server, f"{UP}exit 0"], {0}))
    assert (run["status"], run["exit_code"], run["reason"]) == ("Completed", 0, "")
    assert ends(run) == [("Completed", code), ("Completed", 0)]
    assert run["first_failure"] is None


def test_a_server_may_go_by_itself_in_its_grace(runs: Path) -> None:
    watching = 'until grep -qs rank-ended ../events.jsonl; do sleep 0.02; done; echo "nobody left"; exit 9'
    folder = start(runs, [watching, "true"], {0}, grace="60")
    assert ends(end_of(folder)) == [("Completed", None), ("Completed", 0)]
    assert [each["exit_code"] for each in events(folder) if each["event"] == "rank-ended" and not each["rank"]] == [9]


def test_a_server_that_fails_early_is_blamed(runs: Path) -> None:
    run = end_of(
        start(
            runs,
            [
                "until grep -qs up ../user_logs/std_log_process_1.txt; do sleep 0.02; done; exit 3",
                "echo up; exec sleep 1000",
            ],
            {0},
        )
    )
    assert (run["status"], run["first_failure"]["rank"], run["exit_code"]) == ("Failed", 0, 3)
    assert ends(run) == [("Failed", 3), ("Canceled", -15)]


def test_servers_go_with_a_worker_that_fails(runs: Path) -> None:
    folder = start(runs, [SERVE, f"{UP}exit 2"], {0})
    run = end_of(folder)
    assert (run["status"], run["first_failure"]["rank"]) == ("Failed", 1)
    assert "asked" in log(folder, 0)


def test_where_all_serve_each_ends_by_itself(runs: Path) -> None:
    assert ends(end_of(start(runs, ["echo up", f"{UP}exit 0"], {0, 1}))) == [("Completed", 0), ("Completed", 0)]


def test_cancelled_while_serving(runs: Path) -> None:
    folder = start(runs, ["echo up; exec sleep 1000", "exec sleep 1000"], {0})
    local_runs.wait_for_log(folder, "up")
    local_runs.request_cancel(folder)
    assert end_of(folder)["status"] == "Canceled"


def test_a_port_that_somebody_has(runs: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        run = end_of(start(runs, ["echo never", "echo never"], (), [port]))
    assert run["status"] == "Failed"
    assert run["reason"].startswith(f"Port {port} is in use by ")
    assert f"(process {os.getpid()}). Plan and start the job again." in run["reason"]
    assert {each["pid"] for each in run["ranks"]} == {None}
