"""What boxes, details, searches and comparisons of a model's graph say."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.core.onnx_graph.steps import finished
from desktop_app.presenters.models.graph import ADDED, CHANGED, REMOVED, Graph, Measures
from desktop_app.presenters.models.graph_words import count_text, details, of_model, of_node, summary
from desktop_app.services.exports.graph_files import GraphFile
from tests.helpers import onnx_files as make
from tests.unit.test_onnx_layout import known

CONV = make.model(
    make.graph(
        [
            make.node("Conv", ["x", "w", "b"], ["h"], name="net/conv", attributes=[make.attribute("strides", [2, 2])]),
            make.node("Relu", ["h"], ["y"], name="net/act"),
        ],
        tensors=[make.tensor("w", (8, 3, 3, 3), place="conv.bin"), make.tensor("b", (8,))],
        inputs=[make.value("x", ("batch", 3, 32, 32))],
        outputs=[make.value("y", ("batch", 8, 16, 16))],
        values=[make.value("h", ("batch", 8, 16, 16))],
    )
)


def graph(data: bytes, name: str = "model.onnx") -> Graph:
    """Return a graph as it is looked at."""
    return Graph(GraphFile(Path(name), len(data), *known(data)))


def test_boxes_say_what_they_do_and_hold() -> None:
    shown = graph(CONV)
    assert [(shown.caption(item).title, shown.caption(item).detail) for item in (0, 1, 2, 3, 5)] == [
        ("Conv", "8×3×3×3 · 8"), ("Relu", ""), ("x", "float32 batch×3×32×32"), ("y", "float32 batch×8×16×16"),
        ("net", "2 nodes · 224 parameters"),
    ]  # fmt: skip
    assert shown.caption(0).role != shown.caption(1).role


def test_details_of_a_node_tell_shapes_sizes_and_where_weights_lie() -> None:
    shown = graph(CONV)
    told = details(shown.items, 0)
    assert (told.title, told.subtitle) == ("Conv", "net/conv")
    rows = {each.heading: each.rows for each in told.sections}
    assert rows["Inputs"] == (
        ("x", "float32 batch×3×32×32"), ("w", "float32 8×3×3×3 · 864 B, in conv.bin"), ("b", "float32 8 · 32 B"),
    )  # fmt: skip
    assert rows["Attributes"] == (("strides", "2, 2"),)
    assert rows["Module"] == (("", "net"),)
    assert "strides: 2, 2" in told.text


def test_details_of_modules_ends_and_the_model() -> None:
    shown = graph(CONV)
    assert details(shown.items, shown.items.item(1)).sections[1].rows == (("Conv", "1"), ("Relu", "1"))
    assert details(shown.items, 2).subtitle == "Input of the model"
    assert details(shown.items, 3).subtitle == "Output of the model"
    assert ("", "conv.bin") in next(
        each.rows for each in of_model(shown.file.model, 10).sections if each.heading == "Weights elsewhere"
    )
    assert summary(shown.file.model, 4_096) == "2 nodes · 224 parameters · 4.1 kB · opset 20 · Rank Zero's tests 1"


def test_what_can_not_be_read_keeps_nobody_from_the_rest() -> None:
    shown = graph(CONV)
    node = shown.items.model.nodes[0]._replace(attributes=((0, 3), *shown.items.model.nodes[0].attributes))
    told = of_node(shown.items.model, node)
    rows = next(each.rows for each in told.sections if each.heading == "Attributes")
    assert rows[-1] == ("strides", "2, 2")
    assert len(rows) == 2


@pytest.mark.parametrize(
    ("count", "said"), [(12, "12"), (9_500, "9.5 k"), (25_530_472, "26 M"), (7_200_000_000, "7.2 B")]
)
def test_counts_are_short(count: int, said: str) -> None:
    assert count_text(count) == said


def test_a_search_finds_operators_names_tensors_and_modules() -> None:
    shown = graph(make.chain(90, layers=3))
    assert [each.title for each in shown.search("LAYER.1")] == ["net.layer.1"]
    assert [each.item for each in shown.search("matmul w45")] == [45]
    assert shown.search("") == shown.search("nowhere") == []
    assert shown.named("node_7") == 7
    assert shown.named("x8") == 7
    assert shown.named("nothing") == -1


def test_modules_open_and_close_and_are_opened_for_what_is_in_them() -> None:
    shown = graph(make.chain(1200, layers=12))
    assert shown.standing_for(150) == shown.items.item(3)
    assert shown.reveal(150)
    assert shown.standing_for(150) == 150
    assert not shown.reveal(150)
    assert shown.toggle(shown.items.item(3))
    assert shown.standing_for(150) == shown.items.item(3)
    assert not shown.toggle(150)
    shown.open_all()
    assert shown.standing_for(0) == 0
    shown.close_all()
    assert shown.standing_for(0) == shown.items.item(2)
    scene = finished(shown.laying_out(Measures()))
    assert all(box.width > 0 and box.height > 0 for box in scene.boxes.values())


def test_differences_are_marked_at_nodes_and_their_modules() -> None:
    shown, other = graph(make.chain(36, layers=3)), graph(make.chain(33, layers=3), "old.onnx")
    assert shown.mark(35) is None
    finished(shown.comparing(other.file))
    assert shown.mark(35) is ADDED
    assert shown.mark(shown.items.item(shown.items.outline.group_of[35])) is CHANGED
    assert shown.mark(0) is None
    assert [each.title for each in shown.rows() if each.mark is ADDED] == [
        "MatMul  node_33",
        "Relu  node_34",
        "Add  node_35",
    ]
    finished(other.comparing(shown.file))
    assert [each.old for each in other.rows() if each.mark is REMOVED] == [33, 34, 35]
    shown.stop_comparing()
    assert shown.mark(35) is None
    assert shown.rows() == []
    same = graph(CONV)
    finished(same.comparing(same.file))
    assert same.compared() == "No difference from model.onnx but, perhaps, in weights."
