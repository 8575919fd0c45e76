"""Resources per rank, once a second, in a thread: CPU and memory by psutil, GPUs by nvidia-smi where there is one."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from desktop_app.worker.supervisor import processes
from desktop_app.worker.supervisor.clock import Clock, elapsed
from desktop_app.worker.supervisor.gpus import GpuWatch
from desktop_app.worker.supervisor.journal import Journal

if TYPE_CHECKING:
    import psutil

INTERVAL = 1.0


class Sampler:
    """Samples until stopped. Without psutil there are no samples, and the run goes on without them."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._journal = Journal(folder / "resources.jsonl")
        self._clock = clock
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._gpus = GpuWatch()
        self._trees: list[RankTree] = []

    def add(self, rank: int, local_rank: int, pid: int) -> None:
        """Sample this rank too, from now on."""
        self._trees.append(RankTree(rank, local_rank, pid))

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name="sampler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, after the sample that is being taken."""
        self._stopped.set()
        self._gpus.stop()
        if self._thread is not None:
            self._thread.join(2 * INTERVAL)
        self._journal.close()

    @property
    def dropped(self) -> int:
        """How many samples the disk did not take."""
        return self._journal.dropped

    def _run(self) -> None:
        while not self._stopped.wait(INTERVAL):
            try:
                self._sample(tuple(self._trees))
            except ImportError:
                return
            self._gpus.start()

    def _sample(self, trees: Sequence[RankTree]) -> None:
        below = processes.families([tree.pid for tree in trees])
        for tree in trees:
            point = tree.sample([tree.pid, *below[tree.pid]])
            if point is not None:
                gpu = self._gpus.of(tree.local_rank, {tree.pid, *below[tree.pid]})
                self._journal.append({"rank": tree.rank, "time": self._clock.now(), **point, **gpu})


class RankTree:
    """A rank with all its descendants, seen as one: CPU time is counted for each process since it was first seen."""

    def __init__(self, rank: int, local_rank: int, pid: int) -> None:
        self.rank = rank
        self.local_rank = local_rank
        self.pid = pid
        self._known: dict[int, psutil.Process] = {}
        self._spent: dict[int, float] = {}
        self._last = elapsed()

    def sample(self, pids: Iterable[int]) -> dict[str, Any] | None:
        """Return per cent of one core since the last sample, and bytes of memory; None once the rank is gone."""
        import psutil

        used, memory, seen = 0.0, 0, {}
        for pid in pids:
            try:
                spent, resident = self._look(pid)
            except psutil.Error:
                continue
            seen[pid] = spent
            used += max(0.0, spent - self._spent.get(pid, 0.0))
            memory += resident
        now = elapsed()
        passed, self._last, self._spent = now - self._last, now, seen
        self._known = {pid: each for pid, each in self._known.items() if pid in seen}
        if self.pid not in seen or passed <= 0 or not memory:  # one that ends gave its memory back: it is no drop to 0
            return None
        return {"cpu": round(100 * used / passed, 1), "memory": memory}

    def _look(self, pid: int) -> tuple[float, int]:
        import psutil

        process = self._known.get(pid)
        if process is None:
            process = self._known[pid] = psutil.Process(pid)
        with process.oneshot():
            times = process.cpu_times()
            return times.user + times.system, process.memory_info().rss
