"""Real runs of shell commands on this machine: plans without a planner, and looking at what became of them."""

from __future__ import annotations

import json
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from desktop_app.api import Job, PlannedFile, ProcessSpec, SubmissionPlan, Topology
from desktop_app.backends.local import submitting
from desktop_app.backends.local.run_folder import new_name
from desktop_app.worker.supervisor import processes
from tests.helpers.waiting import wait_until

QUICK = "0.3,0.5"
"""Grace for tests: seconds for ranks to end by themselves, and from SIGTERM to SIGKILL."""


def shell_plan(
    runs: Path,
    commands: Sequence[str],
    *,
    timeout: int | None = None,
    files: Sequence[Path] = (),
    environment: Mapping[str, str] | None = None,
) -> SubmissionPlan:
    """Return a plan with a rank for each shell command."""
    specs = tuple(
        ProcessSpec(
            rank, rank, 0, ("/bin/bash", "-c", command), {"RANK": str(rank)}, "worker",
            f"user_logs/std_log_process_{rank}.txt",
        )
        for rank, command in enumerate(commands)
    )  # fmt: skip
    run = new_name(runs)
    return SubmissionPlan(
        backend="local",
        job=Job(command="", display_name="a test"),
        source="",
        topology=Topology(1, len(commands)),
        processes=specs,
        files=tuple(PlannedFile(str(each), each.name, each.stat().st_size) for each in files),
        environment={"RANKZERO_GRACE": QUICK, "AZUREML_RUN_ID": run, **(environment or {})},
        timeout=timeout,
        run=run,
    )


def start(runs: Path, commands: Sequence[str], **options: Any) -> Path:
    """Start a run and return its folder."""
    return start_plan(shell_plan(runs, commands, **options), runs)


def start_plan(plan: SubmissionPlan, runs: Path) -> Path:
    """Start a plan and return the run's folder."""
    folder = submitting.make_folder(plan, runs)
    submitting.start(folder)
    return folder


def state(folder: Path) -> dict[str, Any]:
    """Return run.json, empty while it is not there."""
    try:
        found: dict[str, Any] = json.loads((folder / "run.json").read_bytes())
    except FileNotFoundError:
        return {}
    return found


def write_state(folder: Path, data: Mapping[str, Any]) -> None:
    """Replace run.json, as no one but a test does."""
    (folder / "run.json").write_text(json.dumps(dict(data)), "utf-8")


def is_over(folder: Path) -> bool:
    """Return whether the run's state is final."""
    return state(folder).get("status") in ("Completed", "Failed", "Canceled")


def end_of(folder: Path, timeout: float = 60.0) -> dict[str, Any]:
    """Wait for the run's end and for its own processes; return run.json."""
    wait_until(lambda: is_over(folder), timeout, f"the end of {folder.name}: {state(folder)}")
    wait_until(lambda: not left_of(folder), timeout, f"{left_of(folder)} to end")
    return state(folder)


def log(folder: Path, rank: int = 0) -> str:
    """Return what a rank wrote so far."""
    path = folder / "user_logs" / f"std_log_process_{rank}.txt"
    return path.read_text("utf-8", "replace") if path.exists() else ""


def wait_for_log(folder: Path, text: str, rank: int = 0) -> None:
    """Wait until a rank wrote `text`."""
    wait_until(lambda: text in log(folder, rank), what=f"{text!r} in the log of rank {rank}")


def pid_of(folder: Path, rank: int = 0) -> int:
    """Return a rank's process, once the supervisor noted it: a rank may have written before that."""
    pid: int = wait_until(lambda: state(folder)["ranks"][rank]["pid"], what=f"the process of rank {rank}")
    return pid


def events(folder: Path) -> list[dict[str, Any]]:
    """Return the run's events."""
    return [json.loads(line) for line in (folder / "events.jsonl").read_text("utf-8").splitlines()]


def left_of(folder: Path) -> list[int]:
    """Return every process of the run that lives: ranks and what they started, guardian and supervisor."""
    return sorted({*processes.marked(str(folder)), *_own(folder)})


def _own(folder: Path) -> list[int]:
    found = []
    for each in psutil.process_iter():
        try:
            if str(folder) in each.cmdline() and each.status() != psutil.STATUS_ZOMBIE:
                found.append(each.pid)
        except psutil.Error:
            continue
    return found


def kill(folder: Path, who: str) -> None:
    """Kill the run's `supervisor` or `guardian`."""
    pid = state(folder)[who]["pid"]
    processes.send(pid, signal.SIGKILL)


def request_cancel(folder: Path) -> None:
    """Ask as the backend does."""
    (folder / "requests").mkdir(exist_ok=True)
    (folder / "requests" / "cancel").touch()


def assert_nothing_left(runs: Path) -> None:
    """Fail if a process of any run below `runs`, also of a deleted one, lives a moment after; end it."""
    try:
        wait_until(lambda: not _below(runs), 20.0, "the runs' processes to end")
    except AssertionError:
        left = _below(runs)
        text = "\n".join(f"{each.pid} {each.cmdline()}" for each in left)
        for each in left:
            each.kill()
        raise AssertionError(f"processes were left behind:\n{text}") from None


def _below(runs: Path) -> list[psutil.Process]:
    return [each for each in psutil.process_iter() if _belongs(each, str(runs))]


def _belongs(process: psutil.Process, runs: str) -> bool:
    try:
        marker = process.environ().get(processes.MARKER, "")
        words = " ".join(process.cmdline())
        return process.status() != psutil.STATUS_ZOMBIE and (marker.startswith(runs) or "__main__.py " + runs in words)
    except psutil.Error:
        return False
