"""Runs a case as a person would, by the program's verbs, and keeps what is left of the run."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

from tests.helpers.broken_jobs.cases import Case
from tests.helpers.program import Program
from tests.helpers.waiting import wait_until

HEAD = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
LONG = 240.0
"""Seconds after which a run that should have ended did not."""
OVER = {"Completed", "Failed", "Canceled"}


def write_job(case: Case, folder: Path) -> Path:
    """Write the case's job and its scripts; return the job file."""
    source = folder / "src"
    source.mkdir(parents=True)
    for name, text in case.files.items():
        path = source / name
        path.write_bytes(text.encode())
        path.chmod(0o755 if name.endswith(".sh") else 0o644)
    job = folder / "job.yml"
    job.write_text(HEAD + "\n".join(_job_lines(case)) + "\n", "utf-8")
    return job


def _job_lines(case: Case) -> list[str]:
    lines = [
        f"display_name: {case.name}", f"command: {case.command}", "code: src", "environment: azureml:any@latest",
        f"limits:\n  timeout: {case.timeout}",
    ]  # fmt: skip
    if case.kind == "none":
        return lines
    shape, nodes = case.shape, case.shape.get("nodes", 1)
    lines.append(f"distribution:\n  type: {case.kind}")
    if case.kind == "tensorflow":
        nodes = shape["workers"] + shape.get("servers", 0)
        lines.append(f"  worker_count: {shape['workers']}\n  parameter_server_count: {shape.get('servers', 0)}")
    elif "processes" in shape:
        lines.append(f"  process_count_per_instance: {shape['processes']}")
    return [*lines, f"resources:\n  instance_count: {nodes}"]


def run_case(program: Program, case: Case) -> Path:
    """Run it to its end; return the run's folder. Raises AssertionError where it can't be run or doesn't end."""
    folder = program.cwd / case.name
    shutil.rmtree(folder, ignore_errors=True)
    submitted = program("run", write_job(case, folder), "--detach")
    assert submitted.code == 0, submitted.err
    run = program.home / "runs" / submitted.out.strip().splitlines()[-1]
    if case.drill:
        _drill(program, case, run)
    wait_until(lambda: state(run).get("status") in OVER, LONG, f"the end of {case.name}, {run}")
    wait_until(lambda: not (run / "supervisor.sock").exists(), 30.0, f"the supervisor of {case.name}")
    return run


def _drill(program: Program, case: Case, run: Path) -> None:
    done = program("runs", "drill", run.name, *case.drill, "--at-line", case.moment)
    assert done.code == 0, done.err


def state(run: Path) -> dict[str, Any]:
    """Return what is known of a run, empty while nothing is."""
    try:
        found: dict[str, Any] = json.loads((run / "run.json").read_bytes())
    except (FileNotFoundError, ValueError):
        return {}
    return found


def forget_drills(run: Path) -> None:
    """Take out of a finished run what it knows of its drills: as if the fault had come from outside."""
    found = state(run)
    found["drills"] = []
    if isinstance(fallen := found.get("first_failure"), dict):
        fallen["drill"] = ""
    text = json.dumps(found)
    (run / "run.json").write_text(re.sub(r' ?Drilled before: [^"]*?UTC\.', "", text), "utf-8")
