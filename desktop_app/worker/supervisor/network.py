"""Whether a port can be listened on, and who has it."""

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


def holder(port: int) -> str:
    """Return who listens on a port, `python (process 4711)`, empty where that can't be known: others' processes."""
    try:
        import psutil
    except ImportError:
        return ""
    try:
        for each in psutil.net_connections("tcp"):
            if each.laddr and each.laddr.port == port and each.status == psutil.CONN_LISTEN and each.pid:
                return f"{psutil.Process(each.pid).name()} (process {each.pid})"
    except (OSError, psutil.Error):
        return ""
    return ""
