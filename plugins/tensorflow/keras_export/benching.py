"""Times a model in TensorFlow, as a compiled function: what a person who serves it would run."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

from rankzero_kit.cases import read_case

from . import preparing, structures


def bench(request: dict[str, Any], case: int, rounds: int, warmup: int) -> dict[str, Any]:
    """Return the seconds of each run of a case, the threads, and the process's resident memory in bytes."""
    import tensorflow as tf

    loaded = preparing.held(request)
    given, _, _ = read_case(Path(request["folder"]) / f"cases/{case}.npz")
    tensors = {name: tf.constant(each) for name, each in given.items()}
    arguments = structures.filled(loaded.arguments, tensors)
    run = tf.function(loaded.call, autograph=False)
    seconds = []
    for number in range(warmup + rounds):
        started = time.perf_counter()
        structures.mapped(run(*arguments), structures.array)
        if number >= warmup:
            seconds.append(time.perf_counter() - started)
    threads = tf.config.threading.get_intra_op_parallelism_threads() or _processors()
    return {"seconds": seconds, "threads": threads, "peak_bytes": resident()}


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def resident() -> int:
    """Return the bytes of memory that this process has now; 0 where the system doesn't say."""
    try:
        status = Path("/proc/self/status").read_text("utf-8")
    except OSError:
        return 0
    line = next((each for each in status.splitlines() if each.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(line.split()[1]) * 1024
