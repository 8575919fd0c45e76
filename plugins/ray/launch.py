"""Says which processes a Ray job means here: the driver, which is the job's command, the head, and a worker node each.

Source of the words: `ray start --help` of Ray 2.60. Ranks: the driver is 0, because its log is what a person wants to
read; the head is 1 on the same node; the worker of node N is rank N + 1. Head and workers serve: they never end by
themselves, and are ended once the driver is done.

Ray takes 127.0.0.1 for “this machine's address in the network” wherever it reads it, so every node has another address
of the loopback network, which Linux has without being asked. Ray's servers listen on all of the machine's addresses all
the same and would run anything for anybody: each run has a secret of its own, without which they don't answer.
"""

from __future__ import annotations

import secrets
import shlex
import sys
from pathlib import Path

from desktop_app.api import Host, Job, ProcessSpec, UserError

from .cluster import Cluster, cluster_of, is_ray

MOST_NODES = 200
"""More nodes than this have no loopback address of their own here, and no room."""

STORE = 256 << 20
"""Bytes of each node's object store; Ray takes a third of the machine's memory by default, on every node."""

PATIENCE = {
    "RAY_GRACEFUL_SHUTDOWN_DRAIN_TIMEOUT_S": "0",
    "RAY_agent_register_timeout_ms": "120000",
}
"""A node ends at once when it is asked to; and its helpers may take their time to start where cores are few."""

_HERE = Path(__file__).parent
_STARTER = str(_HERE / "node_starter.py")
_WAITER = str(_HERE / "node_waiter.py")
_SAFE = ("python", "-P")  # a script's own folder holds modules of this plugin, which nobody shall import by accident


def processes(job: Job, host: Host) -> tuple[ProcessSpec, ...] | None:
    """Return driver, head and workers, or None for a job of another kind.

    Raises UserError where this machine can't be several nodes, or the job's further arguments can't be read.
    """
    if not is_ray(job):
        return None
    cluster = cluster_of(job)
    if cluster.nodes < 1:
        return ()
    _check_machine(cluster)
    port = host.ports[0] if host.ports else host.master_port
    secret = secrets.token_hex(16)
    nodes = (_node(node, cluster, host, port, secret) for node in range(cluster.nodes))
    return (_driver(job, host, port, secret), *nodes)


def _check_machine(cluster: Cluster) -> None:
    if cluster.nodes > MOST_NODES:
        raise UserError(f"One machine can't be {cluster.nodes} nodes of Ray.", hint=f"Try at most {MOST_NODES} here.")
    if sys.platform == "win32":
        raise UserError("Ray's nodes are not started on Windows.", hint="Run it on Linux, or submit it to Azure ML.")
    if sys.platform != "linux" and cluster.nodes > 1:
        message = f"Ray makes a cluster of {cluster.nodes} nodes on Linux alone."
        raise UserError(message, hint="Run it with instance_count: 1 here, or on Linux.")


def address_of(node: int) -> str:
    """Return the address by which a node is known here."""
    return f"127.0.0.{node + 2}" if sys.platform == "linux" else "127.0.0.1"


def _driver(job: Job, host: Host, port: int, secret: str) -> ProcessSpec:
    wait = shlex.join((*_SAFE, _WAITER, str(job.topology.nodes)))
    return ProcessSpec(
        rank=0,
        local_rank=0,
        node=0,
        argv=(*host.shell, f"{wait} || exit\n{job.command}"),
        environment={"RAY_ADDRESS": f"{address_of(0)}:{port}", **_shared(secret)},
        role="driver",
        log="user_logs/std_log_process_0.txt",
    )


def _node(node: int, cluster: Cluster, host: Host, port: int, secret: str) -> ProcessSpec:
    own = _head(port) if node == 0 else (f"--address={address_of(0)}:{port}",)
    further = cluster.worker_arguments if node else cluster.head_arguments
    return ProcessSpec(
        rank=node + 1,
        local_rank=0 if node else 1,
        node=node,
        argv=(*_SAFE, _STARTER, *own, *_limits(node, cluster, host), *further),
        environment={**_shared(secret), **PATIENCE, **_gpus(node, cluster, host)},
        role="worker" if node else "head",
        log=f"user_logs/std_log_process_{node + 1}.txt",
        serves=True,
        ports=() if node else (port,),
    )


def _head(port: int) -> tuple[str, ...]:
    return ("--head", f"--port={port}", "--include-dashboard=false")


def _limits(node: int, cluster: Cluster, host: Host) -> tuple[str, ...]:
    """Return what keeps the nodes of one machine out of each other's way."""
    return (
        f"--node-ip-address={address_of(node)}",
        f"--num-cpus={max(1, host.cpu_count // cluster.nodes)}",
        f"--num-gpus={len(_shares(node, cluster, host))}",
        f"--object-store-memory={STORE}",
        *("--min-worker-port=0", "--max-worker-port=0"),  # any that are free, or nodes would want the same ones
    )


def _gpus(node: int, cluster: Cluster, host: Host) -> dict[str, str]:
    return {"CUDA_VISIBLE_DEVICES": ",".join(_shares(node, cluster, host))} if host.gpus else {}


def _shares(node: int, cluster: Cluster, host: Host) -> list[str]:
    """Return the indexes of the GPUs that are this node's: the machine's, shared out."""
    return [str(index) for index in range(len(host.gpus)) if index * cluster.nodes // len(host.gpus) == node]


def _shared(secret: str) -> dict[str, str]:
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secret, "RAY_USAGE_STATS_ENABLED": "0", "RAY_COLOR_PREFIX": "0"}
