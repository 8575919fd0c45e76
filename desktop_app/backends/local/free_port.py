"""Free ports: one for the ranks to meet at, others for processes that listen."""

from __future__ import annotations

import secrets

from desktop_app.api import OutsideError
from desktop_app.worker.supervisor.network import is_free

FIRST, LAST = 10_000, 29_999
"""Below the ports that systems give to outgoing connections, so that none of these takes it before the ranks start."""


def find_free_port() -> int:
    """Return a port that nobody listens on, by chance, so that plans made at the same time do not meet."""
    for _ in range(1000):
        port = FIRST + secrets.randbelow(LAST - FIRST + 1)
        if is_free(port):
            return port
    raise OutsideError("This machine has no free port for the ranks to meet at.")


def find_free_ports(count: int) -> tuple[int, ...]:
    """Return ports that nobody listens on, each once, fewer where there are too few."""
    found: dict[int, None] = {}
    for _ in range(20 * count + 100):
        if len(found) >= count:
            break
        port = FIRST + secrets.randbelow(LAST - FIRST + 1)
        if is_free(port):
            found[port] = None
    return tuple(found)
