"""Changes of the job file that mend a failure: each asks for more of what ran out, or nothing where that is no help."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from desktop_app.api import Fix, Job

_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_DEFAULT_SHM = 2 << 30  # what Azure ML gives a container where the job says nothing
_LEAST_SHM = 16 << 30
_MOST_SHM = 128 << 30


def more_shared_memory(job: Job) -> Fix | None:
    """Return a fix that asks for 16 GB of shared memory, or for four times what the job has."""
    wanted = max(_LEAST_SHM, _bytes(job.resources.shm_size) * 4)
    if wanted > _MOST_SHM:
        return None
    size = wanted >> 30
    return Fix(f"Ask for {size} GB of shared memory", {"resources.shm_size": f"{size}g"})


def longer_timeout(job: Job) -> Fix | None:
    """Return a fix that doubles the time the job may take, where it has such a limit."""
    if not job.timeout:
        return None
    return Fix(f"Let it run for up to {_hours(job.timeout * 2)}", {"limits.timeout": job.timeout * 2})


def kept_nodes(job: Job) -> Fix | None:
    """Return a fix that asks for nodes which nobody takes away, where the job asks for spot nodes itself."""
    queue = job.extra.get("queue_settings")
    if not isinstance(queue, Mapping) or str(queue.get("job_tier", "")).lower() != "spot":
        return None
    return Fix("Ask for nodes that are not taken away", {"queue_settings.job_tier": "standard"})


FIXES: Mapping[str, Callable[[Job], Fix | None]] = {
    "more-shared-memory": more_shared_memory,
    "longer-timeout": longer_timeout,
    "kept-nodes": kept_nodes,
}


def _bytes(size: str | None) -> int:
    match = re.fullmatch(r"(\d+)([bkmg]?)", (size or "").strip().lower())
    return int(match[1]) * _UNITS[match[2]] if match else _DEFAULT_SHM


def _hours(seconds: int) -> str:
    return f"{seconds / 3600:g} hours" if seconds >= 3600 else f"{seconds // 60} minutes"
