"""Waits until a Ray cluster has all of its nodes: a script of its own, run by the toolchain's Python before a driver.

Its argument is their number; the head's address is RAY_ADDRESS.
"""

import importlib
import os
import socket
import sys
import time
from collections.abc import Callable
from typing import Any

PATIENCE = 180.0


def head_answers(address: str) -> bool:
    """Whether somebody listens at the head's address."""
    host, _colon, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except OSError:
        return False


def wait_for(condition: Callable[[], bool], deadline: float) -> bool:
    """Whether a condition came true in time."""
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def count(ray: Any) -> int:
    """Return how many nodes are alive."""
    return sum(bool(each["Alive"]) for each in ray.nodes())


def main() -> str | None:
    """Return what is wrong, or None once all nodes are there."""
    address, wanted = os.environ["RAY_ADDRESS"], int(sys.argv[1])
    deadline = time.monotonic() + PATIENCE
    if not wait_for(lambda: head_answers(address), deadline):
        return f"Ray's head did not come up at {address} within {PATIENCE:.0f} s."
    ray: Any = importlib.import_module("ray")
    ray.init(address=address, log_to_driver=False, logging_level="ERROR")
    if not wait_for(lambda: count(ray) >= wanted, deadline):
        return f"Only {count(ray)} of {wanted} nodes joined Ray within {PATIENCE:.0f} s."
    cpus = ray.cluster_resources().get("CPU", 0)
    print(f"Ray is up at {address}: nodes {wanted}, CPUs {cpus:g}", flush=True)
    ray.shutdown()
    return None


if __name__ == "__main__":
    sys.exit(main())
