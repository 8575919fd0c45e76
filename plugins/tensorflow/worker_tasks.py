"""The tasks of an export of Keras and TensorFlow models; they run in a toolchain's interpreter."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ.setdefault("KERAS_TORCH_DEVICE", "cpu")


def prepare(*, request: dict[str, Any], report: Any) -> dict[str, Any]:
    """Load the model, find out what it takes, and write down what the framework answers."""
    from .keras_export.preparing import prepare as prepared

    return prepared(request, report)


def export_tf2onnx(*, request: dict[str, Any], route: str, prepared: dict[str, Any], report: Any) -> dict[str, Any]:
    """Export by tf2onnx."""
    from .keras_export.tf2onnx_route import export

    return export(request, prepared, report)


def export_keras_torch(*, request: dict[str, Any], route: str, prepared: dict[str, Any], report: Any) -> dict[str, Any]:
    """Export by Keras on PyTorch; it runs in the toolchain `keras-torch`."""
    os.environ["KERAS_BACKEND"] = "torch"
    from .keras_export.torch_route import export

    return export(request, prepared, report)


def trace(*, request: dict[str, Any], case: int, folder: str, report: Any) -> dict[str, Any]:
    """Write what every layer answers for a case."""
    from .keras_export.tracing import trace as traced

    return traced(request, case, folder, report)


def bench(*, request: dict[str, Any], case: int, rounds: int, warmup: int, report: Any) -> dict[str, Any]:
    """Time the model in TensorFlow."""
    from .keras_export.benching import bench as timed

    report("Timing TensorFlow", None)
    return timed(request, case, rounds, warmup)
