"""Plans whose ranks are started by a launcher: the real mpirun, or a few lines of shell that stand in for it."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.api import ProcessSpec, SubmissionPlan
from desktop_app.backends.local.planning import STARTER
from tests.helpers import local_runs
from tests.helpers.waiting import wait_until

NAME = "OMPI_COMM_WORLD_RANK"
MCA = {
    "orte_abort_on_non_zero_status": "0",
    "odls_base_sigkill_timeout": "86400",
    "pml": "ob1",
    "btl": "tcp,self",
    "btl_tcp_if_include": "127.0.0.0/8",
    "oob_tcp_if_include": "127.0.0.0/8",
    "mpi_yield_when_idle": "1",
}
ALL = f'for i in $(seq 0 $(($N - 1))); do {NAME}=$i "$@" & done; '
"""Shell: start every rank, as mpirun would."""


def mpirun_words(count: int, *options: str, hosts: str = "") -> tuple[str, ...]:
    """Return mpirun's words, as the Horovod plugin writes them."""
    root = ("--allow-run-as-root",) if os.geteuid() == 0 else ()
    settings = [word for name, value in MCA.items() for word in ("--mca", name, value)]
    where = ("--host", hosts or f"localhost:{count}", "--map-by", "slot", "--bind-to", "none")
    return ("mpirun", *root, "-np", str(count), *where, *settings, *options)


def launched(runs: Path, commands: Sequence[str], words: Sequence[str], **options: Any) -> SubmissionPlan:
    """Return a plan whose ranks are started by what `words` say, followed by the words of a rank's starter."""
    plan = local_runs.shell_plan(runs, commands, **options)
    ranks = tuple(dataclasses.replace(each, launched=True, environment={}) for each in plan.processes)
    log = f"user_logs/{Path(words[0]).stem}.txt"
    launcher = ProcessSpec(0, 0, 0, (*words, *STARTER, NAME), role="launcher", log=log)
    return dataclasses.replace(plan, processes=ranks, launchers=(launcher,))


def start_mpirun(runs: Path, commands: Sequence[str], *options: str, **more: Any) -> Path:
    """Start ranks by mpirun; return the run's folder."""
    words = mpirun_words(len(commands), *options)
    return local_runs.start_plan(launched(runs, commands, words, **more), runs)


def start_fake(runs: Path, commands: Sequence[str], script: str) -> Path:
    """Start ranks by a shell script: `"$@"` starts a rank, `$N` is their number, ALL starts all of them."""
    words = ("/bin/bash", "-c", f"N={len(commands)}; {script}", "fake")
    return local_runs.start_plan(launched(runs, commands, words), runs)


def launcher_log(folder: Path) -> str:
    """Return what the launcher wrote."""
    return next(each for each in (folder / "user_logs").iterdir() if "process" not in each.name).read_text("utf-8")


def launcher_pid(folder: Path) -> int:
    """Return the launcher's pid, once it was started."""
    return wait_until(lambda: next((each["pid"] for each in _started(folder)), 0), what="the launcher")


def _started(folder: Path) -> list[dict[str, Any]]:
    return [each for each in local_runs.events(folder) if each["event"] == "launcher-started"]


def starter_pid(folder: Path, rank: int) -> int:
    """Return the pid of the process that holds a rank."""
    found: int = json.loads((folder / "launch" / f"{rank}.started").read_bytes())["starter"]
    return found


def begun(folder: Path, count: int) -> Path:
    """Wait until the state says of every rank that it runs, and each wrote `up`."""
    for rank in range(count):
        local_runs.wait_for_log(folder, "up", rank)
    wait_until(lambda: all(each["pid"] for each in local_runs.state(folder)["ranks"]), what="the ranks' pids")
    return folder
