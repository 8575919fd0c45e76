"""One level of a layered layout: boxes in rows, from what they get to what they give. O(boxes + edges) but for sorting.

Rows by the longest path; order in a row by a few sweeps of barycentres; places in a row next to what they belong to,
by isotonic regression. Edges over several rows get no dummies: those that would run through boxes get a lane beside.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from desktop_app.core.onnx_graph.steps import Steps

_STEP = 300
_MANY = 3000
_SWEEPS, _SWEEPS_OF_MANY = 4, 2
_LANES = 12
_FAR = 700.0
"""Units beyond which an edge goes behind boxes rather than around them."""


OUTSIDE = -1


@dataclass(frozen=True, slots=True)
class Spacing:
    """Units between boxes: beside each other, between rows, around a frame, and for its title."""

    beside: float = 28
    rows: float = 40
    around: float = 16
    title: float = 26
    lane: float = 10


@dataclass(slots=True)
class Level:
    """Boxes and edges to lay out, and where they come to lie: middles and tops, lanes by edge."""

    items: list[int]
    """In the order in which they do their work, as far as there is one."""
    sizes: Mapping[int, tuple[float, float]]
    edges: Sequence[tuple[int, int]]
    still: frozenset[int] = frozenset()
    """Items that no input reaches: they stand right before what needs them."""
    x: dict[int, float] = field(default_factory=dict)
    y: dict[int, float] = field(default_factory=dict)
    ways: Sequence[tuple[int, int]] = ()
    """Edges that come from outside (`OUTSIDE` is their source) or go there."""
    lanes: dict[tuple[int, int], float] = field(default_factory=dict)
    """Where an edge passes by what lies between its ends. Edges from one box share a lane."""
    width: float = 0
    height: float = 0
    left: float = 0


def laying_out(level: Level, spacing: Spacing) -> Steps[None]:
    """Give each box of a level its place."""
    work = _Work(level, spacing)
    yield
    yield from work.join()
    yield from work.rank()
    yield from work.order()
    yield from work.place()
    yield from work.route()
    yield from work.finish()


class _Work:
    def __init__(self, level: Level, spacing: Spacing) -> None:
        self._level, self._spacing = level, spacing
        self._at = {each: at for at, each in enumerate(level.items)}
        self._before: dict[int, list[int]] = {each: [] for each in level.items}
        self._after: dict[int, list[int]] = {each: [] for each in level.items}
        self._row_of: dict[int, int] = {}
        self._rows: list[list[int]] = []

    def join(self) -> Steps[None]:
        """Note who gets something from whom; an edge that goes back is drawn, and has no say."""
        for count, (source, target) in enumerate(self._level.edges):
            if self._at[source] < self._at[target]:
                self._after[source].append(target)
                self._before[target].append(source)
            if count % _STEP == 0:
                yield

    def rank(self) -> Steps[None]:
        """Give each item the row after those of all it gets something from; inputs stand by their users."""
        rows = self._row_of
        for count, each in enumerate(self._level.items):
            rows[each] = 1 + max((rows[before] for before in self._before[each]), default=-1)
            if count % _STEP == 0:
                yield
        for each in reversed(self._level.items):
            if self._after[each] and (not self._before[each] or each in self._level.still):
                rows[each] = max(0, min(rows[after] for after in self._after[each]) - 1)
        yield
        lowest = min(rows.values(), default=0)
        self._rows = [[] for _ in range(max(rows.values(), default=-1) + 1 - lowest)]
        for each in self._level.items:
            rows[each] -= lowest
            self._rows[rows[each]].append(each)

    def order(self) -> Steps[None]:
        """Sort each row by the middle of what its items get or give, down and up in turn."""
        if max(map(len, self._rows), default=0) < 2:
            return
        place = {each: at - len(row) / 2 for row in self._rows for at, each in enumerate(row)}
        count = 0
        for sweep in range(_SWEEPS if len(place) < _MANY else _SWEEPS_OF_MANY):
            near = self._before if sweep % 2 == 0 else self._after
            for row in self._rows if sweep % 2 == 0 else reversed(self._rows):
                if len(row) > 1:
                    row.sort(key=lambda each: _mean(near[each], place, place[each]))
                    for at, each in enumerate(row):
                        place[each] = at - len(row) / 2
                count += len(row)
                if count > _STEP:
                    count = 0
                    yield

    def place(self) -> Steps[None]:
        """Give each item its x, near the middle of its neighbours, in the order of its row; and its y."""
        x, count = self._level.x, 0
        for row in self._rows:
            self._spread(row, [0.0] * len(row))
        yield
        for sweep in range(_SWEEPS + 1 if len(x) < _MANY else _SWEEPS_OF_MANY + 1):
            near = self._before if sweep % 2 == 0 else self._after
            for row in self._rows if sweep % 2 == 0 else reversed(self._rows):
                self._spread(row, [_mean(near[each], x, x[each]) for each in row])
                count += len(row)
                if count > _STEP:
                    count = 0
                    yield
        top = 0.0
        for at, row in enumerate(self._rows):
            if at % _STEP == 0:
                yield
            height = max(self._level.sizes[each][1] for each in row)
            for each in row:
                self._level.y[each] = top + (height - self._level.sizes[each][1]) / 2
            top += height + self._spacing.rows
        self._level.height = max(0.0, top - self._spacing.rows)

    def _spread(self, row: list[int], wanted: list[float]) -> None:
        """Place a row's items as near as can be to where they want, in order and without overlap."""
        sizes, x = self._level.sizes, self._level.x
        if len(row) == 1:
            x[row[0]] = wanted[0]
            return
        offsets, offset = [0.0], 0.0
        for left, right in pairwise(row):
            offset += (sizes[left][0] + sizes[right][0]) / 2 + self._spacing.beside
            offsets.append(offset)
        blocks: list[tuple[float, int]] = []
        for want, off in zip(wanted, offsets, strict=True):
            mean, weight = want - off, 1
            while blocks and blocks[-1][0] >= mean:
                other, more = blocks.pop()
                mean, weight = (mean * weight + other * more) / (weight + more), weight + more
            blocks.append((mean, weight))
        means = (mean for mean, weight in blocks for _ in range(weight))
        for each, mean, off in zip(row, means, offsets, strict=True):
            x[each] = mean + off

    def route(self) -> Steps[None]:
        """Give lanes to edges that would run through boxes."""
        from_each: dict[tuple[int, int], list[_Span]] = {}
        for count, edge in enumerate((*self._level.edges, *self._level.ways)):
            span = self._span(edge)
            if span is not None:
                key = edge if edge[0] == OUTSIDE else (edge[0], int(span.goes_back))
                from_each.setdefault(key, []).append(span)
            if count % _STEP == 0:
                yield
        if not from_each:
            return
        yield
        rows = _Rows(self._rows, self._level)
        yield from rows.double(max(each.end - each.begin for spans in from_each.values() for each in spans))
        taken = _Taken(self._spacing.lane, len(from_each) < _MANY)
        shortest_first = sorted(from_each.values(), key=lambda spans: max(each.end - each.begin for each in spans))
        for count, spans in enumerate(shortest_first):
            self._route(spans, rows, taken)
            if count % 50 == 0:
                yield

    def _span(self, edge: tuple[int, int]) -> _Span | None:
        """Return the rows that an edge goes through; None where there are none."""
        source, target = edge
        x, rows = self._level.x, self._row_of
        if source == OUTSIDE:
            span = _Span(edge, 0, rows[target], x[target], x[target])
        elif target == OUTSIDE:
            span = _Span(edge, rows[source] + 1, len(self._rows), x[source], x[source])
        elif self._at[source] < self._at[target]:
            span = _Span(edge, rows[source] + 1, rows[target], x[source], x[target])
        else:
            first, last = sorted((rows[source], rows[target]))
            return _Span(edge, first, last + 1, x[source], x[target], True)
        return span if span.end > span.begin else None

    def _route(self, spans: list[_Span], rows: _Rows, taken: _Taken) -> None:
        """Give the edges of one box a lane for those of them that need one."""
        spans = [each for each in spans if each.goes_back or not rows.are_free(each)]
        if not spans:
            return
        begin, end = min(each.begin for each in spans), max(each.end for each in spans)
        extents = [rows.extent(each.begin, each.end) for each in spans]
        left, right = min(each[0] for each in extents), max(each[1] for each in extents)
        middle = (spans[0].here + max(spans, key=lambda each: each.end).there) / 2
        side = 1 if right - middle <= middle - left else -1
        gap = self._spacing.beside / 2
        outer = right + gap if side == 1 else left - gap
        if not any(each.goes_back for each in spans) and abs(outer - middle) > _FAR:
            return
        lane = outer + side * taken.take(side, begin, end)
        self._level.lanes.update((each.edge, lane) for each in spans)

    def finish(self) -> Steps[None]:
        """Measure the level, and move it to where x begins with 0."""
        level = self._level
        yield
        lefts = [level.x[each] - level.sizes[each][0] / 2 for each in level.items]
        rights = [level.x[each] + level.sizes[each][0] / 2 for each in level.items]
        yield
        level.left = min((*lefts, *level.lanes.values()), default=0.0)
        level.width = max((*rights, *level.lanes.values()), default=0.0) - level.left
        yield
        level.x = {each: x - level.left for each, x in level.x.items()}
        level.lanes = {edge: x - level.left for edge, x in level.lanes.items()}


@dataclass(frozen=True, slots=True)
class _Span:
    """An edge with the rows between its ends, and the middles of these."""

    edge: tuple[int, int]
    begin: int
    end: int
    here: float
    there: float
    goes_back: bool = False


class _Rows:
    """How far rows of boxes reach, and whether there is room between their boxes."""

    _FEW = 24

    def __init__(self, rows: list[list[int]], level: Level) -> None:
        half = {each: level.sizes[each][0] / 2 for each in level.items}
        self._lefts = [[level.x[each] - half[each] for each in row] for row in rows]
        self._rights = [[level.x[each] + half[each] for each in row] for row in rows]
        self._least = [[row[0] for row in self._lefts]]  # boxes of a row stand in order, and beside each other
        self._most = [[row[-1] for row in self._rights]]

    def double(self, widest: int) -> Steps[None]:
        """Note how far 2, 4, 8, … rows reach from each one on, so that up to `widest` are asked in one go."""
        step = 1
        while 2 * step <= widest:
            least, most = self._least[-1], self._most[-1]
            self._least.append([])
            self._most.append([])
            for at in range(0, len(least) - step, _MANY):
                here, there = slice(at, min(at + _MANY, len(least) - step)), slice(at + step, at + step + _MANY)
                self._least[-1].extend(map(min, least[here], least[there]))
                self._most[-1].extend(map(max, most[here], most[there]))
                yield
            step *= 2

    def extent(self, begin: int, end: int) -> tuple[float, float]:
        """Return how far the rows from `begin` to before `end` reach to the left and the right."""
        power = (end - begin).bit_length() - 1
        least, most, last = self._least[power], self._most[power], end - (1 << power)
        return min(least[begin], least[last]), max(most[begin], most[last])

    def are_free(self, span: _Span) -> bool:
        """Return whether no box stands between the ends of an edge; of many rows nobody looks."""
        if span.end - span.begin > self._FEW:
            return False
        left, right = sorted((span.here, span.there))
        return all(
            bisect_right(self._lefts[row], right + 6) == bisect_left(self._rights[row], left - 6)
            for row in range(span.begin, span.end)
        )


class _Taken:
    """Which lanes are taken at each side, from which row to which."""

    def __init__(self, width: float, looks: bool) -> None:
        self._width, self._looks = width, looks
        self._lanes: dict[int, list[list[tuple[int, int]]]] = {1: [], -1: []}

    def take(self, side: int, begin: int, end: int) -> float:
        """Take the innermost lane that is free there, and return how far out it is."""
        lanes = self._lanes[side]
        for at, lane in enumerate(lanes if self._looks else ()):
            if all(stop <= begin or start >= end for start, stop in lane):
                lane.append((begin, end))
                return at * self._width
        if len(lanes) < _LANES:
            lanes.append([(begin, end)])
        return (len(lanes) - 1) * self._width


def _mean(near: list[int], places: Mapping[int, float], otherwise: float) -> float:
    if not near:
        return otherwise
    if len(near) == 1:
        return places[near[0]]
    return sum(places[each] for each in near) / len(near)
