"""Starts a node of a Ray cluster and tidies up after it: a script of its own, run by the toolchain's Python.

Its arguments are those of `ray start`. Ray's folder is a short-lived one below the system's for such: paths of sockets
must not be longer than 107 characters, and Ray's own part of them is 65.
"""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

AGENTS = (
    *("--runtime-env-agent-port", "--dashboard-agent-listen-port", "--dashboard-agent-grpc-port"),
    "--metrics-export-port",
)
"""Ray's helpers on every node. One that chooses its port itself must say it within seconds, or the node gives up: on a
busy machine that is not enough."""

PATIENCE = 2.0
"""Seconds that a node gets to end when it is asked to; less than a run's own patience, which is 5."""

LONGEST = 40
PREFIX = "rankzero-ray-"


def short_folder() -> Path:
    """Return the system's folder for short-lived files, or /tmp where that has too long a name."""
    folder = tempfile.gettempdir()
    return Path(folder if len(folder) + len(PREFIX) + 8 <= LONGEST else "/tmp")  # noqa: S108 (a folder of our own in it)


def lock(folder: Path) -> int | None:
    """Hold a folder for as long as this process lives; None where another one does."""
    descriptor = os.open(folder / "held", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def own_folder(parent: Path) -> Path:
    """Return a new folder that this process holds; another one that tidies up may get at it before the lock does."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=parent))
        with contextlib.suppress(FileNotFoundError):  # swept away between the two
            held = lock(folder)
            if held is not None and is_there(folder, held):
                return folder
            if held is not None:
                os.close(held)


def is_there(folder: Path, held: int) -> bool:
    """Whether a folder still has the very file that is locked."""
    try:
        return os.path.samestat((folder / "held").stat(), os.fstat(held))
    except FileNotFoundError:
        return False


def sweep(parent: Path) -> None:
    """Remove what nodes left behind that were killed before they could."""
    for each in parent.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # another person's, or gone meanwhile
            held = lock(each) if (each / "held").exists() else None
            if held is not None:
                shutil.rmtree(each, ignore_errors=True)
                os.close(held)


def remove(folder: Path) -> None:
    """Remove a folder into which processes that are just ending may still write."""
    for _attempt in range(5):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return


def agent_ports() -> list[str]:
    """Return a free port for each of Ray's helpers, as words for `ray start`."""
    with contextlib.ExitStack() as held:  # all at once, or the same one might be found twice
        found = [held.enter_context(socket.socket()) for _ in AGENTS]
        for each in found:
            each.bind(("", 0))
        return [f"{name}={each.getsockname()[1]}" for name, each in zip(AGENTS, found, strict=True)]


def main() -> int:
    """Start the node, wait until it has ended, and return its exit code: 0 where it was asked to end."""
    asked: list[float] = []
    signal.signal(signal.SIGTERM, lambda _number, _frame: asked.append(time.monotonic()))
    parent = short_folder()
    sweep(parent)
    folder = own_folder(parent)
    words = ["-m", "ray.scripts.scripts", "start", "--block", *agent_ports(), f"--temp-dir={folder}", *sys.argv[1:]]
    node = subprocess.Popen([sys.executable, *words])
    try:
        while node.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                node.wait(timeout=0.5)
            if asked:
                node.terminate()
            if asked and time.monotonic() > asked[0] + PATIENCE:
                node.kill()  # one that waits for its head hears no signal
    finally:
        remove(folder)
    return 0 if asked else node.returncode


if __name__ == "__main__":
    sys.exit(main())
