"""ONNX models are read without their weights; whatever a file holds, reading it ends in a model or a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.api import UserError
from desktop_app.core.onnx_graph import parts
from desktop_app.core.onnx_graph.reading import read_header, reading
from desktop_app.core.onnx_graph.skeleton import BytesSource, skeleton
from desktop_app.core.onnx_graph.steps import finished
from desktop_app.core.onnx_graph.values import Edge, Model, Tensor, Value
from tests.helpers import onnx_files as make

SMALL = make.model(
    make.graph(
        [
            make.node("Gemm", ["x", "w", "b"], ["h"], name="fc", attributes=[make.attribute("alpha", 0.5)]),
            make.node("Constant", [], ["axes"], attributes=[make.attribute("value_ints", [0, 1])]),
            make.node("ReduceSum", ["h", "axes"], ["y"], domain="ai.onnx"),
            make.node("Silu", ["h"], ["z"], name="net/act/silu", domain="my.ops"),
        ],
        tensors=[make.tensor("w", (3, 4)), make.tensor("b", (4,)), make.tensor("i", (9,), dtype=make.INT64)],
        inputs=[make.value("x", ("batch", 3)), make.value("w", (3, 4))],
        outputs=[make.value("y", ()), make.value("z", None)],
    )
)


def read(data: bytes) -> Model:
    """Read a model in memory."""
    return finished(reading(skeleton(BytesSource(data))))


def test_the_header_says_what_the_model_takes_and_gives_and_how_large_it_is() -> None:
    header = read_header(skeleton(BytesSource(SMALL)))
    assert (header.ir_version, header.opset, header.producer) == (10, 20, "Rank Zero's tests 1")
    assert header.inputs == (Value("x", "float32", ("batch", 3)),)  # `w` merely has a default
    assert header.outputs == (Value("y", "float32", ()), Value("z", "float32", None))
    assert (header.parameters, header.weight_bytes, header.tensors) == (16, 16 * 4 + 9 * 8, 3)
    assert header.metadata == {"made by": "hand"}


def test_nodes_their_edges_and_attributes_are_read() -> None:
    model = read(SMALL)
    assert [each.op for each in model.nodes] == ["Gemm", "Constant", "ReduceSum", "Silu"]
    assert set(model.edges) == {
        Edge(4, 0, "x"), Edge(0, 2, "h"), Edge(1, 2, "axes"), Edge(0, 3, "h"), Edge(2, 5, "y"), Edge(3, 6, "z"),
    }  # fmt: skip
    (alpha,) = model.nodes[0].attributes
    assert parts.attribute(model.skeleton, *alpha)[:3] == ("alpha", "float", "0.5")
    assert model.operators == {"Gemm": 1, "Constant": 1, "ReduceSum": 1, "my.ops::Silu": 1}
    assert model.nodes[3].path == ("net", "net/act")
    assert model.tensors["w"] == Tensor("w", "float32", (3, 4), 48)


def test_weights_are_not_read() -> None:
    large = make.tensor("w", (1000, 1000))
    data = make.model(make.graph([make.node("MatMul", ["x", "w"], ["y"])], tensors=[large]))

    class Counted:
        size = len(data)
        taken = 0

        def read(self, at: int, count: int) -> bytes:
            self.taken += count
            return data[at : at + count]

    source = Counted()
    thin = skeleton(source)
    assert len(thin) < 1000
    assert source.taken < 20_000
    assert read(data).tensors["w"] == Tensor("w", "float32", (1000, 1000), 4_000_000)


def test_modules_come_from_the_exporter_of_pytorch() -> None:
    scopes = ("encoder", "encoder.layer.0")
    model = read(make.model(make.graph([make.node("Relu", ["x"], ["y"], name="relu", scopes=scopes)])))
    assert model.nodes[0].path == scopes


def test_graphs_within_nodes_stand_before_them_and_flow_into_them() -> None:
    branch = make.graph([make.node("Neg", ["x"], ["n"], name="neg")], outputs=[make.value("n")])
    loop = make.graph([make.node("Add", ["state", "state"], ["s"])], inputs=[make.value(each) for each in "ics"])
    holds = make.node("If", ["c"], ["y"], name="if", attributes=[make.graph_attribute("then_branch", branch)])
    turns = make.node("Loop", ["", "", "a"], ["z"], name="loop", attributes=[make.graph_attribute("body", loop)])
    model = read(make.model(make.graph([make.node("Abs", ["q"], ["x"]), holds, turns, make.node("Abs", ["x"], ["a"])])))
    assert [each.op for each in model.nodes] == ["Abs", "Neg", "If", "Add", "Loop", "Abs"]
    assert model.nodes[1].path == ("if · then_branch",)
    assert {Edge(0, 1, "x"), Edge(1, 2, ""), Edge(0, 5, "x"), Edge(5, 4, "a")} == set(model.edges)


def test_data_in_another_file_is_named_and_not_looked_for() -> None:
    held = make.tensor("w", (2, 2), place="model.onnx.data")
    model = read(make.model(make.graph([make.node("Abs", ["w"], ["y"])], tensors=[held])))
    assert model.header.external == ("model.onnx.data",)
    assert model.tensors["w"] == Tensor("w", "float32", (2, 2), 16, "model.onnx.data", 4096)


@pytest.mark.parametrize("place", ["../secret", "a/../../b", "/etc/passwd", "C:\\x", "..\\x"])
def test_data_outside_the_folder_is_refused(place: str) -> None:
    with pytest.raises(UserError, match=r"outside its own folder"):
        read(make.model(make.graph([], tensors=[make.tensor("w", (2,), place=place)])))


def bomb(depth: int) -> bytes:
    """Return a model whose graphs lie within each other."""
    held = make.graph([])
    for _ in range(depth):
        held = make.graph([make.node("If", ["c"], ["y"], attributes=[make.graph_attribute("then_branch", held)])])
    return make.model(held)


def deep_type(depth: int) -> bytes:
    """Return a model with an input that is a sequence of sequences of ….."""
    held = b""
    for _ in range(depth):
        held = make.part(4, make.part(1, held))
    return make.model(make.graph([], inputs=[make.part(1, "x") + make.part(2, held)]))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "it is empty"),
        (b"PK\x03\x04 a zip file", "no format has"),
        (SMALL[:-30], "longer than the file"),
        (make.part(1, 10) + b"\x3a\xff\xff\xff\xff\x07", "longer than the file"),  # a graph of 2 GB
        (make.part(1, 10), "no graph"),
        (make.part(7, make.graph([])), "which version"),
        (b"\x08" + b"\xff" * 11, "64 bits"),
        (b"\x08", "middle of a number"),
        (bomb(20), "nested too deeply"),
        (bomb(4000), "nested too deeply"),
        (deep_type(50), "nested too deeply"),
        (make.model(make.graph([], tensors=[make.part(1, -5)])), "negative"),
        (make.model(make.graph([], tensors=[make.part(1, 1 << 40) * 60])), "more numbers"),
        (make.model(make.graph([]) + make.part(15, make.part(3, 1 << 40) * 60)), "more numbers"),
    ],
    ids=lambda each: each if isinstance(each, str) else "",
)
def test_what_is_no_model_is_said_in_a_sentence(data: bytes, says: str) -> None:
    with pytest.raises(UserError, match=says):
        read(data)


def test_a_graph_of_endless_small_parts_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_app.core.onnx_graph.skeleton._MOST_FIELDS", 1000)
    with pytest.raises(UserError, match="too large to be shown"):
        read(b"\x08\x01" * 2000)


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_model_or_a_sentence(data: bytes) -> None:
    with pytest.raises(UserError):
        read(data)


@settings(max_examples=300)
@given(st.data())
def test_a_model_with_some_bytes_changed_ends_in_a_model_or_a_sentence(data: st.DataObject) -> None:
    harmed = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 6))):
        harmed[data.draw(st.integers(0, len(SMALL) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(SMALL)))
    try:
        model = read(bytes(harmed[:cut]) + bytes(harmed[cut + 1 :]))
        for each in model.nodes:
            for span in each.attributes:
                parts.attribute(model.skeleton, *span)
    except UserError:
        pass
