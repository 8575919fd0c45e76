"""Whether a port can be listened on."""

from __future__ import annotations

import socket


def is_free(port: int) -> bool:
    """Return whether nobody listens on this port, on any address of this machine."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As torch's store does: connections that linger from a run before are no obstacle.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("", port))
        except (OSError, OverflowError):
            return False
    return True
