"""A port for the ranks to meet at."""

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
