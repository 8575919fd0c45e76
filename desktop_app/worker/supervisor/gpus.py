"""What the GPUs do, as nvidia-smi says it; asked in a thread of its own, because it may take its time."""

from __future__ import annotations

import csv
import shutil
import subprocess
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

INTERVAL = 2.0
_MIB = 1 << 20
_GPUS = ("--query-gpu=uuid,utilization.gpu,memory.used", "--format=csv,noheader,nounits")
_APPS = ("--query-compute-apps=gpu_uuid,pid,used_memory", "--format=csv,noheader,nounits")


@dataclass(frozen=True, slots=True)
class GpuReading:
    """One answer: utilisation in per cent and used bytes by GPU (in the driver's order), and bytes by (GPU, pid)."""

    gpus: dict[str, tuple[float | None, int | None]] = field(default_factory=dict)
    apps: dict[tuple[str, int], int] = field(default_factory=dict)

    def of(self, local_rank: int, pids: Iterable[int]) -> tuple[float | None, int | None]:
        """Return utilisation and memory of a rank's GPUs.

        They are the GPUs that its processes use. Where the driver does not know our pids (in a container), it is
        GPU number `local_rank`, which is what PyTorch scripts take.
        """
        mine = set(pids)
        used = {gpu: size for (gpu, pid), size in self.apps.items() if pid in mine}
        if used:
            loads = [load for gpu in used if (load := self.gpus.get(gpu, (None, None))[0]) is not None]
            return (max(loads) if loads else None), sum(used.values())
        if self.apps or local_rank >= len(self.gpus):
            return None, None
        return list(self.gpus.values())[local_rank]


def parse(gpus: str, apps: str) -> GpuReading:
    """Return what the two tables say; `[N/A]` and the like are unknown."""
    by_gpu = {row[0]: (_number(row[1]), _bytes(row[2])) for row in _rows(gpus, 3)}
    by_app = {(row[0], int(row[1])): _bytes(row[2]) or 0 for row in _rows(apps, 3) if row[1].isdigit()}
    return GpuReading(by_gpu, by_app)


class GpuWatch:
    """The latest reading; nothing at all where there is no nvidia-smi."""

    def __init__(self) -> None:
        self._command = shutil.which("nvidia-smi")
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._reading: GpuReading | None = None

    def start(self) -> None:
        """Begin, once."""
        if self._command and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="gpus", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopped.set()

    def of(self, local_rank: int, pids: Iterable[int]) -> dict[str, Any]:
        """Return `gpu` and `gpu_memory` of a rank, empty where nothing is known."""
        reading = self._reading
        if reading is None:
            return {}
        load, memory = reading.of(local_rank, pids)
        return {} if load is None and memory is None else {"gpu": load, "gpu_memory": memory}

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._reading = parse(self._ask(_GPUS), self._ask(_APPS))
            except (OSError, subprocess.SubprocessError):
                self._reading = None
                return
            self._stopped.wait(INTERVAL)

    def _ask(self, arguments: Sequence[str]) -> str:
        command = [str(self._command), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout


def _rows(table: str, width: int) -> list[list[str]]:
    rows = csv.reader(table.splitlines(), skipinitialspace=True)
    return [row for row in rows if len(row) == width]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _bytes(text: str) -> int | None:
    number = _number(text)
    return None if number is None else int(number) * _MIB
