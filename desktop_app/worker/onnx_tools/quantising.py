"""Models with 8-bit weights: quantised as they run (dynamic), or beforehand with a person's data (static)."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
import onnxruntime as ort
from rankzero_kit.errors import TaskError

from .samples import Samples

PRODUCTS = ("MatMul", "Gemm")
CONVOLUTIONS = (
    "Conv",
    *PRODUCTS,
    "Add",
    "Mul",
    "Relu",
    "Clip",
    "MaxPool",
    "AveragePool",
    "GlobalAveragePool",
    "Concat",
)
Arrays = Mapping[str, Any]


def dynamic(source: Path, target: Path) -> list[str]:
    """Write the model with 8-bit weights in its matrix products alone.

    Convolutions are left as they are: ConvInteger has no fast kernel on CPUs. Raises TaskError where there is nothing
    to do.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = _bare(source)
    share = weighted(model)
    if not share:
        raise TaskError("The model has no matrix product with weights of its own, so there is nothing to quantise.")
    with _quiet():
        quantize_dynamic(
            model,
            target,
            op_types_to_quantize=[*PRODUCTS],
            per_channel=True,
            reduce_range=saturates(),
            weight_type=QuantType.QInt8,
        )
    return [] if share > 0.5 else [f"Only {share:.0%} of the weights are in matrix products; the others stay."]


def static(source: Path, target: Path, samples: Sequence[Arrays]) -> list[str]:
    """Write the model with 8-bit weights (per channel) and activations, whose ranges are what the samples show."""
    if not samples:
        raise TaskError(
            "Without calibration data the ranges of the activations can't be known.",
            "Give an .npz of some hundred real inputs as calibration data (the verb's --calibration).",
        )
    folded = target.with_name(f"{target.stem}.folded.onnx")
    optimise(source, folded, "basic")  # batch normalisation goes into the convolutions before their ranges are taken
    try:
        _calibrated(folded, target, samples)
    finally:
        folded.unlink()
    return []


def _calibrated(source: Path, target: Path, samples: Sequence[Arrays]) -> None:
    from onnxruntime.quantization import QuantFormat, QuantType, quantize_static

    with _quiet():
        quantize_static(
            _bare(source),
            target,
            Samples(samples),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=[*CONVOLUTIONS],
            per_channel=True,
            reduce_range=saturates(),
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )


def optimise(source: Path, target: Path, level: str) -> None:
    """Write the model as ONNX Runtime makes it before it runs; `level` is basic or extended."""
    options = ort.SessionOptions()
    levels = ort.GraphOptimizationLevel
    options.graph_optimization_level = {"basic": levels.ORT_ENABLE_BASIC, "extended": levels.ORT_ENABLE_EXTENDED}[level]
    options.optimized_model_filepath = str(target)
    options.log_severity_level = 3
    ort.InferenceSession(str(source), options, providers=["CPUExecutionProvider"])


def saturates() -> bool:
    """Whether this processor's sums of 8-bit products overflow, as those of x86 before VNNI do; 7 bits do not."""
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return False
    return " avx2 " in flags and "vnni" not in flags


def weighted(model: onnx.ModelProto) -> float:
    """Return the share of a model's weights that are in matrix products."""
    sizes = {each.name: _size(each) for each in model.graph.initializer}
    products = {name for node in model.graph.node if node.op_type in PRODUCTS for name in node.input if name in sizes}
    return sum(sizes[each] for each in products) / (sum(sizes.values()) or 1)


def _size(tensor: onnx.TensorProto) -> int:
    size = 1
    for each in tensor.dims:
        size *= each
    return size


def _bare(source: Path) -> onnx.ModelProto:
    """Return the model without its notes on shapes: the exporter's contradict what the quantiser makes of Gemm."""
    model = onnx.load(source)
    del model.graph.value_info[:]
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the quantiser's advice, meant for programmers, out of the log."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)
