"""Limits put upon processes that run already: their memory and the size of their files (Linux alone can do that)."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

AIR = 4 << 20
"""Bytes of memory beyond the present ones: enough to say what went wrong, too little to work with."""


class Unable(Exception):  # noqa: N818 - said to a person as the reason of a refusal
    """The system can't do that."""


def freeze_memory(pids: Iterable[int]) -> int:
    """Let each process have as much address space as it has now, and AIR; return their bytes together."""
    sizes = {pid: _address_space(pid) for pid in pids}
    for pid, size in sizes.items():
        if size:
            _limit(pid, "RLIMIT_AS", size + AIR)
    return sum(sizes.values())


def freeze_files(pids: Iterable[int], size: int) -> None:
    """Let no file that these processes write grow beyond `size` bytes."""
    for pid in pids:
        _limit(pid, "RLIMIT_FSIZE", size)


def _limit(pid: int, name: str, size: int) -> None:
    if sys.platform != "linux":
        raise Unable("Only Linux can put a limit on a process that runs already.")
    import resource

    which = getattr(resource, name)
    try:
        _, most = resource.prlimit(pid, which)
        highest = size if most == resource.RLIM_INFINITY else min(size, most)
        resource.prlimit(pid, which, (highest, most))
    except ProcessLookupError:
        return  # it ended meanwhile
    except OSError as error:
        raise Unable(f"The system refused to limit process {pid}: {error.strerror or error}.") from error


def _address_space(pid: int) -> int:
    """Return the bytes of address space that a process has, 0 if it ended or where that can't be known."""
    if sys.platform != "linux":
        raise Unable("Only Linux can put a limit on a process that runs already.")
    import resource

    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[0]) * resource.getpagesize()
    except (OSError, IndexError):
        return 0
