"""What a model's nodes give inside: run with their outputs as further outputs, in pieces, for the sake of memory."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import onnx
from rankzero_kit.errors import TaskError

from .opening import Opened
from .sessions import Arrays, open_session, run

PIECE = 48
"""So many values are asked for in one run."""


def inner_values(opened: Opened, inputs: Mapping[str, Any], names: Sequence[str]) -> Iterator[Arrays]:
    """Yield values by name, some at a time, as the runtime has them without its optimiser.

    What it can't give is left out. Raises TaskError where the model does not run.
    """
    run(open_session(opened.path, opened.bytes, optimise=False), inputs)
    with _split(opened) as (model, folder):
        for start in range(0, len(names), PIECE):
            yield _piece(model, folder, opened, inputs, names[start : start + PIECE])


def topological(graph: Any) -> list[Any]:
    """Return a graph's nodes that are no constants; ONNX wants them in the order of their doing."""
    return [each for each in graph.node if each.op_type != "Constant"]


@contextlib.contextmanager
def _split(opened: Opened) -> Iterator[tuple[Any, Path]]:
    """Lend the model without weights, and the folder where they lie beside it."""
    if opened.external:
        yield onnx.load(str(opened.path), load_external_data=False), opened.path.parent
        return
    with TemporaryDirectory(dir=opened.path.parent, prefix="inner-") as folder:
        path = Path(folder) / "whole.onnx"
        whole = onnx.load(str(opened.path))
        onnx.save_model(whole, str(path), save_as_external_data=True, location="weights", size_threshold=4096)
        del whole
        yield onnx.load(str(path), load_external_data=False), Path(folder)


def _piece(model: Any, folder: Path, opened: Opened, inputs: Mapping[str, Any], names: Sequence[str]) -> Arrays:
    wanted = onnx.ModelProto()
    wanted.CopyFrom(model)
    del wanted.graph.output[:]
    wanted.graph.output.extend(onnx.ValueInfoProto(name=each) for each in names)
    path = folder / f".piece-{abs(hash(tuple(names)))}.onnx"
    path.write_bytes(wanted.SerializeToString())
    try:
        return run(open_session(path, opened.bytes, optimise=False), inputs)
    except TaskError:
        if len(names) == 1:
            return {}
        middle = len(names) // 2
        halves = (_piece(model, folder, opened, inputs, each) for each in (names[:middle], names[middle:]))
        return {name: value for half in halves for name, value in half.items()}
    finally:
        path.unlink(missing_ok=True)
