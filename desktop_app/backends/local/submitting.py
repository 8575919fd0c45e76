"""Starts a plan: makes the run's folder and hands it to a guardian of its own."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desktop_app.api import (
    OutsideError,
    RankState,
    RunSnapshot,
    RunStatus,
    Severity,
    SubmissionPlan,
    Sweep,
    SweepState,
    Trial,
    UserError,
)
from desktop_app.api._records import to_json
from desktop_app.backends.local import facts
from desktop_app.backends.local.run_folder import SCHEME
from desktop_app.core.shared_texts import packed
from desktop_app.core.words import size_text
from desktop_app.worker import supervisor
from desktop_app.worker.supervisor import holding, processes
from desktop_app.worker.supervisor.closing import close_run
from desktop_app.worker.supervisor.state import replace

START = Path(supervisor.__file__).with_name("__main__.py")
PATIENCE = 60.0
"""Seconds for the supervisor to come alive; it takes a tenth of one."""
_PRIVATE = 0o700  # what a run holds (variables, logs) may be secret


def refuse_errors(plan: SubmissionPlan) -> None:
    """Raise UserError if something is wrong with the plan."""
    errors = [each for each in plan.diagnostics if each.severity is Severity.ERROR]
    if errors:
        details = "\n".join(each.message for each in errors)
        raise UserError(errors[0].message, hint="Mend the job and plan it again.", details=details)


def make_folder(plan: SubmissionPlan, runs: Path, trial: Trial | None = None) -> Path:
    """Make the run's folder with all that its supervisor needs. Raises OutsideError, leaving nothing behind."""
    folder = runs / plan.run
    try:
        for each in (runs.parent, runs):
            each.mkdir(_PRIVATE, parents=True, exist_ok=True)
    except OSError as error:
        raise _no_room(runs, error) from error
    if shutil.disk_usage(runs).free < plan.bytes:
        raise _no_room(runs, OSError(errno.ENOSPC, f"{size_text(plan.bytes)} of files are more than is free"))
    try:
        folder.mkdir(_PRIVATE)
    except FileExistsError:
        hint = "A plan can be submitted once: plan the job again."
        raise UserError(f"{plan.run} was submitted already.", hint=hint) from None
    except OSError as error:
        raise _no_room(runs, error) from error
    try:
        _fill(folder, plan, trial)
    except OSError as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise _no_room(folder, error) from error
    return folder


def start(folder: Path) -> None:
    """Start guardian and supervisor; returns once the supervisor has the run in hand. Raises OutsideError."""
    command = [sys.executable, "-I", str(START), str(folder)]
    problem = _launch(command, folder / "supervisor.log")
    if problem is not None:
        _withdraw(folder)
        raise OutsideError("The run's supervisor did not start.", hint=f"See {folder}.", details=problem)


def request_cancel(folder: Path, reason: str = "", *, stopped_early: bool = False) -> None:
    """Ask the run's supervisor, also one that is only coming, to end it, for `reason` if any. Raises OSError."""
    path = folder / "requests" / "cancel"
    path.parent.mkdir(exist_ok=True)
    if reason and not path.exists():
        replace(path, {"reason": reason, "stopped_early": stopped_early})
    else:
        path.touch()


def _withdraw(folder: Path) -> None:
    """End what may have begun all the same, then write the run's end: none may go on that is said to have failed."""
    with contextlib.suppress(OSError):
        request_cancel(folder)
    with holding.held(folder, PATIENCE) as mine:
        if mine:
            close_run(folder, "The supervisor did not start.", 0)


def _launch(command: Sequence[str], log: Path) -> str | None:
    """Run the launcher, which ends once all is well; return what went wrong."""
    try:
        with log.open("ab") as errors:
            # The pipe's end tells at once that the launcher is done; waiting for its exit would be polling.
            # A session of its own: Ctrl+C in the terminal is for us alone.
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, timeout=PATIENCE, check=False,
                start_new_session=True,
            )  # fmt: skip
        return log.read_text("utf-8", "replace")[-4000:] or "It said nothing." if done.returncode else None
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)


def first_snapshot(plan: SubmissionPlan, folder: Path, trial: Trial | None = None) -> RunSnapshot:
    """Return the run as it is before anything happened."""
    job, is_sweep = plan.job, plan.job.sweep is not None
    name = job.display_name or job.name or (Path(plan.source).stem if plan.source else plan.run)
    return RunSnapshot(
        handle=f"{SCHEME}{plan.run}",
        run=plan.run,
        backend="local",
        status=RunStatus.NOT_STARTED,
        display_name=name,
        experiment=plan.environment.get("AZUREML_EXPERIMENT_NAME", ""),
        created=datetime.now(UTC),
        nodes=1 if is_sweep else plan.topology.nodes,
        processes_per_node=1 if is_sweep else plan.topology.processes_per_node,
        framework=plan.framework,
        ranks=tuple(
            RankState(each.rank, each.local_rank, each.node, RunStatus.NOT_STARTED, log=each.log, role=each.role)
            for each in plan.processes
        ),
        outputs=str(folder / "code" / "outputs"),
        folder=str(folder),
        source=plan.source,
        tags=job.tags if trial is None else {**job.tags, "parent": trial.sweep},
        launched=facts.launched(plan),
        launcher_logs=tuple(each.log for each in plan.launchers),
        sweep=_begun(job.sweep),
        trial=trial,
    )


def _begun(sweep: Sweep | None) -> SweepState | None:
    return SweepState(sweep.primary_metric, sweep.goal.lower(), sweep.sampling.lower()) if sweep else None


def _fill(folder: Path, plan: SubmissionPlan, trial: Trial | None) -> None:
    for name in ("requests", "user_logs", "clock", "named_outputs", "code"):
        (folder / name).mkdir()
    (folder / "job.yml").write_bytes(plan.source_text.encode("utf-8", "surrogateescape"))
    (folder / "plan.json").write_text(json.dumps(packed(to_json(plan))), "utf-8")
    for name in ("job.yml", "plan.json"):
        (folder / name).chmod(0o600)
    state: dict[str, Any] = to_json(first_snapshot(plan, folder, trial))
    state["submitter"] = {"pid": os.getpid(), "started": processes.identity(os.getpid()) or ""}
    state["boot"] = processes.boot()
    state["host"] = processes.host()
    state["mark"] = secrets.token_hex(16)
    replace(folder / "run.json", state)


def _no_room(folder: Path, error: OSError) -> OutsideError:
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return _in_the_way(folder)
    full = error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
    mend = "Free some space" if full else "Make it writable"
    hint = f"{mend}, or choose another place with --home or RANKZERO_HOME."
    return OutsideError(f"A run's folder can't be made below {folder}: {error.strerror or error}.", hint=hint)


def _in_the_way(folder: Path) -> OutsideError:
    """Say which file, or link to nowhere, is where a folder should be."""
    found = [each for each in (folder, *folder.parents) if os.path.lexists(each) and not each.is_dir()]
    culprit = found[-1] if found else folder
    hint = "Move it away, or choose another place with --home or RANKZERO_HOME."
    return OutsideError(f"A run's folder can't be made below {folder}: {culprit} is no folder.", hint=hint)
