"""How much memory a worker may take, and the watch that ends it before the machine starts to swap."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from desktop_app.core.words import size_text

_EVERY = 0.1  # seconds between two looks: a core fills about 150 MB in that time
_WHOLE = 10  # every so many looks at the worker's children as well
_PROCESSES = 256
_SPARE = 0.06  # of all memory, left for everything else
_BASE = Path("/sys/fs/cgroup")
_GROUPS = (
    ("memory.max", "memory.current", "memory.stat", "inactive_file"),
    ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"),
)
_LEAST, _MOST = 384 * 1024**2, 2 * 1024**3


@dataclass(slots=True)
class MemoryWatch:
    """Looks at a worker while it works. `peak` is the most that it and its children held, in bytes."""

    pid: int
    end: Callable[[str], None]
    peak: int = 0
    _held: int = 0
    _children: list[int] = field(default_factory=list)

    async def watch(self) -> None:
        """Look until cancelled, or until the worker has gone or was ended for what it took."""
        free = available()
        limit = free + self.held() - spare()
        for look in range(1 << 60):
            if look % _WHOLE == 0:
                self._children = await asyncio.to_thread(descendants, self.pid)
            held = self.held()
            self.peak = max(self.peak, held)
            if self._ended(held, limit, free):
                return
            await asyncio.sleep(_EVERY)

    def held(self) -> int:
        """Return the memory that the worker and its children hold for themselves."""
        return sum(map(private, (self.pid, *self._children)))

    def _ended(self, held: int, limit: int, free: int) -> bool:
        if held > limit or (available() < spare() // 2 and held > spare()):
            needed = f"more than {size_text(held)} of the {size_text(free)} of memory that were free"
            self.end(f"It was stopped, as it needed {needed}. Close other programs, or export on a larger machine.")
        elif len(self._children) > _PROCESSES:
            self.end(f"It started more than {_PROCESSES} processes.")
        else:
            return False
        return True


def available() -> int:
    """Return the memory that is free for this program, also where a container has less than the machine."""
    free = int(psutil.virtual_memory().available)
    return min([free, *_of_groups()])


def spare() -> int:
    """Return what is left for everything else."""
    return int(min(max(psutil.virtual_memory().total * _SPARE, _LEAST), _MOST))


def private(pid: int) -> int:
    """Return the memory that a process holds and that is no file's; 0 for one that is gone."""
    if sys.platform.startswith("linux"):
        try:
            text = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
        except OSError:
            return 0
        return 1024 * sum(_kilobytes(text, ("RssAnon:", "RssShmem:")))
    with contextlib.suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0


def _kilobytes(text: str, labels: tuple[str, ...]) -> Iterable[int]:
    return (int(line.split()[1]) for line in text.splitlines() if line.startswith(labels))


def descendants(pid: int) -> list[int]:
    """Return the processes that one started, and those that these did. Blocks for some milliseconds."""
    with contextlib.suppress(psutil.Error):
        return [each.pid for each in psutil.Process(pid).children(recursive=True)]
    return []


def _of_groups() -> Iterable[int]:
    """Yield what is left of the memory of the control group that this program is in (cgroup v2, then v1).

    Files that were read count as used there, though the kernel gives their pages back when memory is wanted: of those
    not in use it says how many bytes they are.
    """
    for most, used, stat, cached in _GROUPS:
        try:
            limit, now, told = ((_BASE / each).read_text("ascii").strip() for each in (most, used, stat))
        except OSError:
            continue
        if limit.isdigit() and int(limit) < 1 << 60:
            given_back = sum(int(line.split()[1]) for line in told.splitlines() if line.startswith(f"{cached} "))
            yield max(int(limit) - int(now) + given_back, 0)
