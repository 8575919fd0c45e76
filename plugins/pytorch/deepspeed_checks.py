"""Checks a job whose command calls the `deepspeed` launcher.

Source: deepspeed 0.19.8, launcher/runner.py: without a hostfile it knows one node; with one it reaches the others by
ssh, or with --no_ssh is started on each of them. Azure ML writes no hostfile.
"""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.api import Diagnostic, Fix, Job
from desktop_app.api.kit import info, launcher_in, warning

PER_NODE = "distribution.process_count_per_instance"


def check(job: Job) -> Iterator[Diagnostic]:
    """Yield what is wrong where `deepspeed` starts the ranks; nothing for another job."""
    if launcher_in(job.command) != "deepspeed":
        return
    topology = job.topology
    if topology.nodes > 1 and "hostfile" not in job.command:
        message = (
            f"The deepspeed launcher reaches {topology.nodes} nodes by ssh and a hostfile, which Azure ML does not set "
            "up: call python, and let type pytorch start every rank."
        )
        yield warning("deepspeed-many-nodes", message, "command")
    if topology.processes_per_node > 1:
        message = (
            f"Each of {topology.processes_per_node} processes per node would call deepspeed, which starts ranks for "
            "all GPUs itself: call python, or start 1 per node."
        )
        yield warning("deepspeed-many-launchers", message, PER_NODE, fix=Fix("Start 1 per node", {PER_NODE: 1}))
    elif topology.nodes == 1:
        message = "deepspeed starts a rank for each GPU of the node; Azure ML and this program see one process."
        yield info("launcher-per-node", message, "command")
