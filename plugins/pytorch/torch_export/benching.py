"""Times a model in PyTorch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from rankzero_kit.cases import read_case

from .loading import Loaded
from .preparing import plan_of

Report = Callable[[str, float | None], None]


def bench(  # noqa: PLR0913, PLR0917 - the task's own
    request: Mapping[str, Any], loaded: Loaded, case: int, rounds: int, warmup: int, report: Report
) -> dict[str, Any]:
    """Return the seconds of each run of a case, the threads, and the process's resident memory in bytes."""
    plan = plan_of(request, loaded, report)
    given, _, _ = read_case(Path(request["folder"]) / f"cases/{case}.npz")
    leaves = {name: torch.from_numpy(each).to(plan.given.leaves[name].dtype) for name, each in given.items()}
    args, kwargs = plan.given.frame.fill(leaves)
    seconds = []
    with torch.inference_mode():
        for number in range(warmup + rounds):
            started = time.perf_counter()
            plan.runner.model(*args, **kwargs)
            if number >= warmup:
                seconds.append(time.perf_counter() - started)
    return {"seconds": seconds, "threads": torch.get_num_threads(), "peak_bytes": resident()}


def resident() -> int:
    """Return the bytes of memory that this process has now; 0 where the system doesn't say."""
    try:
        status = Path("/proc/self/status").read_text("utf-8")
    except OSError:
        return 0
    line = next((each for each in status.splitlines() if each.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(line.split()[1]) * 1024
