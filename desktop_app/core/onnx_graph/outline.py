"""A model as a tree of modules, and which of them are open at first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop_app.core.onnx_graph.grouping import classes
from desktop_app.core.onnx_graph.steps import Steps
from desktop_app.core.onnx_graph.values import Model

ROOT = 0
_STEP = 256
AT_FIRST = 32
"""Boxes that are shown at first, at most, where modules can be closed."""
_LONELY, _AT_MOST = 2, 400
"""A box or two tell nothing: then more are shown, though not more than these."""
_ALIKE = 0.6  # a module that has this part of the largest one's nodes is opened with it


@dataclass(slots=True)
class Group:
    """A module: its nodes are those that are in none of its own modules."""

    name: str
    title: str
    parent: int
    depth: int = 0
    kind: str = ""
    """The class of the module, where the exporter said it."""
    nodes: list[int] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    count: int = 0
    """Nodes in it and in its modules."""
    parameters: int = 0
    first: int = 0
    """The first of its nodes."""


@dataclass(frozen=True, slots=True)
class Outline:
    """All modules, the whole model first; and which module each node is in."""

    groups: tuple[Group, ...]
    group_of: tuple[int, ...]
    folded: frozenset[int]
    """Nodes that are drawn as a part of those that use them: constants."""
    still: frozenset[int]
    """Nodes that come to the same whatever the model is given: what they get are weights and constants."""

    def within(self, node: int) -> tuple[int, ...]:
        """Return the modules around a node, innermost first."""
        found, at = [], self.group_of[node]
        while at != ROOT:
            found.append(at)
            at = self.groups[at].parent
        return tuple(found)


def outlining(model: Model) -> Steps[Outline]:
    """Put the nodes of a model into the modules that their paths name; one with a single node is none."""
    still = yield from _still(model)
    paths = yield from _paths(model, still)
    yield from _part_calls(model, paths)
    counts: dict[tuple[str, ...], int] = {}
    for at, path in enumerate(paths):
        for depth in range(1, len(path) + 1):
            counts[path[:depth]] = counts.get(path[:depth], 0) + 1
        if at % _STEP == 0:
            yield
    maker = _Maker(model, counts)
    for at, path in enumerate(paths):
        maker.add(at, path)
        if at % _STEP == 0:
            yield
    maker.sum_up()
    folded = frozenset(at for at, each in enumerate(model.nodes) if each.op == "Constant" and not each.inputs)
    return Outline(tuple(maker.groups), tuple(maker.group_of), folded, still)


_Paths = list[tuple[str, ...]]


def _paths(model: Model, still: frozenset[int]) -> Steps[_Paths]:  # noqa: C901 - plain loops, one after the other
    """Return each node's modules.

    A still node belongs to what all who need it have in common. So does a node of which the exporter says nothing,
    between nodes of one module.
    """
    paths = [each.path for each in model.nodes]
    yield
    users: dict[int, list[int]] = {}
    makers: dict[int, list[int]] = {}
    count = len(paths)
    for at, edge in enumerate(model.edges):
        if edge.source in still or (edge.source < count and not paths[edge.source]):
            users.setdefault(edge.source, []).append(edge.target)
        if edge.target < count and not paths[edge.target] and edge.source not in still:
            makers.setdefault(edge.target, []).append(edge.source)
        if at % _STEP == 0:
            yield
    for at, node in enumerate(sorted(still & users.keys(), reverse=True)):
        common = _common(_of(users[node], paths))
        if len(common) > len(paths[node]):
            paths[node] = common
        if at % _STEP == 0:
            yield
    for at, node in enumerate(sorted(makers.keys() & users.keys())):
        before, after = (list(filter(None, _of(each[node], paths))) for each in (makers, users))
        if before and after:
            paths[node] = _common([*before, *after])
        if at % _STEP == 0:
            yield
    return paths


def _part_calls(model: Model, paths: _Paths) -> Steps[None]:
    """Take apart modules whose nodes have nothing to do with each other: one activation that is called here and there.

    As one box it would stand before and after what lies between its calls.
    """
    inner = (edge for edge in model.edges if max(edge.source, edge.target) < len(paths))
    joined = {paths[edge.source] for edge in inner if paths[edge.source] == paths[edge.target]}
    yield
    outer = {path[:-1] for path in paths if path}
    yield
    for at, path in enumerate(paths):
        if path and path not in joined and path not in outer:
            paths[at] = path[:-1]
        if at % _STEP == 0:
            yield


def _of(numbers: list[int], paths: _Paths) -> _Paths:
    return [paths[each] if each < len(paths) else () for each in numbers[:_STEP]]


def _common(paths: _Paths) -> tuple[str, ...]:
    """Return the modules that all have in common."""
    common = paths[0]
    for other in paths[1:]:
        same = next((at for at, pair in enumerate(zip(common, other, strict=False)) if pair[0] != pair[1]), None)
        common = common[: min(len(common), len(other)) if same is None else same]
    return common


def _still(model: Model) -> Steps[frozenset[int]]:
    """Find the nodes that no input reaches."""
    reached = bytearray(model.size)
    reached[len(model.nodes) :] = b"\1" * (model.size - len(model.nodes))
    for count, edge in enumerate(sorted(model.edges, key=lambda each: each.target)):
        if reached[edge.source]:
            reached[edge.target] = 1
        if count % _STEP == 0:
            yield
    return frozenset(at for at in range(len(model.nodes)) if not reached[at])


class _Maker:
    def __init__(self, model: Model, counts: Mapping[tuple[str, ...], int]) -> None:
        self._model, self._counts = model, counts
        self._by_path: dict[tuple[str, ...], int] = {(): ROOT}
        self._weighed: set[str] = set()
        self.groups = [Group("", "", ROOT)]
        self.group_of: list[int] = []

    def add(self, number: int, path: tuple[str, ...]) -> None:
        """Put a node into its module."""
        node = self._model.nodes[number]
        while path and self._counts[path] == 1:
            path = path[:-1]
        group = self._by_path.get(path)
        if group is None:
            group = self._make(path, number)
        self.group_of.append(group)
        made = self.groups[group]
        made.nodes.append(number)
        made.count += 1
        for name in node.inputs:
            tensor = self._model.tensors.get(name)
            if tensor is not None and name not in self._weighed:
                self._weighed.add(name)
                made.parameters += tensor.parameters

    def _make(self, path: tuple[str, ...], number: int) -> int:
        parent = ROOT
        kinds = classes(self._model.skeleton, self._model.nodes[number])
        for depth in range(1, len(path) + 1):
            group = self._by_path.get(path[:depth])
            if group is None:
                group = self._by_path[path[:depth]] = len(self.groups)
                name = path[depth - 1]
                title = name.removeprefix(self.groups[parent].name).lstrip("./") or name
                self.groups.append(Group(name, title, parent, depth, kinds.get(name, ""), first=number))
                self.groups[parent].groups.append(group)
            parent = group
        return parent

    def sum_up(self) -> None:
        """Count the nodes and parameters of modules into those around them; inner ones stand later in the list."""
        for at in range(len(self.groups) - 1, 0, -1):
            each = self.groups[at]
            outer = self.groups[each.parent]
            outer.count += each.count
            outer.parameters += each.parameters


def open_at_first(outline: Outline, most: int = AT_FIRST) -> frozenset[int]:
    """Return the modules to open first: the largest ones, those that are alike together, while all stays small."""
    opened = {ROOT}
    shown = len(outline.groups[ROOT].nodes) + len(outline.groups[ROOT].groups)
    closed = set(outline.groups[ROOT].groups)
    while closed:
        largest = max(outline.groups[each].count for each in closed)
        alike = [each for each in closed if outline.groups[each].count >= _ALIKE * largest]
        more = sum(len(outline.groups[each].nodes) + len(outline.groups[each].groups) - 1 for each in alike)
        if shown + more > (_AT_MOST if shown <= _LONELY else most):
            break
        shown += more
        opened.update(alike)
        closed.difference_update(alike)
        closed.update(inner for each in alike for inner in outline.groups[each].groups)
    return frozenset(opened)
