"""Becomes a worker, held back: no network where the system allows that, limits, and an end together with its parent.

Started by path, by this program's Python: `held.py [--network] [--largest BYTES] PARENT ARGV…`. With `--probe` alone it
prints whether the network can be taken away. Standard library only. It is no sandbox: what runs in it has its user's
rights over files.
"""

from __future__ import annotations

import argparse
import contextlib
import ctypes
import os
import select
import signal
import socket
import struct
import sys
from pathlib import Path

_NEW_USER, _NEW_NET = 0x1000_0000, 0x4000_0000  # linux/sched.h
_SIOCGIFFLAGS, _SIOCSIFFLAGS, _UP = 0x8913, 0x8914, 0x1
_SCORE = "600"  # of 1000: the kernel ends a worker before the window, the desktop, a run


def main() -> None:
    """Hold back, and become the program that is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--probe", action="store_true")
    parser.add_argument("--network", action="store_true")
    parser.add_argument("--largest", type=int, default=0)
    parser.add_argument("parent", type=int, nargs="?", default=0)
    parser.add_argument("argv", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    if options.probe:
        print("none" if without_network() else "all")
        return
    if not options.network:
        without_network()
    limit(options.largest)
    volunteer()
    end_with(options.parent)
    os.execv(options.argv[0], options.argv)  # noqa: S606 - no shell is wanted


def without_network() -> bool:
    """Move into a network of this process's own, with nothing but loopback in it; whether the system allowed it."""
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None, use_errno=True)
    user, group = os.geteuid(), os.getegid()
    if user == 0 and library.unshare(_NEW_NET) == 0:
        return _loopback()
    if library.unshare(_NEW_USER | _NEW_NET) != 0:
        return False
    with contextlib.suppress(OSError):
        Path("/proc/self/setgroups").write_text("deny", "ascii")
    try:
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1", "ascii")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1", "ascii")
    except OSError:
        return False
    return _loopback()


def _loopback() -> bool:
    """Switch on loopback, which frameworks talk to themselves by."""
    import fcntl

    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        asked = struct.pack("16sh22x", b"lo", 0)
        flags = struct.unpack("16sh22x", fcntl.ioctl(any_socket, _SIOCGIFFLAGS, asked))[1]
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", flags | _UP))
    return True


def limit(largest: int) -> None:
    """Leave no core dump, and write no file larger than `largest` bytes (0: as large as it likes)."""
    import resource

    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if largest:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))


def volunteer() -> None:
    """Be the first that the kernel ends when memory runs out."""
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(_SCORE, "ascii")


def end_with(parent: int) -> None:
    """Leave a child that ends this process and its whole group when the parent is gone, however that came (Linux).

    The worker itself notices the end of its standard input, but not while native code keeps it from running.
    """
    if not parent or not hasattr(os, "pidfd_open"):
        return
    try:
        watched = (os.pidfd_open(parent), os.pidfd_open(os.getpid()))
    except OSError:  # the parent is gone, or the kernel is older than 5.3
        return
    if os.fork():
        for each in watched:
            os.close(each)
        return
    with contextlib.suppress(BaseException):
        _watch(*watched)
    os._exit(0)


def _watch(parent: int, worker: int) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for each in range(3):
        os.dup2(nothing, each)
    gone, _, _ = select.select([parent, worker], [], [])
    if worker not in gone and os.getpgrp() == os.getppid():
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()
