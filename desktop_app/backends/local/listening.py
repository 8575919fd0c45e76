"""The ports that a job's processes listen at: chosen free, and said where another program has one."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from desktop_app.api import Diagnostic, Job, ProcessSpec, Severity
from desktop_app.backends.local.free_port import find_free_port
from desktop_app.worker.supervisor.network import holder, is_free


def master_port(job: Job) -> tuple[int, tuple[Diagnostic, ...]]:
    """Return the port of the job's own MASTER_PORT if it sets one, else a free one; and what is wrong with it."""
    given = job.environment_variables.get("MASTER_PORT")
    if given is None:
        return find_free_port(), ()
    place = "environment_variables.MASTER_PORT"
    if not (given.isascii() and given.isdigit() and 0 < int(given) < 65536):
        message = f"MASTER_PORT must be a number from 1 to 65535, not “{given}”."
        return find_free_port(), (Diagnostic(Severity.ERROR, "bad-port", message, place),)
    port = int(given)
    if is_free(port):
        return port, ()
    message = f"{_in_use(port)}: remove MASTER_PORT, and a free port is taken."
    return port, (Diagnostic(Severity.ERROR, "port-in-use", message, place),)


def taken(processes: Sequence[ProcessSpec]) -> Iterator[Diagnostic]:
    """Say which of the ports that processes listen at are in use."""
    for port in dict.fromkeys(port for each in processes for port in each.ports):
        if not is_free(port):
            message = f"{_in_use(port)}, and a process of this job is to listen there: end that program."
            yield Diagnostic(Severity.ERROR, "port-in-use", message, "distribution")


def _in_use(port: int) -> str:
    return f"Port {port} is in use by {holder(port) or 'another program'}"
