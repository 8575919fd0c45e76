"""The route by tf2onnx: a model's function is traced by TensorFlow and its graph converted."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from rankzero_kit.errors import TaskError

from . import code, finishing, preparing, repairs, steps, structures
from .model import Loaded

OPSET = 18
"""The newest that tf2onnx writes."""
LARGE = 1800 << 20
"""Bytes of weights from which on a graph must not hold them itself."""


def export(request: dict[str, Any], prepared: dict[str, Any], report: Any) -> dict[str, Any]:
    """Export the model that is held."""
    began = time.perf_counter()
    loaded = preparing.held(request)
    opset = min(OPSET, int(request["options"].get("opset") or OPSET))
    report("Converting by tf2onnx", None)
    cures: list[str] = []
    try:
        with steps.folded(cures, lambda: True):
            model, constants = converted(loaded, prepared, opset)
    except TaskError:
        raise
    except Exception as error:
        raise TaskError(f"tf2onnx can't convert the model: {code.told(error)}") from error
    cures += repairs.repaired(model, constants)
    if left := repairs.unknown(model):
        raise TaskError(f"tf2onnx has no translation of {', '.join(left)}.", "Leave those operations out of the model.")
    finishing.finish(model, prepared)
    path = finishing.save(model, Path(request["folder"]) / "routes" / "tf2onnx" / finishing.name_of(request))
    return {
        "path": str(path.relative_to(request["folder"])),
        "cures": cures,
        "notes": [],
        "seconds": round(time.perf_counter() - began, 3),
        "opset": finishing.opset(model),
    }


def converted(loaded: Loaded, prepared: dict[str, Any], opset: int) -> tuple[Any, dict[str, Any]]:
    """Return the ONNX model, with tf2onnx's own names, and the constants that it takes as inputs."""
    import tf2onnx
    from keras.src.export.tf2onnx_lib import patch_tf2onnx

    import tensorflow as tf

    patch_tf2onnx()
    signature = [
        tf.TensorSpec([each if isinstance(each, int) else None for each in told["shape"]], told["dtype"], told["name"])
        for told in prepared["inputs"]
    ]
    names = [each["name"] for each in prepared["inputs"]]

    @tf.function(input_signature=signature, autograph=False)  # type: ignore[untyped-decorator]
    def traced(*given: Any) -> Any:
        answer = loaded.call(*structures.filled(loaded.arguments, dict(zip(names, given, strict=True))))
        return [tf.identity(each) for each in structures.leaves(answer)]

    concrete = traced.get_concrete_function()
    constants = {inner.op.name: outer.numpy() for outer, inner in concrete.graph.captures if outer.dtype != tf.resource}
    large = prepared["weight_bytes"] > LARGE
    found, _ = tf2onnx.convert.from_function(traced, signature, opset=opset, large_model=large)
    return found, constants
