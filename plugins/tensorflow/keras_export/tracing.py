"""What every layer of a model answers for a case, for whoever looks for the first node that differs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from rankzero_kit.cases import read_case

from . import layers, preparing, structures

LIMIT = 256 << 20
"""Bytes after which no more values are kept."""
CONTAINERS = ("Functional", "Sequential", "Model")


def trace(request: dict[str, Any], case: int, folder: str, report: Any) -> dict[str, Any]:
    """Write the outputs of the layers for a case, in the order they were ready."""
    loaded = preparing.held(request)
    report("Tracing the layers", None)
    given, _, _ = read_case(Path(request["folder"]) / f"cases/{case}.npz")
    values: list[dict[str, Any]] = []
    kept: dict[str, Any] = {}
    if loaded.keras:
        with _watched(loaded.model, values, kept):
            loaded.answer(given)
    path = Path(folder) / "trace.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **kept)
    return {"file": "trace.npz", "values": values}


@contextmanager
def _watched(model: Any, values: list[dict[str, Any]], kept: dict[str, Any]) -> Iterator[None]:
    from keras.src.layers.layer import Layer

    paths = {id(layer): path for path, layer, _ in layers.named(model)}
    called, room = Layer.__call__, [LIMIT]

    def noted(self: Any, *arguments: Any, **options: Any) -> Any:
        answer = called(self, *arguments, **options)
        path = paths.get(id(self))
        first = next(iter(structures.leaves(answer)), None)
        if path and type(self).__name__ not in CONTAINERS and hasattr(first, "numpy"):
            array = structures.array(first)
            room[0] -= array.nbytes
            if room[0] > 0:
                kept[f"v{len(values)}"] = array
                values.append({"key": f"v{len(values)}", "module": path, "order": len(values)})
        return answer

    Layer.__call__ = noted
    try:
        yield
    finally:
        Layer.__call__ = called
