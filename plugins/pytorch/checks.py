"""Checks a PyTorch job: its ranks, its launcher, and the variables that each rank gets.

Sources: Azure ML YAML reference of the command job; distributed GPU training guide; torchrun documentation (2.13).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from desktop_app.api import Diagnostic, Fix, Job, Severity

from .facts import gpu_size
from .launch import MOST_RANKS, RANK_VARIABLES, is_pytorch
from .launchers import Launcher, find_launcher

PER_NODE = "distribution.process_count_per_instance"
MOST_OF_ONE = 1000
LOOPBACK = frozenset({"localhost", "127.0.0.1", "0.0.0.0", "::1"})  # noqa: S104 (a value to warn of, nothing binds it)
_OLD_LAUNCH = re.compile(r"python3?\s+-m\s+torch\.distributed\.launch\b")
_USE_ENV = re.compile(r"\s+--use[_-]env\b")
_NODE_RANK = re.compile(r"\$\{?NODE_RANK\b|%NODE_RANK%")


def check(job: Job) -> Iterator[Diagnostic]:
    """Yield what is wrong with a PyTorch job; nothing for a job of another kind."""
    launcher = find_launcher(job.command)
    if is_pytorch(job):
        yield from _counts(job)
        yield from _fixed_variables(job)
    if launcher is not None:
        yield from _launcher(job, launcher)
    if launcher is not None or is_pytorch(job):
        yield from _vm_size(job, launcher)


def _counts(job: Job) -> Iterator[Diagnostic]:
    topology = job.topology
    if max(topology.nodes, topology.processes_per_node) > MOST_OF_ONE:
        return  # the rules that hold for any job have said so
    if topology.world_size > MOST_RANKS:
        message = (
            f"{topology.nodes} × {topology.processes_per_node} are more than {MOST_RANKS:,} ranks; correct the counts."
        )
        yield _error("too-many-ranks", message, PER_NODE)


def _fixed_variables(job: Job) -> Iterator[Diagnostic]:
    for name in job.environment_variables:
        if name in RANK_VARIABLES:
            path = f"environment_variables.{name}"
            message = (
                f"{name} is set for each rank when the job starts; a fixed value here keeps ranks apart: remove it."
            )
            yield _warning("rank-variable-fixed", message, path, Fix(f"Remove {name}", unset=(path,)))


def _launcher(job: Job, launcher: Launcher) -> Iterator[Diagnostic]:
    if launcher.name == "torch.distributed.launch":
        yield _deprecated(job, launcher)
    if job.topology.nodes > 1:
        yield from _many_nodes(job, launcher)
    elif is_pytorch(job) and job.topology.processes_per_node == 1:
        yield _explained(job, launcher)
    if "$LOCAL_RANK" in job.command or "${LOCAL_RANK}" in job.command:
        message = f"$LOCAL_RANK is 0 where {launcher.name} starts: read it in the script, where each rank has its own."
        yield _warning("local-rank-too-early", message, "command")


def _explained(job: Job, launcher: Launcher) -> Diagnostic:
    count = launcher.processes_per_node
    ranks = f"its {count} ranks" if count else "its ranks"
    message = f"{launcher.name} runs once on each node and starts {ranks} there; Azure ML counts 1 process per node."
    return Diagnostic(Severity.INFO, "launcher-per-node", message, "command")


def _deprecated(job: Job, launcher: Launcher) -> Diagnostic:
    if "use-env" not in launcher.options:
        message = (
            "torch.distributed.launch is deprecated and passes --local-rank to the script: read LOCAL_RANK from the "
            "environment and call torchrun."
        )
        return _warning("launcher-deprecated", message, "command")
    renewed = _USE_ENV.sub("", _OLD_LAUNCH.sub("torchrun", job.command))
    fix = Fix("Call torchrun", {"command": renewed}) if renewed != job.command and "torchrun" in renewed else None
    message = "torch.distributed.launch is deprecated: torchrun takes the same options and needs no --use_env."
    return _warning("launcher-deprecated", message, "command", fix)


def _many_nodes(job: Job, launcher: Launcher) -> Iterator[Diagnostic]:
    nodes = job.topology.nodes
    if not is_pytorch(job):
        message = f"{launcher.name} on {nodes} nodes needs NODE_RANK and MASTER_ADDR, which type pytorch sets: add it."
        fix = Fix("Add distribution pytorch", {"distribution.type": "pytorch", PER_NODE: 1})
        yield _error("distribution-missing", message, "distribution", fix if job.distribution is None else None)
    if "standalone" in launcher.options:
        message = (
            f"--standalone keeps each of the {nodes} nodes to itself: give --nnodes={nodes}, --node-rank=$NODE_RANK "
            "and --master-addr=$MASTER_ADDR instead."
        )
        yield _error("standalone-on-many-nodes", message, "command")
        return
    if launcher.nodes is not None and launcher.nodes != nodes:
        message = (
            f"{launcher.name} is told of {_plural(launcher.nodes, 'node')}, the job has {nodes}: give --nnodes={nodes}."
        )
        yield _error("nnodes-mismatch", message, "command")
    if launcher.has_rendezvous:
        yield from _rendezvous(launcher)
    else:
        yield from _static_meeting(launcher, nodes)
    yield _explained(job, launcher)


def _rendezvous(launcher: Launcher) -> Iterator[Diagnostic]:
    endpoint = launcher.options.get("rdzv-endpoint", "")
    if not endpoint or endpoint.rpartition(":")[0] in LOOPBACK or endpoint in LOOPBACK:
        message = "All nodes have to meet at one: give --rdzv-endpoint=$MASTER_ADDR:$MASTER_PORT."
        yield _error("rendezvous-missing", message, "command")


def _static_meeting(launcher: Launcher, nodes: int) -> Iterator[Diagnostic]:
    if not _NODE_RANK.search(launcher.options.get("node-rank", "")):
        given = launcher.options.get("node-rank", "0")
        message = f"All {nodes} nodes would call themselves node {given}: give --node-rank=$NODE_RANK."
        yield _error("node-rank-missing", message, "command")
    address = launcher.options.get("master-addr", "localhost")
    if address in LOOPBACK:
        message = (
            "Each node would look for the first one on itself: give --master-addr=$MASTER_ADDR "
            "--master-port=$MASTER_PORT."
        )
        yield _error("master-address-missing", message, "command")


def _vm_size(job: Job, launcher: Launcher | None) -> Iterator[Diagnostic]:
    """Compare a launcher's ranks, and idle GPUs, with the node; that processes are too many is said of any job."""
    size = gpu_size(job.resources.instance_type)
    if size is None:
        return
    count = launcher.processes_per_node if launcher else job.topology.processes_per_node
    if launcher is not None and count is not None and count > size.gpus:
        message = (
            f"{size.name} has {_plural(size.gpus, 'GPU')} and each process needs its own: start {size.gpus} per node, "
            f"not {count}."
        )
        yield _warning("more-processes-than-gpus", message, "command")
    elif count is not None and 0 < count < size.gpus:
        idle = f"{size.gpus - count} of {size.gpus} GPUs"
        message = f"{idle} of each {size.name} stay idle: start {size.gpus} processes per node."
        found = _warning("idle-gpus", message, "command" if launcher else PER_NODE)
        yield replace(found, severity=Severity.INFO)


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _error(code: str, message: str, path: str, fix: Fix | None = None) -> Diagnostic:
    return Diagnostic(Severity.ERROR, code, message, path, fix=fix)


def _warning(code: str, message: str, path: str, fix: Fix | None = None) -> Diagnostic:
    return Diagnostic(Severity.WARNING, code, message, path, fix=fix)
