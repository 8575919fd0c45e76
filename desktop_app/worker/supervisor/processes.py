"""What the system knows of processes: who is whose child, who is still the same, and ending them for good."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

LINUX = sys.platform == "linux"
MARKER = "RANKZERO_RUN_FOLDER"
"""Environment variable of every rank; by it a person's script knows its run."""
MARK = "RANKZERO_RUN_MARK"
"""Environment variable of every rank, a random text; by it a run's processes are known when their parents are gone,
also where the run's folder has another name meanwhile."""

if sys.platform == "win32":
    KILL = signal.SIGTERM
else:
    KILL = signal.SIGKILL
"""What no process survives; Windows knows one way to end a process only."""

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def adopt_orphans() -> None:
    """Become the parent of every descendant that loses its own (Linux; elsewhere there is no such thing)."""
    if LINUX:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def die_with_parent(parent: int, number: int) -> None:
    """Receive signal `number` when the parent ends; end at once if it already has. Linux, in a child after fork."""
    if LINUX:
        _prctl(_PR_SET_PDEATHSIG, number)
    if lost_parent(parent):
        os.kill(os.getpid(), number)


def lost_parent(parent: int) -> bool:
    """Return whether this process is no longer the child of `parent`. On Windows a process has no parent to lose."""
    return sys.platform != "win32" and os.getppid() != parent


def identity(pid: int) -> str | None:
    """Return what, with the pid, names this process for good (boot and start time); None if it ended."""
    if LINUX:
        fields = _stat(pid)
        return None if fields is None or fields[0] in "ZX" else f"{boot()}-{fields[19]}"
    return _identity_by_ps(pid) if sys.platform != "win32" else _identity_by_psutil(pid)


def boot() -> str:
    """Return what names this start of the machine, empty where that is not known."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii")[:8]
    except OSError:
        return ""


def host() -> str:
    """Return this computer's name: pids mean something there alone, and homes may be shared between computers."""
    return socket.gethostname()


def is_same(pid: int, known: str) -> bool:
    """Return whether the process that `known` was the identity of still lives under `pid`."""
    return pid > 0 and identity(pid) == known


def exists(pid: int) -> bool:
    """Return whether some process has this pid: much cheaper than `is_same`, and not proof."""
    if sys.platform == "win32":
        return _identity_by_psutil(pid) is not None
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def descendants(root: int) -> list[int]:
    """Return the pids of all children of `root`, their children, and so on; the dead but unreaped too."""
    return families([root])[root]


def families(roots: Iterable[int]) -> dict[int, list[int]]:
    """Return the descendants of each root, from one look at the system."""
    children_of = _children_reader()
    return {root: _below(root, children_of) for root in roots}


def _below(root: int, children_of: Callable[[int], list[int]]) -> list[int]:
    found: list[int] = []
    waiting = [root]
    while waiting:
        below = children_of(waiting.pop())
        found += below
        waiting += below
    return found


def children(pid: int) -> list[int]:
    """Return the pids of a process's children, the dead but unreaped too."""
    return _children_reader()(pid)


def end_descendants(limit: float = 30.0) -> list[int]:
    """Kill and reap all descendants of this process until none is left; return those that would not die in `limit` s.

    One pass is not enough: who forks meanwhile leaves a child that becomes ours and is met in the next.
    """
    deadline = time.monotonic() + limit
    while True:
        for pid in descendants(os.getpid()):
            send(pid, KILL)
        if not any_child_left():
            return []
        if time.monotonic() > deadline:
            return descendants(os.getpid())
        time.sleep(0.002)


def any_child_left() -> bool:
    """Reap what ended; return whether children are left."""
    if sys.platform == "win32":
        return bool(descendants(os.getpid()))
    while True:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                return True
        except ChildProcessError:
            return False


def reap() -> Iterator[tuple[int, int]]:
    """Yield pid and exit code (negative for a signal) of each child that ended, adopted ones too."""
    if sys.platform == "win32":
        return
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        yield pid, os.waitstatus_to_exitcode(status)


def send(pid: int, number: int) -> None:
    """Send a signal to a process that may have ended."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def send_group(leader: int, number: int) -> None:
    """Send a signal to a process group that may have ended."""
    if sys.platform == "win32":
        for pid in (*descendants(leader), leader):
            send(pid, number)
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def marked(folder: str, mark: str = "") -> list[int]:
    """Return the pids of all processes that were started for a run and kept their environment.

    The folder's name counts only where the run's mark is not known.
    """
    wanted = os.fsencode(f"{MARK}={mark}" if mark else f"{MARKER}={folder}")
    return [pid for pid in _all_pids() if wanted in _environment(pid)]


def end_marked(folder: str, mark: str = "", limit: float = 10.0) -> list[int]:
    """Kill what `marked` finds until nothing is found; return what would not die in `limit` seconds."""
    deadline = time.monotonic() + limit
    while (left := [pid for pid in marked(folder, mark) if pid != os.getpid()]) and time.monotonic() < deadline:
        for pid in left:
            send(pid, KILL)
        time.sleep(0.005)
    return left


def _environment(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:
        return []


def _stat(pid: int) -> list[str] | None:
    """Return the fields of /proc/PID/stat from the state (field 3) on; the name before it may hold anything."""
    try:
        return Path(f"/proc/{pid}/stat").read_bytes().decode("utf-8", "replace").rpartition(") ")[2].split()
    except OSError:
        return None


def _all_pids() -> Iterable[int]:
    try:
        return [int(each.name) for each in os.scandir("/proc") if each.name.isdigit()]
    except OSError:
        return []


def _children_reader() -> Callable[[int], list[int]]:
    """Return a function from a pid to its children's, by the kernel's own lists where it keeps them."""
    if Path(f"/proc/self/task/{os.getpid()}/children").exists():
        return _children_by_task
    by_parent: dict[int, list[int]] = {}
    for pid, parent in _parents():
        by_parent.setdefault(parent, []).append(pid)
    return lambda pid: by_parent.get(pid, [])


def _children_by_task(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for task in os.scandir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):
                found += map(int, Path(task.path, "children").read_bytes().split())
    return found


def _parents() -> Iterator[tuple[int, int]]:
    if sys.platform == "win32":
        yield from _parents_by_psutil()
        return
    if not LINUX:
        yield from _parents_by_ps()
        return
    for pid in _all_pids():
        fields = _stat(pid)
        if fields is not None:
            yield pid, int(fields[1])


def _parents_by_ps() -> Iterator[tuple[int, int]]:
    out = subprocess.run(["/bin/ps", "-axo", "pid=,ppid="], capture_output=True, text=True, check=False).stdout
    for line in out.splitlines():
        pid, parent = line.split()
        yield int(pid), int(parent)


def _parents_by_psutil() -> Iterator[tuple[int, int]]:
    import psutil

    for each in psutil.process_iter(["pid", "ppid"]):
        yield each.info["pid"], each.info["ppid"]


def _identity_by_ps(pid: int) -> str | None:
    command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None


def _identity_by_psutil(pid: int) -> str | None:
    import psutil

    try:
        return str(psutil.Process(pid).create_time())
    except psutil.Error:
        return None
