"""The environment that a job's processes find, on top of what they inherit.

Source of the names: Azure ML, "Distributed GPU training guide" and the environment of a v2 command job, read 2026-11.
MASTER_ADDR, MASTER_PORT, NODE_RANK, WORLD_SIZE, RANK and LOCAL_RANK are the launching plugin's business.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from desktop_app.api import Diagnostic, Host, Job, Severity

_NO_NAME = re.compile(r"[=\0]")


def of_the_run(job: Job, run: str, experiment: str, host: Host) -> dict[str, str]:
    """Return what says which run this is and where its nodes are."""
    own = {
        "AZUREML_RUN_ID": run,
        "AZUREML_ROOT_RUN_ID": run,
        "AZUREML_EXPERIMENT_NAME": experiment,
        "AZUREML_NODE_COUNT": str(job.topology.nodes),
        "AZ_BATCHAI_JOB_MASTER_NODE_IP": host.master_address,
        "AZ_BATCH_MASTER_NODE": f"{host.master_address}:{host.master_port}",
    }
    return own if "PYTHONUNBUFFERED" in os.environ else {**own, "PYTHONUNBUFFERED": "1"}


def of_the_data(inputs: Mapping[str, str], outputs: Mapping[str, str]) -> dict[str, str]:
    """Return where inputs and outputs lie, for scripts that look there instead of at their arguments."""
    found = {f"AZURE_ML_INPUT_{name}": value for name, value in inputs.items()}
    found |= {f"AZURE_ML_OUTPUT_{name}": value for name, value in outputs.items()}
    return {name: value for name, value in found.items() if not _NO_NAME.search(name) and "\0" not in value}


def of_the_toolchain(folder: str) -> dict[str, str]:
    """Return PATH with the toolchain's programs first; `python` and `torchrun` are then its own."""
    if not folder:
        return {}
    found = {"PATH": os.pathsep.join((folder, os.environ.get("PATH", os.defpath)))}
    if (Path(folder).parent / "pyvenv.cfg").is_file():
        found["VIRTUAL_ENV"] = str(Path(folder).parent)
    return found


def threads(job: Job, host: Host, world_size: int) -> tuple[dict[str, str], str]:
    """Return OMP_NUM_THREADS, unless the person set it, so that ranks share the cores; and what to say of it."""
    for where, given in (("the job", job.environment_variables), ("your environment", os.environ)):
        if "OMP_NUM_THREADS" in given:
            return {}, f"{given['OMP_NUM_THREADS']} (OMP_NUM_THREADS, set by {where})"
    each = max(1, host.cpu_count // max(1, world_size))
    return {"OMP_NUM_THREADS": str(each)}, f"{each} (OMP_NUM_THREADS: {host.cpu_count} cores shared by {world_size})"


def check_variables(job: Job) -> Iterator[Diagnostic]:
    """Say which variables no process can have."""
    for name, value in job.environment_variables.items():
        if not name or _NO_NAME.search(name) or "\0" in value:
            message = f"No process can have the environment variable “{name}” as it is written here."
            yield Diagnostic(Severity.ERROR, "bad-variable", message, f"environment_variables.{name}")
