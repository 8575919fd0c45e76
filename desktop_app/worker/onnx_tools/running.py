"""Sessions of ONNX Runtime that are fair to each other, and what a model takes and answers in them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from rankzero_kit.errors import TaskError

Arrays = dict[str, Any]
_TYPES = {
    "tensor(float)": "float32",
    "tensor(float16)": "float16",
    "tensor(double)": "float64",
    "tensor(bool)": "bool",
    **{f"tensor({each})": each for each in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")},
}


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def session(model: Path, threads: int) -> Any:
    """Open a model for running on the CPU.

    Threads sleep between runs: by default they spin for a while, at the cost of whatever is measured next.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])


def feed(opened: Any, arrays: Mapping[str, Any]) -> Arrays:
    """Return what a session takes of some arrays, in its types; the only array is the only input's by any name.

    Raises TaskError where one is missing.
    """
    wanted = opened.get_inputs()
    if len(wanted) == len(arrays) == 1:
        arrays = {wanted[0].name: next(iter(arrays.values()))}
    missing = [each.name for each in wanted if each.name not in arrays]
    if missing:
        hint = f"The model takes {', '.join(each.name for each in wanted)}; there are {', '.join(arrays) or 'none'}."
        raise TaskError(f"There is no array for the input “{missing[0]}”.", hint)
    return {
        each.name: np.ascontiguousarray(arrays[each.name]).astype(_TYPES.get(each.type, "float32"), copy=False)
        for each in wanted
    }


def batch_of(opened: Any) -> int | None:
    """Return the first axis of the inputs where it is fixed, and the same for all of them."""
    firsts = {each.shape[0] if each.shape else None for each in opened.get_inputs()}
    only = firsts.pop() if len(firsts) == 1 else None
    return only if isinstance(only, int) else None


def answers(opened: Any, feeds: Sequence[Arrays]) -> list[Arrays]:
    """Return the outputs by name for each of some inputs; those that are no tensors are left out."""
    names = [each.name for each in opened.get_outputs()]
    runs = (zip(names, opened.run(names, each), strict=True) for each in feeds)
    return [{name: value for name, value in run if isinstance(value, np.ndarray)} for run in runs]


def resident() -> int:
    """Return the memory that this process holds, in bytes; 0 where the system does not say."""
    try:
        status = Path("/proc/self/status").read_text("ascii", "replace")
    except OSError:
        return 0
    held = next((line for line in status.splitlines() if line.startswith("VmRSS:")), "VmRSS: 0 kB")
    return int(held.split()[1]) * 1024
