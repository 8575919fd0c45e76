"""The first route: torch.export, and its program as ONNX."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from . import onnx_file, pooling
from .preparing import Plan
from .structure import Flat


def program_of(plan: Plan, *, strict: bool = False, relaxed: bool = False, free: Collection[str] | None = None) -> Any:
    """Return the exported program of a plan's model. Raises what torch.export raises.

    Axes of one name are one size, unless `relaxed`: then PyTorch says which axes vary together and which not at all.
    `free` are the names of the axes that may vary, where these are not all.
    """
    flat = Flat(plan.runner.model, plan.given.frame, [*plan.outputs], plan.runner.writes).eval()
    tensors = tuple(each.clone() for each in plan.example.values())
    shapes = {"tensors": tuple(_dims(plan, relaxed, free))}
    with torch.no_grad(), _sizes_kept_free(varies=any(plan.axes.values())), pooling.kept_free():
        return torch.export.export(
            flat, tensors, dynamic_shapes=shapes, strict=strict, prefer_deferred_runtime_asserts_over_guards=True
        )


@contextlib.contextmanager
def _sizes_kept_free(*, varies: bool) -> Iterator[None]:
    """Have LSTM and GRU, which PyTorch unrolls over the example's length, and sizes of 1 as torch.onnx has them."""
    if not varies:
        yield
        return
    from torch.export._patches import register_gru_while_loop_decomposition, register_lstm_while_loop_decomposition

    with (
        register_lstm_while_loop_decomposition(),
        register_gru_while_loop_decomposition(),
        torch.fx.experimental._config.patch(backed_size_oblivious=True),
    ):
        yield


def _dims(plan: Plan, relaxed: bool, free: Collection[str] | None) -> list[dict[int, Any]]:
    shared: dict[str, Any] = {}
    names = [name for axes in plan.axes.values() for name in axes.values()]

    def dim(name: str) -> Any:
        if relaxed or names.count(name) == 1:
            return torch.export.Dim.AUTO
        return shared.setdefault(name, torch.export.Dim(name))

    def chosen(name: str) -> bool:
        return free is None or name in free

    return [{axis: dim(name) for axis, name in axes.items() if chosen(name)} for axes in plan.axes.values()]


def fixed_axes(plan: Plan, program: Any) -> dict[str, int]:
    """Return the axes that were to vary and don't, with the size they have for good."""
    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    found: dict[str, int] = {}
    for axes, placeholder in zip(plan.axes.values(), program.graph_signature.user_inputs, strict=True):
        shape = getattr(values.get(placeholder), "shape", ())
        found.update({name: int(shape[axis]) for axis, name in axes.items() if _is_number(shape[axis])})
    return found


def _is_number(size: Any) -> bool:
    """Whether a size is one alone: a symbol that was found to be 12 still is a symbol, and prints as 12."""
    return isinstance(size, int) or (isinstance(size, torch.SymInt) and bool(size.node.expr.is_number))


def write(
    plan: Plan, program: Any, path: Path, opset: int | None, shapes: Mapping[str, list[int | str]]
) -> tuple[int, bool]:
    """Write a program as ONNX; return its opset, and whether its weights lie beside it. Raises what PyTorch raises."""
    with _sizes_kept_free(varies=any(plan.axes.values())):
        made = torch.onnx.export(
            program,
            (),
            input_names=[*plan.given.leaves],
            output_names=[*plan.outputs.values()],
            opset_version=opset,
            dynamo=True,
            optimize=True,
            verbose=False,
        )
    onnx_file.name_axes(made, plan.axes, shapes)
    onnx_file.unwrap_names(made)
    onnx_file.set_apart(made)
    version = int(made.model.opset_imports[""])
    return version, onnx_file.save(made, path)
