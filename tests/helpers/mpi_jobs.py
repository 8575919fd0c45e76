"""Jobs, hosts and scans for the tests of the plugin for Horovod and MPI."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.api import Diagnostic, Distribution, Host, Job, Resources, ScriptScan, ScriptSource, WizardContext
from plugins.horovod.scan import scan
from tests.helpers.pytorch_jobs import VM_SIZES

MPIRUN = {"mpirun": "/usr/bin/orterun"}
HOST = Host(
    ("/bin/bash", "-c"), cpu_count=2, programs=MPIRUN, rank_starter=("/a python", "-I", "/a folder/rank_starter.py")
)


def mpi_job(command: str = "python train.py", *, nodes: int | None = 1, per_node: int | None = 2, **others: Any) -> Job:
    """Return a job of distribution type mpi."""
    return Job(
        command=command,
        distribution=Distribution("mpi", process_count_per_instance=per_node),
        resources=Resources(instance_count=nodes),
        **others,
    )


def scanned(text: str) -> ScriptScan:
    """Return the plugin's scan of a script."""
    found = scan(ScriptSource("train.py", text))
    assert found is not None
    return found


def findings(text: str) -> dict[str, Diagnostic]:
    """Return the findings in a script, by code."""
    return {each.code: each for each in scanned(text).findings}


def wizard_context(folder: Path, script: str = "") -> WizardContext:
    """Return what a wizard knows once a script with this text was picked; make it as `src/train.py`."""
    path = folder / "src" / "train.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script, "utf-8")
    found = scan(ScriptSource("train.py", script)) if script else None
    return WizardContext(folder, HOST, found, (), VM_SIZES)
