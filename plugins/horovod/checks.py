"""Checks an MPI job: its nodes and ranks, variables that mpirun sets, and Horovod's own variables.

Sources: Azure ML, "Manage and increase quotas" (a run by MPI has at most 100 nodes); Horovod 0.28.1, the variables that
its sources read.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path

from desktop_app.api import Diagnostic, Fix, Job, Value
from desktop_app.api.kit import error, info, warning

from .ranks import MOST_RANKS, is_mpi

PER_NODE = "distribution.process_count_per_instance"
_OF_MPIRUN = re.compile(r"OMPI_COMM_WORLD_(?:SIZE|RANK|LOCAL_SIZE|LOCAL_RANK|NODE_RANK)")
_SECRET = re.compile(r"(?i)password|passwd|secret|token|credential|(?:api|access|account|private|auth)_?key")
_PYTHON = re.compile(r"\bpython3?\s+(?=[^\s-]\S*\.py\b)")
_NAMES = frozenset({
    "ADASUM_MPI_CHUNK_SIZE", "AUTOTUNE", "AUTOTUNE_BAYES_OPT_MAX_SAMPLES", "AUTOTUNE_GAUSSIAN_PROCESS_NOISE",
    "AUTOTUNE_LOG", "AUTOTUNE_STEPS_PER_SAMPLE", "AUTOTUNE_WARMUP_SAMPLES", "BATCH_D2D_MEMCOPIES",
    "CACHE_CAPACITY", "CCL_CACHE", "CONTROLLER", "CPU_OPERATIONS", "CROSS_RANK", "CROSS_SIZE", "CYCLE_TIME",
    "DEBUG", "DISABLE_GROUP_FUSION", "DISABLE_NVTX_RANGES", "DYNAMIC_PROCESS_SETS", "ELASTIC",
    "ELASTIC_TIMEOUT", "ENABLE_ASYNC_COMPLETION", "ENABLE_XLA_OPS", "FUSION_THRESHOLD", "GLOO_IFACE",
    "GLOO_RENDEZVOUS_ADDR", "GLOO_RENDEZVOUS_PORT", "GLOO_TIMEOUT_SECONDS", "HIERARCHICAL_ALLGATHER",
    "HIERARCHICAL_ALLREDUCE", "HOSTNAME", "LOCAL_RANK", "LOCAL_SIZE", "LOG_HIDE_TIME", "LOG_LEVEL",
    "MPI_THREADS_DISABLE", "NUM_NCCL_STREAMS", "RANK", "SIZE", "STALL_CHECK_DISABLE",
    "STALL_CHECK_TIME_SECONDS", "STALL_SHUTDOWN_TIME_SECONDS", "START_TIMEOUT", "THREAD_AFFINITY", "TIMELINE",
    "TIMELINE_MARK_CYCLES", "TORUS_ALLREDUCE",
})  # fmt: skip
HOROVOD_VARIABLES = frozenset(f"HOROVOD_{each}" for each in _NAMES)


@cache
def most_nodes() -> int:
    """Return how many nodes Azure ML starts by MPI, from dated data."""
    return int(json.loads((Path(__file__).parent / "data" / "limits.json").read_text("utf-8"))["nodes"])


def check(job: Job) -> Iterator[Diagnostic]:
    """Yield what is wrong with an MPI job; nothing for a job of another kind."""
    if not is_mpi(job):
        return
    topology = job.topology
    if topology.nodes > most_nodes():
        yield too_many_nodes(topology.nodes, "resources.instance_count")
    elif topology.world_size > MOST_RANKS:
        message = (
            f"{topology.nodes} × {topology.processes_per_node} are more than {MOST_RANKS:,} ranks; correct the counts."
        )
        yield error("too-many-ranks", message, PER_NODE)
    for name in job.environment_variables:
        yield from _variable(name)


def too_many_nodes(nodes: int, path: str) -> Diagnostic:
    """Return the warning that Azure ML does not start so many nodes by MPI."""
    message = (
        f"Azure ML runs a job by MPI on at most {most_nodes()} nodes, not {nodes}: take fewer, with more GPUs each."
    )
    return warning("mpi-nodes", message, path)


def _variable(name: str) -> Iterator[Diagnostic]:
    path = f"environment_variables.{name}"
    if _OF_MPIRUN.fullmatch(name):
        message = f"mpirun sets {name} for each rank; a fixed value here keeps ranks apart: remove it."
        yield warning("rank-variable-fixed", message, path, fix=Fix(f"Remove {name}", unset=(path,)))
    elif name.startswith("OMPI_MCA_") and _SECRET.search(name):
        message = (
            f"mpirun hands {name} on as a word of a command line, which everybody on the node can read: give it a name "
            "without OMPI_MCA_."
        )
        yield warning("secret-in-command-line", message, path)
    elif name.startswith("HOROVOD") and name not in HOROVOD_VARIABLES and not name.startswith("HOROVOD_WITH"):
        near = get_close_matches(name, sorted(HOROVOD_VARIABLES), n=1, cutoff=0.8)
        if near:
            yield warning("horovod-variable", f"Horovod knows no {name}: {near[0]} is meant, it seems.", path)


def check_environment(environment: str | Mapping[str, Value], job: Job) -> Iterator[Diagnostic]:
    """Say where one rank's exception would leave the others waiting: a plain mpi4py program, started without -m."""
    if isinstance(environment, str) or not is_mpi(job):
        return
    packages = str(environment.get("conda_file") or "")
    plain = isinstance(environment.get("conda_file"), Mapping) and "mpi4py" in packages and "horovod" not in packages
    if plain and "mpi4py" not in job.command and _PYTHON.search(job.command):
        message = "If one rank raises, the others wait for it: start the script with python -m mpi4py, which ends all."
        renewed = _PYTHON.sub("python -m mpi4py ", job.command, count=1)
        yield info("mpi-exception-waits", message, "command", fix=Fix("Start it with -m mpi4py", {"command": renewed}))
