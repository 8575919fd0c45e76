"""The second route: a trace by TorchScript; control flow on values never gets frozen into it unseen."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from . import onnx_file
from .preparing import Plan
from .reference import weight_bytes
from .structure import Flat

LATEST = 20
"""The newest opset that PyTorch's TorchScript exporter knows."""


def opset_for(wanted: int | None) -> int:
    """Return the opset that this route gives."""
    return min(wanted or LATEST, LATEST)


def write(plan: Plan, path: Path, opset: int | None, shapes: Mapping[str, list[int | str]]) -> list[Any]:
    """Write the model as ONNX and return the warnings that tracing it gave. Raises what PyTorch raises."""
    model = plan.runner.model
    direct = isinstance(model, torch.jit.ScriptModule) and not plan.given.frame.kwargs and len(plan.outputs) == 1
    asked = model if direct else Flat(model, plan.given.frame, [*plan.outputs], plan.runner.writes).eval()
    path.parent.mkdir(parents=True, exist_ok=True)
    outputs = {
        name: {axis: each for axis, each in enumerate(shape) if isinstance(each, str)} for name, shape in shapes.items()
    }
    with warnings.catch_warnings(record=True) as said, torch.no_grad():
        warnings.simplefilter("always")
        torch.onnx.export(
            asked,
            tuple(each.clone() for each in plan.example.values()),
            str(path),
            input_names=[*plan.given.leaves],
            output_names=[*plan.outputs.values()],
            opset_version=opset_for(opset),
            dynamic_axes={name: dict(axes) for name, axes in {**plan.axes, **outputs}.items() if axes},
            dynamo=False,
            external_data=weight_bytes(model) > onnx_file.ONE_FILE,
            verbose=False,
        )
    return said
