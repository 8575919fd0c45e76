"""Checks a Ray job: its ports, the words for `ray start`, and what means nothing to it.

Sources: azure-ai-ml, RayDistribution; `ray start --help` of Ray 2.60.
"""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.api import Diagnostic, Distribution, Fix, Job, UserError, simple_commands
from desktop_app.api.kit import error, info, warning

from .cluster import AZURE_PORT, HEAD_ARGUMENTS, WORKER_ARGUMENTS, is_ray, words_of

DASHBOARD_PORT = 8265
PER_NODE = "distribution.process_count_per_instance"
_OWN_WORDS = frozenset({"--head", "--block", "--address", "--port", "--include-dashboard", "--dashboard-port"})


def check(job: Job) -> Iterator[Diagnostic]:
    """Yield what is wrong with a Ray job; nothing for a job of another kind."""
    if not is_ray(job) or job.distribution is None:
        return
    yield from _ports(job.distribution)
    yield from _words(job)
    yield from _meaningless(job)
    yield from _command(job)


def _ports(said: Distribution) -> Iterator[Diagnostic]:
    ports = {"port": AZURE_PORT, "dashboard_port": DASHBOARD_PORT}
    for key in ports:
        value = said.extra.get(key)
        if isinstance(value, int) and not isinstance(value, bool):
            ports[key] = value
            if not 0 < value < 65536:
                message = f"{key} is {value}: a port is a number from 1 to 65535."
                yield error("ray-port", message, f"distribution.{key}")
    if ports["port"] == ports["dashboard_port"]:
        message = f"Ray's head and its dashboard can't share port {ports['port']}: give them two."
        yield error("ray-ports-equal", message, "distribution.dashboard_port")
    dashboard = said.extra.get("include_dashboard") is True
    if "dashboard_port" in said.extra and not dashboard:
        fix = Fix("Start the dashboard", {"distribution.include_dashboard": True})
        message = "dashboard_port means nothing without include_dashboard: true."
        yield info("ray-dashboard-port", message, "distribution.dashboard_port", fix=fix)
    if dashboard:
        message = (
            "The dashboard needs ray[default] in the environment; with ray alone the head fails. On this machine it is "
            "left out."
        )
        yield info("ray-dashboard", message, "distribution.include_dashboard")


def _words(job: Job) -> Iterator[Diagnostic]:
    said = job.distribution or Distribution("ray")
    for key in (HEAD_ARGUMENTS, WORKER_ARGUMENTS):
        try:
            words = words_of(said, key)
        except UserError as problem:
            yield error("ray-words", problem.message, f"distribution.{key}")
            continue
        for name in (each.partition("=")[0] for each in words):
            if name in _OWN_WORDS:
                message = f"{name} is said by Azure ML itself when it starts Ray: leave it out of {key}."
                yield warning("ray-own-word", message, f"distribution.{key}")
        if words and key == WORKER_ARGUMENTS and job.topology.nodes == 1:
            message = f"{key} means nothing on one node, which is the head."
            yield info("ray-no-workers", message, f"distribution.{key}")


def _meaningless(job: Job) -> Iterator[Diagnostic]:
    said = job.distribution
    if said is not None and said.process_count_per_instance is not None:
        message = (
            "process_count_per_instance means nothing to type ray: one Ray node runs on each machine, and Ray's own "
            "scheduler shares out its cores and GPUs."
        )
        yield warning("ray-per-node", message, PER_NODE, fix=Fix("Remove it", unset=(PER_NODE,)))
    if said is not None and said.extra.get("address"):
        path = "distribution.address"
        message = (
            "The head's address is not known before the job starts, and what Azure ML does with a fixed one is not "
            "documented: leave it out."
        )
        yield warning("ray-address", message, path, fix=Fix("Remove the address", unset=(path,)))
    if "RAY_ADDRESS" in job.environment_variables:
        path = "environment_variables.RAY_ADDRESS"
        message = "RAY_ADDRESS with a fixed value keeps the script from the cluster that the job starts: remove it."
        yield warning("rank-variable-fixed", message, path, fix=Fix("Remove RAY_ADDRESS", unset=(path,)))


def _command(job: Job) -> Iterator[Diagnostic]:
    for words in simple_commands(job.command):
        if words[:2] in (["ray", "start"], ["ray", "up"]):
            message = f"Azure ML starts Ray on every node itself: leave {' '.join(words[:2])} out of the command."
            yield warning("ray-start-in-command", message, "command")
