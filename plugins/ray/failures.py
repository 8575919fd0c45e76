"""Explains failed Ray runs by what Ray's processes and the driver say last.

The texts are those of Ray 2.60: provoked here, or read in its source (exceptions.py, services.py, worker.py).
"""

from __future__ import annotations

import re

from desktop_app.api import Explanation, FailureReport
from desktop_app.api.kit import Known, explain_last

from .cluster import is_ray

_KNOWN = (
    Known(
        "ray-unknown-word",
        re.compile(r"Error: (?:No such option|Invalid value|Got unexpected extra argument)"),
        "`ray start` does not take a word that the job gives it.",
        ("Correct head_node_additional_args or worker_node_additional_args: `ray start --help` lists its words.",),
    ),
    Known(
        "ray-no-dashboard",
        re.compile(r"Cannot include dashboard with missing packages"),
        "Ray's dashboard was asked for, and the environment has ray without it.",
        ("Write ray[default] instead of ray in the conda file, or leave include_dashboard out.",),
    ),
    Known(
        "ray-init-counts",
        re.compile(r"When connecting to an existing cluster, .* must not be provided"),
        "ray.init was given counts that belong to the cluster, which the job had started already.",
        ('Write ray.init(address="auto") alone; counts go into head_node_additional_args.',),
    ),
    Known(
        "ray-not-found",
        re.compile(r"Could not find any running Ray instance|Failed to connect to Ray cluster|head did not come up"),
        "The script found no Ray cluster to connect to.",
        ("Look at the head's log: it may have ended. A fixed address in ray.init or RAY_ADDRESS is wrong here.",),
    ),
    Known(
        "ray-memory-full",
        re.compile(r"ray\.exceptions\.OutOfMemoryError|running low on memory"),
        "Ray ended a task or actor because its node was running out of memory.",
        (
            "Let fewer of them run at once: @ray.remote(num_cpus=2) or memory=… makes each ask for more.",
            "Or take a VM size with more memory.",
        ),
    ),
    Known(
        "ray-store-full",
        re.compile(r"ObjectStoreFullError|object store because it is full|object store is full"),
        "Ray's object store is full: more was put into it than it holds, and is still being used.",
        (
            "Drop references to objects that are done with (del), and put large ones once (ray.put).",
            "Give it more: --object-store-memory=BYTES in head_node_additional_args and worker_node_additional_args.",
        ),
    ),
    Known(
        "ray-startup-slow",
        re.compile(r"The current node timed out during startup"),
        "A node of Ray did not get up within 30 seconds, which Ray grants it.",
        ("Run it again: the second time its files are in memory. Fewer nodes suit a machine with few cores.",),
    ),
    Known(
        "ray-version",
        re.compile(r"\bVersion mismatch: "),
        "The driver and the cluster have different versions of Ray or Python.",
        ("Use one environment for all of the job; a `pip install` in the command changes the driver alone.",),
    ),
    Known(
        "ray-node-died",
        re.compile(r"because its node has died|NodeDiedError|The node .* died|has been marked dead"),
        "A node of Ray is gone, and with it the tasks and actors that ran there.",
        ("Look at the log of the worker or head that ended first.",),
        is_echo=True,
    ),
    Known(
        "ray-head-gone",
        re.compile(r"waiting for GCS to become available|Failed to connect to GCS|lost connection to.* GCS|GCS .*died"),
        "This node lost Ray's head, or never reached it.",
        ("Look at the head's log: where it ended first, that is the cause.",),
        is_echo=True,
    ),
    Known(
        "ray-actor-died",
        re.compile(r"ActorDiedError|The actor died unexpectedly|WorkerCrashedError|worker died unexpectedly"),
        "A task or actor died in the middle of its work, by a signal or os._exit.",
        ("The lines above say its exit code and process; SIGKILL most often means that the memory ran out.",),
    ),
)


def explain(report: FailureReport) -> tuple[Explanation, ...]:
    """Return what is known in the logs, causes first: of each log, the one that was said last."""
    if not is_ray(report.job):
        return ()
    found = [explain_last(_KNOWN, tail, rank, report.job) for rank, tail in report.tails.items()]
    return tuple(sorted((each for each in found if each is not None), key=lambda each: each.is_echo))
