"""Models are laid out in layers, module by module: nothing overlaps, and what flows goes down."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.core.onnx_graph.layout import Box, Items, Scene, items_of, laying_out
from desktop_app.core.onnx_graph.outline import Outline, open_at_first, outlining
from desktop_app.core.onnx_graph.reading import reading
from desktop_app.core.onnx_graph.skeleton import BytesSource, skeleton
from desktop_app.core.onnx_graph.steps import finished
from desktop_app.core.onnx_graph.values import Model
from tests.helpers import onnx_files as make


def known(data: bytes) -> tuple[Model, Outline]:
    """Read a model and its modules."""
    model = finished(reading(skeleton(BytesSource(data))))
    return model, finished(outlining(model))


def laid_out(data: bytes, opened: frozenset[int] | None = None) -> tuple[Items, Scene]:
    """Lay a model out, with all its modules open or these."""
    model, outline = known(data)
    items = items_of(model, outline, frozenset(range(len(outline.groups))) if opened is None else opened)
    return items, finished(laying_out(items, lambda _item: (100, 30)))


def overlap(one: Box, other: Box) -> bool:
    """Return whether two boxes lie on each other."""
    aside = one.x + one.width <= other.x + 1e-6 or other.x + other.width <= one.x + 1e-6
    return not (aside or one.bottom <= other.y + 1e-6 or other.bottom <= one.y + 1e-6)


def contains(outer: Box, inner: Box) -> bool:
    """Return whether a box lies within another."""
    across = outer.x <= inner.x and inner.x + inner.width <= outer.x + outer.width
    return across and outer.y <= inner.y and inner.bottom <= outer.bottom


def test_a_chain_goes_down_and_a_skip_goes_beside_it() -> None:
    items, scene = laid_out(make.chain(12))
    tops = [scene.boxes[each].y for each in range(12)]
    assert tops == sorted(tops)
    assert scene.boxes[12].bottom <= tops[0]  # the input
    assert scene.boxes[13].y >= scene.boxes[11].bottom  # the output
    skip = next(each for each in scene.routes if (each.source, each.target) == (2, 5))
    boxes = [scene.boxes[each] for each in (3, 4)]
    assert all(not box.x < x < box.x + box.width for x, _y in skip.points[1:-1] for box in boxes)
    assert items.model.is_input(12)


def test_closed_modules_are_one_box_with_one_edge_each() -> None:
    _items, scene = laid_out(make.chain(90, layers=3), frozenset({0, 1}))
    assert len([each for each in scene.boxes.values() if not each.is_frame]) == 3 + 2
    assert len(scene.routes) == 4
    assert scene.routes[0].tensors
    frame = next(each for each in scene.boxes.values() if each.is_frame)
    assert sum(contains(frame, each) for each in scene.boxes.values()) == 4


def test_large_modules_are_closed_at_first_and_small_models_are_open() -> None:
    _model, small = known(make.chain(12, layers=2))
    assert open_at_first(small) == frozenset(range(len(small.groups)))
    _model, large = known(make.chain(1200, layers=12))
    assert {large.groups[each].title for each in open_at_first(large)} == {"", "net"}


def test_a_module_of_one_node_is_that_node() -> None:
    nodes = [make.node("Relu", [f"x{at}"], [f"x{at + 1}"], scopes=("a", f"a.{at}"), name=f"n{at}") for at in range(3)]
    _model, outline = known(make.model(make.graph(nodes)))
    assert [each.title for each in outline.groups] == ["", "a"]


def test_constants_are_folded_and_what_no_input_reaches_stands_with_who_needs_it() -> None:
    nodes = [
        make.node("Constant", [], ["c"]),
        make.node("Transpose", ["w"], ["wt"], name="t"),
        *(make.node("Relu", [f"x{at}"], [f"x{at + 1}"], name=f"m/r{at}") for at in range(3)),
        make.node("MatMul", ["x3", "wt"], ["y"], name="m/mul"),
    ]
    held = make.graph(nodes, tensors=[make.tensor("w", (2, 2))], inputs=[make.value("x0")], outputs=[make.value("y")])
    items, scene = laid_out(make.model(held))
    assert 0 not in scene.boxes
    assert items.outline.groups[items.outline.group_of[1]].title == "m"
    assert scene.boxes[1].y == scene.boxes[4].y


def test_a_node_without_a_module_between_nodes_of_one_is_in_it() -> None:
    nodes = [
        make.node("Relu", ["x"], ["a"], scopes=("m", "m.a"), name="one"),
        make.node("Split", ["a"], ["b"], name="bare"),
        make.node("Relu", ["b"], ["c"], scopes=("m", "m.b"), name="two"),
        make.node("Relu", ["c"], ["d"], name="last"),
        make.node("Relu", ["d"], ["e"], scopes=("n",), name="three"),
    ]
    _model, outline = known(make.model(make.graph(nodes, inputs=[make.value("x")])))
    assert [outline.groups[each].title for each in outline.group_of] == ["m", "m", "m", "", ""]


def test_what_the_exporter_made_itself_is_in_no_module() -> None:
    """PyTorch's calls that a place, too."""
    made = ("_empty_nn_module_stack_from_metadata_hook",)
    nodes = [make.node("Shape", [f"x{at}"], [f"x{at + 1}"], name=f"n{at}", scopes=made) for at in range(3)]
    _model, outline = known(make.model(make.graph(nodes, inputs=[make.value("x0")])))
    assert [each.title for each in outline.groups] == [""]


def test_a_module_that_is_called_here_and_there_is_taken_apart() -> None:
    nodes = [
        make.node(op, [f"x{at}"], [f"x{at + 1}"], name=f"n{at}", scopes=("m", f"m.{op.lower()}{at % 2 and at}"))
        for at, op in enumerate(["Relu", "Conv", "Relu", "Conv"])
    ]
    _model, outline = known(make.model(make.graph(nodes, inputs=[make.value("x0")])))
    assert [each.title for each in outline.groups] == ["", "m"]


def test_a_module_that_is_left_and_entered_again_is_drawn() -> None:
    nodes = [
        make.node("Relu", ["x"], ["a"], scopes=("m",), name="one"),
        make.node("Relu", ["a"], ["b"], name="between", scopes=("o",)),
        make.node("Relu", ["b"], ["c"], scopes=("m",), name="two"),
        make.node("Add", ["c", "a"], ["d"], scopes=("m",), name="three"),
    ]
    items, scene = laid_out(make.model(make.graph(nodes)), frozenset({0}))
    assert {(each.source, each.target) for each in scene.routes} == {(items.item(1), 1), (1, items.item(1))}


@st.composite
def graphs(draw: st.DrawFn) -> bytes:
    """Draw a model of any shape, in modules of any shape; its nodes may even go in circles."""
    count = draw(st.integers(1, 25))
    nodes = []
    for at in range(count):
        sources = draw(st.lists(st.integers(0, count - 1), max_size=3))
        scopes = draw(st.sampled_from([(), ("a",), ("a", "a.b"), ("c",), ("a", "a.b", "a.b.d")]))
        nodes.append(make.node("Op", [f"t{each}" for each in sources], [f"t{at}"], name=f"n{at}", scopes=scopes))
    return make.model(make.graph(nodes, inputs=[make.value("in")], outputs=[make.value("t0")]))


@settings(max_examples=60, deadline=None)
@given(graphs(), st.sets(st.integers(0, 4)))
def test_nothing_overlaps_and_frames_hold_what_is_theirs(data: bytes, opened: set[int]) -> None:
    items, scene = laid_out(data, frozenset(opened))
    for (one, box), (other, another) in combinations(scene.boxes.items(), 2):
        if items.holder(one) == items.holder(other):
            assert not overlap(box, another)
    for item, box in scene.boxes.items():
        holder = items.holder(item)
        if holder:
            assert contains(scene.boxes[items.item(holder)], box)
    for route in scene.routes:
        assert {route.source, route.target} <= scene.boxes.keys()
