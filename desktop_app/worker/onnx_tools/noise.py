"""How far a model's outputs move by rounding alone, found by moving every weight and input by about one rounding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

from .opening import Opened
from .sessions import Arrays, open_session, run
from .tolerances import EPS

ROUNDS = 2
LARGEST = 2**30
"""Models over this size have their inputs moved and their weights left alone: a second copy of them might not fit."""


def moved_outputs(opened: Opened, session: Any, inputs: Mapping[str, Any]) -> list[Arrays]:
    """Return the outputs of a case: as computed, without the runtime's optimiser, and moved by roundings."""
    found = [run(session, inputs)]
    found.append(run(open_session(opened.path, opened.bytes, optimise=False), inputs))
    weights = _weights(opened)
    for seed in range(ROUNDS):
        random = np.random.default_rng(seed)
        moved = {name: _moved(each, random) for name, each in weights.items()}
        # The optimiser folds convolutions with what is beside them, and then misses what stands in for their weights.
        session = open_session(opened.path, opened.bytes, optimise=False, weights=moved)
        found.append(run(session, {name: _moved(each, random) for name, each in inputs.items()}))
    return found


def _weights(opened: Opened) -> Arrays:
    if opened.bytes > LARGEST:
        return {}
    graph = onnx.load(str(opened.path)).graph
    floats = (onnx.TensorProto.FLOAT, onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT16)
    known = (each for each in graph.initializer if each.data_type in floats and each.dims)
    return {each.name: numpy_helper.to_array(each) for each in known}


def _moved(array: Any, random: Any) -> Any:
    """Return floats times one more or less a rounding; whole numbers and truth values stay."""
    array = np.asarray(array)
    if array.dtype.kind != "f":
        return array
    by = 1 + EPS[str(array.dtype)] * random.uniform(-1, 1, array.shape)
    return (array * by).astype(array.dtype)
