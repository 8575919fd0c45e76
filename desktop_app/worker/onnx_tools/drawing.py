"""Cases for an ONNX model that comes without any: its inputs as the file has them, at two sizes, drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import onnx
from rankzero_kit.cases import write_case
from rankzero_kit.errors import TaskError
from rankzero_kit.inputs import DTYPES, WHOLE, InputSpec, draw, first_sizes, parse_spec

CASES = 3


def drawn_cases(model: Path, given: Sequence[str], folder: Path) -> dict[str, Any]:
    """Write cases of drawn inputs; `given` are inputs as a person writes them, in the place of the file's own.

    Raises TaskError where an input can't be drawn.
    """
    said = {each.name: each for each in map(parse_spec, given)}
    found = specs(model)
    unknown = [each for each in said if each not in {spec.name for spec in found}]
    if unknown:
        names = ", ".join(spec.name for spec in found)
        raise TaskError(f"The model has no input “{unknown[0]}”.", f"It takes {names}.")
    inputs = [said.get(each.name, each) for each in found]
    files = []
    for number in range(CASES):
        sizes = first_sizes(inputs, number)
        arrays = {each.name: draw(each, sizes, 100 * number + place) for place, each in enumerate(inputs)}
        write_case(folder / f"{number}.npz", arrays, {}, {})
        files.append(f"{number}.npz")
    guessed = [each.name for each in inputs if each.dtype in WHOLE and each.low is None]
    return {"cases": files, "inputs": [each.document() for each in inputs], "guessed": guessed}


def specs(model: Path) -> list[InputSpec]:
    """Return what a model takes; axes without a size get the name that they have, else one made up."""
    graph = onnx.load(model, load_external_data=False).graph
    weights = {each.name for each in graph.initializer}
    return [_spec(each) for each in graph.input if each.name not in weights]


def _spec(given: onnx.ValueInfoProto) -> InputSpec:
    kind = given.type.tensor_type
    dtype = str(onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type)) if kind.elem_type else ""
    if dtype not in DTYPES:
        raise TaskError(f"The input “{given.name}” is no tensor of numbers.", "Give --calibration with real inputs.")
    axes = (_axis(each, given.name, place) for place, each in enumerate(kind.shape.dim))
    return InputSpec(given.name, dtype, tuple(axes), origin="from the file")


def _axis(dim: Any, name: str, place: int) -> int | str:
    if dim.HasField("dim_value") and dim.dim_value > 0:
        return int(dim.dim_value)
    said = "".join(letter if letter.isalnum() else "_" for letter in dim.dim_param)
    return said if said.isidentifier() else f"axis_{place}_of_{''.join(filter(str.isalnum, name))}"
