"""Sessions of ONNX Runtime: few threads, no telemetry, modest memory, and errors in a sentence."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from rankzero_kit.errors import TaskError

THREADS = 2
LARGE = 512 * 2**20
"""Models from this size on do without the arena, which keeps what was needed once."""
Arrays = dict[str, Any]
_NOISE = re.compile(r"^\[ONNXRuntimeError\] : \d+ : \w+ : |Non-zero status code returned while |\bStatus Message: ")
_PLACE = re.compile(r"(/[\w./+-]+|[\w.]+)\.(cc|h):\d+ [^ ]+( \[?[^ ]*\]?)? ")


def open_session(path: Path, size: int = 0, *, optimise: bool = True, weights: Arrays | None = None) -> Any:
    """Return a session for a file; `weights` stand in for initializers. Raises TaskError with the runtime's reason."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads, options.inter_op_num_threads = THREADS, 1
    options.log_severity_level = 4
    options.enable_cpu_mem_arena = size < LARGE
    if not optimise:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    held = {name: onnxruntime.OrtValue.ortvalue_from_numpy(each) for name, each in (weights or {}).items()}
    for name, value in held.items():
        options.add_initializer(name, value)
    with contextlib.suppress(AttributeError):
        onnxruntime.disable_telemetry_events()
    try:
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise TaskError(f"ONNX Runtime can't load the model: {sentence(error)}") from error
    session.rankzero_weights = held  # the runtime reads them where they lie
    return session


def run(session: Any, inputs: Mapping[str, Any], names: Sequence[str] | None = None) -> Arrays:
    """Return the outputs by name. Raises TaskError with the runtime's reason."""
    wanted = [*names] if names is not None else [each.name for each in session.get_outputs()]
    types = {each.name: each.type for each in session.get_inputs()}
    try:
        given = {name: _fed(array, types[name]) for name, array in inputs.items() if name in types}
        found = session.run_with_ort_values(wanted, given)
        return {name: _plain(each) for name, each in zip(wanted, found, strict=True)}
    except Exception as error:
        raise TaskError(sentence(error)) from error


def sentence(error: BaseException) -> str:
    """Return the runtime's message without its codes and places in its source."""
    text = " ".join(str(error).split())
    text = _PLACE.sub("", _NOISE.sub("", text))
    return f"{text[:400].rstrip('. ')}."


def _fed(array: Any, told: str) -> Any:
    array = np.asarray(array)
    make = onnxruntime.OrtValue.ortvalue_from_numpy
    if told == "tensor(bfloat16)" and array.dtype != np.uint16:
        return onnxruntime.OrtValue.ortvalue_from_numpy_with_onnx_type(_to_bfloat16(array), 16)
    return make(np.ascontiguousarray(array).reshape(array.shape))


def _plain(value: Any) -> Any:
    if not value.is_tensor():
        return None  # sequences and maps: nothing to compare them with
    if value.data_type() == "tensor(bfloat16)":
        return _from_bfloat16(value)
    return value.numpy()


def _to_bfloat16(array: Any) -> Any:
    bits = np.ascontiguousarray(array, np.float32).view(np.uint32)
    rounded = bits + 0x7FFF + ((bits >> 16) & 1)
    return (rounded >> 16).astype(np.uint16).reshape(np.shape(array))


def _from_bfloat16(value: Any) -> Any:
    import ctypes

    size = int(np.prod(value.shape()))
    bits = np.ctypeslib.as_array(ctypes.cast(value.data_ptr(), ctypes.POINTER(ctypes.c_uint16)), (size,))
    return (bits.astype(np.uint32) << 16).view(np.float32).reshape(value.shape())
