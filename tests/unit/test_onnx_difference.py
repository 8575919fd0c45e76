"""Two models are compared node by node, whatever a second export called them."""

from __future__ import annotations

from desktop_app.core.onnx_graph.difference import Difference, comparing
from desktop_app.core.onnx_graph.steps import finished
from tests.helpers import onnx_files as make
from tests.unit.test_onnx_reading import read


def gone_through(
    *, epsilon: float = 1.0, names: str = "n", width: int = 4, more: bool = False, opset: int = 20
) -> bytes:
    """Return a model of three nodes, or four."""
    nodes = [
        make.node("MatMul", ["x", "w"], [f"{names}a"], name=f"{names}0"),
        make.node("Elu", [f"{names}a"], [f"{names}b"], name=f"{names}1", attributes=[make.attribute("alpha", epsilon)]),
        *([make.node("Cast", [f"{names}b"], [f"{names}c"], name="cast")] if more else []),
        make.node("Relu", [f"{names}c" if more else f"{names}b"], ["y"], name=f"{names}2"),
    ]
    ends = {"inputs": [make.value("x", (2, width))], "outputs": [make.value("y", (2, width))]}
    return make.model(make.graph(nodes, tensors=[make.tensor("w", (width, width))], **ends), opset=opset)


def compared(old: bytes, new: bytes) -> Difference:
    """Compare two models."""
    return finished(comparing(read(old), read(new)))


def test_the_same_model_does_not_differ() -> None:
    assert compared(gone_through(), gone_through()).is_empty


def test_other_names_are_no_difference() -> None:
    assert compared(gone_through(), gone_through(names="other_")).is_empty


def test_what_came_and_went_is_found() -> None:
    found = compared(gone_through(), gone_through(more=True))
    assert (found.added, found.removed, dict(found.changed)) == ((2,), (), {})
    found = compared(gone_through(more=True), gone_through())
    assert (found.added, found.removed) == ((), (2,))


def test_changed_attributes_shapes_and_headers_are_told() -> None:
    found = compared(gone_through(), gone_through(epsilon=0.5, width=8, opset=18))
    assert found.changed == {
        0: ("input 1: float32 2×4 → float32 2×8", "input 2: float32 4×4 → float32 8×8"),
        1: ("alpha: 1 → 0.5",),
        2: ("output 1: float32 2×4 → float32 2×8",),
    }
    assert found.header == (
        "opset: 20 → 18", "parameters: 16 → 64", "input x: float32 2×4 → float32 2×8",
        "output y: float32 2×4 → float32 2×8",
    )  # fmt: skip
