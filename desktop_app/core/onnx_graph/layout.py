"""Where everything of a model is drawn: closed modules as boxes, open ones as frames around what they hold.

Each open module is laid out by itself (`levels`) and is then a box in the module around it; an edge belongs to the
innermost module that has both its ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from desktop_app.core.onnx_graph import levels
from desktop_app.core.onnx_graph.levels import OUTSIDE, Level, Spacing
from desktop_app.core.onnx_graph.outline import ROOT, Outline
from desktop_app.core.onnx_graph.steps import Steps
from desktop_app.core.onnx_graph.values import Model

_STEP = 400
_FEW = 50
_MOST_INPUTS = 8  # of a box, whose ends are told apart


class Box(NamedTuple):
    """Where an item is drawn; an open module is a frame."""

    x: float
    y: float
    width: float
    height: float
    depth: int = 0
    is_frame: bool = False

    @property
    def middle(self) -> float:
        """The x of its middle."""
        return self.x + self.width / 2

    @property
    def bottom(self) -> float:
        """The y of its lower edge."""
        return self.y + self.height


class Route(NamedTuple):
    """An edge as it is drawn: from item to item, along points; `tensors` flow there."""

    source: int
    target: int
    tensors: tuple[str, ...]
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Scene:
    """All that is drawn. Items are nodes by number, then the model's inputs and outputs, then modules (`Items`)."""

    boxes: dict[int, Box]
    """Frames before what they hold."""
    routes: tuple[Route, ...] = ()
    width: float = 0
    height: float = 0


@dataclass(frozen=True, slots=True)
class Items:
    """Which item stands for what, with some modules open."""

    model: Model
    outline: Outline
    opened: frozenset[int]
    closed_by: tuple[int, ...]
    """For each module the outermost closed one that it is in, itself perhaps; -1 where it is seen as a whole."""
    nodes: int
    first: int
    """The number of the first module: those before are nodes and ends."""

    def group(self, item: int) -> int:
        """Return the module that an item is, -1 for none."""
        return item - self.first if item >= self.first else -1

    def item(self, group: int) -> int:
        """Return a module as an item."""
        return self.first + group

    def holder(self, item: int) -> int:
        """Return the module that an item is drawn in."""
        if item < self.nodes:
            return self.outline.group_of[item]
        return ROOT if item < self.first else self.outline.groups[item - self.first].parent

    def shown(self, number: int) -> int:
        """Return the item that a node is seen as: itself, or a closed module around it."""
        if number >= self.nodes:
            return number
        closed = self.closed_by[self.outline.group_of[number]]
        return number if closed < 0 else self.item(closed)


def items_of(model: Model, outline: Outline, opened: frozenset[int]) -> Items:
    """Find out what stands for what."""
    closed: list[int] = []
    for at, each in enumerate(outline.groups):
        outer = closed[each.parent] if at else -1
        closed.append(outer if outer >= 0 else (-1 if at == ROOT or at in opened else at))
    return Items(model, outline, opened, tuple(closed), len(model.nodes), model.size)


def laying_out(
    items: Items, size_of: Callable[[int], tuple[float, float]], spacing: Spacing | None = None
) -> Steps[Scene]:
    """Lay a model out; `size_of` says how large the box of an item is that is no frame."""
    work = _Work(items, size_of, spacing or Spacing())
    yield from work.gather()
    yield from work.lay_out()
    return (yield from work.scene())


@dataclass(slots=True)
class _Way:
    """An edge between items: the module that has both ends, and the two things in it that the edge joins."""

    level: int
    joins: tuple[int, int]
    tensors: list[str] = field(default_factory=list)


class _Work:
    def __init__(self, items: Items, size_of: Callable[[int], tuple[float, float]], spacing: Spacing) -> None:
        self._items, self._size_of, self._spacing = items, size_of, spacing
        self._outline = items.outline
        self._open = [at for at, closed in enumerate(items.closed_by) if closed < 0]
        self._ways: dict[tuple[int, int], _Way] = {}
        self._joins: dict[int, dict[tuple[int, int], None]] = {each: {} for each in self._open}
        self._crossings: dict[int, dict[tuple[int, int], None]] = {each: {} for each in self._open}
        self._levels: dict[int, Level] = {}
        self._sizes: dict[int, tuple[float, float]] = {}
        self._boxes: dict[int, Box] = {}

    def gather(self) -> Steps[None]:
        """Join what is seen, each two items once."""
        folded, size = self._outline.folded, self._items.model.size
        shown = [self._items.shown(each) for each in range(size)]
        yield
        for count, edge in enumerate(self._items.model.edges):
            source, target = shown[edge.source], shown[edge.target]
            if source == target or edge.source in folded:
                continue
            way = self._ways.get((source, target))
            if way is None:
                way = self._ways[source, target] = self._way(source, target)
                if way.joins[0] != way.joins[1]:
                    self._joins[way.level][way.joins] = None
            if edge.tensor and len(way.tensors) < _STEP:
                way.tensors.append(edge.tensor)
            if count % _STEP == 0:
                yield

    def _way(self, source: int, target: int) -> _Way:
        one, other, groups = self._items.holder(source), self._items.holder(target), self._outline.groups
        while one != other:
            if groups[one].depth >= groups[other].depth:
                self._crossings[one][source, OUTSIDE] = None
                source, one = self._items.item(one), groups[one].parent
            else:
                self._crossings[other][OUTSIDE, target] = None
                target, other = self._items.item(other), groups[other].parent
        return _Way(one, (source, target))

    def lay_out(self) -> Steps[None]:
        """Lay out each open module, inner ones first; then all have their sizes, and get their places."""
        for group in reversed(self._open):
            level = yield from self._level(group)
            self._levels[group] = level
            yield from levels.laying_out(level, self._spacing)
            if group != ROOT:
                around = 2 * self._spacing.around
                least = self._size_of(self._items.item(group))[0]
                size = max(least, level.width + around), level.height + around + self._spacing.title
                self._sizes[self._items.item(group)] = size
        around = self._spacing.around
        yield from self._put(ROOT, around, around)

    def _level(self, group: int) -> Steps[Level]:
        members = list(self._members(group))
        for count, each in enumerate(members):
            if each not in self._sizes:
                self._sizes[each] = self._size_of(each)
            if count % _FEW == 0:
                yield
        members.sort(key=self._order)
        return Level(
            members, self._sizes, tuple(self._joins[group]), self._outline.still, ways=tuple(self._crossings[group])
        )

    def _members(self, group: int) -> Iterable[int]:
        made, folded = self._outline.groups[group], self._outline.folded
        yield from (each for each in made.nodes if each not in folded)
        yield from (self._items.item(each) for each in made.groups)
        if group == ROOT:
            yield from range(len(self._items.model.nodes), self._items.model.size)

    def _order(self, item: int) -> tuple[int, int]:
        group = self._items.group(item)
        if group >= 0:
            return self._outline.groups[group].first, 0
        if item < len(self._items.model.nodes):
            return item, 1
        return (-1 if self._items.model.is_input(item) else item), item

    def _put(self, group: int, left: float, top: float) -> Steps[None]:
        """Turn the places in a module into places in the picture."""
        level = self._levels[group]
        depth = self._outline.groups[group].depth
        for count, item in enumerate(level.items):
            width, height = self._sizes[item]
            x, y = left + level.x[item] - width / 2, top + level.y[item]
            inner = self._items.group(item)
            is_frame = inner in self._levels
            self._boxes[item] = Box(x, y, width, height, depth, is_frame)
            if is_frame:
                space = (width - self._levels[inner].width) / 2
                yield from self._put(inner, x + space, y + self._spacing.title + self._spacing.around)
            if count % _STEP == 0:
                yield
        level.left = left

    def scene(self) -> Steps[Scene]:
        """Return the picture."""
        root, around = self._levels[ROOT], 2 * self._spacing.around
        routes = yield from self._routes()
        return Scene(self._boxes, tuple(routes), root.width + around, root.height + around)

    def _routes(self) -> Steps[list[Route]]:
        coming: dict[int, list[int]] = {}
        for count, (source, target) in enumerate(self._ways):
            coming.setdefault(target, []).append(source)
            if count % _STEP == 0:
                yield
        for count, sources in enumerate(coming.values()):
            if len(sources) > 1:
                sources.sort(key=lambda each: self._boxes[each].middle)
            if count % _STEP == 0:
                yield
        routes: list[Route] = []
        for (source, target), way in self._ways.items():
            end = self._boxes[target]
            among = coming[target]
            at = end.middle
            if 1 < len(among) <= _MOST_INPUTS:
                at += (among.index(source) - (len(among) - 1) / 2) * min(14.0, end.width * 0.6 / (len(among) - 1))
            routes.append(Route(source, target, tuple(way.tensors), tuple(self._points(source, target, at, way))))
            if len(routes) % _STEP == 0:
                yield
        return routes

    def _points(self, source: int, target: int, at: float, way: _Way) -> list[tuple[float, float]]:
        """Return the way of an edge: out of the frames around its source, by its lane, into those of its target."""
        begin, end = self._boxes[source], self._boxes[target]
        points = [(begin.middle, begin.bottom)]
        if way.joins == (source, target) and way.joins not in self._levels[way.level].lanes:
            return [*points, (at, end.y)]
        self._leave(points, source, way)
        first, last = (self._boxes[each] for each in way.joins)
        lane = self._lane(way.level, way.joins)
        if lane is not None:
            points += [(lane, first.bottom + self._gap), (lane, last.y - self._gap)]
        self._enter(points, target, at, way)
        points.append((at, end.y))
        return points

    @property
    def _gap(self) -> float:
        return self._spacing.rows * 0.7

    def _leave(self, points: list[tuple[float, float]], item: int, way: _Way) -> None:
        """Go out of the frames around the source, inner ones first."""
        while (group := self._items.holder(item)) != way.level:
            lane, frame = self._lane(group, (item, OUTSIDE)), self._boxes[self._items.item(group)]
            if lane is not None:
                points.append((lane, self._boxes[item].bottom + self._gap))
            points.append((points[-1][0], frame.bottom))
            item = self._items.item(group)

    def _enter(self, points: list[tuple[float, float]], item: int, at: float, way: _Way) -> None:
        """Go into the frames around the target, outer ones first."""
        found: list[tuple[float, float]] = []
        x = at
        while (group := self._items.holder(item)) != way.level:
            lane, frame = self._lane(group, (OUTSIDE, item)), self._boxes[self._items.item(group)]
            if lane is not None:
                found.append((lane, self._boxes[item].y - self._gap))
                x = lane
            found.append((x, frame.y))
            item = self._items.item(group)
        points += reversed(found)

    def _lane(self, group: int, edge: tuple[int, int]) -> float | None:
        level = self._levels[group]
        lane = level.lanes.get(edge)
        return None if lane is None else lane + level.left
