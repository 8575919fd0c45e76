"""A model's graph as it is looked at: which modules are open, what was found, how it differs from another one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from desktop_app.core.onnx_graph.difference import Difference, comparing
from desktop_app.core.onnx_graph.layout import Items, Scene, items_of, laying_out
from desktop_app.core.onnx_graph.levels import Spacing
from desktop_app.core.onnx_graph.outline import ROOT, open_at_first
from desktop_app.core.onnx_graph.steps import Steps, finished
from desktop_app.core.words import plural
from desktop_app.presenters.models.graph_words import Caption, caption
from desktop_app.presenters.models.words import Mark
from desktop_app.services.exports.graph_files import GraphFile

ADDED = Mark("mdi6.plus-circle-outline", "completed", "Added")
CHANGED = Mark("mdi6.circle-edit-outline", "canceled", "Changed")
REMOVED = Mark("mdi6.minus-circle-outline", "failed", "Removed")
MOST_FOUND = 200
_STEP = 500


@dataclass(frozen=True, slots=True)
class Measures:
    """How large letters are, in units of the picture."""

    letter: float = 7.0
    line: float = 16.0


@dataclass(frozen=True, slots=True)
class Found:
    """Something that a search found: a node or a module (`item`), and what it is called."""

    item: int
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Row:
    """A node that differs from the other model's; `item` is -1 for one that is only there."""

    mark: Mark
    item: int
    title: str
    detail: str
    old: int = -1


class Graph:
    """What is open, and what is told of it."""

    def __init__(self, file: GraphFile) -> None:
        self.file = file
        self.items: Items = items_of(file.model, file.outline, open_at_first(file.outline))
        self.difference: Difference | None = None
        self.other: GraphFile | None = None
        self._captions: dict[int, Caption] = {}
        self._names: list[tuple[Found, str]] = []
        self._added: frozenset[int] = frozenset()
        self._differing: frozenset[int] = frozenset()

    def caption(self, item: int) -> Caption:
        """Return what a box says."""
        found = self._captions.get(item)
        if found is None:
            found = self._captions[item] = caption(self.items, item)
        return found

    def laying_out(self, measures: Measures) -> Steps[Scene]:
        """Lay out what is open now."""

        def size_of(item: int) -> tuple[float, float]:
            said = self.caption(item)
            letters = max(1.1 * len(said.title), 1.0 * len(said.detail), 4)
            lines, arrow = 2 if said.detail else 1, 1.2 if self.items.group(item) >= 0 else 0
            return letters * measures.letter + (1.8 + arrow) * measures.line, (lines + 0.75) * measures.line

        scale = measures.line / 16
        spacing = Spacing(28 * scale, 36 * scale, 14 * scale, 1.6 * measures.line, 10 * scale)
        return laying_out(self.items, size_of, spacing)

    # ----- modules

    def toggle(self, item: int) -> bool:
        """Open or close a module; returns whether there was one."""
        group = self.items.group(item)
        if group < 0:
            return False
        self._open(self.items.opened ^ {group})
        return True

    def open_all(self) -> None:
        """Open every module."""
        self._open(frozenset(range(len(self.items.outline.groups))))

    def close_all(self) -> None:
        """Show the model as it is shown at first."""
        self._open(open_at_first(self.items.outline))

    def reveal(self, item: int) -> bool:
        """Open the modules around something; returns whether one was closed."""
        group = self.items.group(item)
        if group < 0 and item >= len(self.items.model.nodes):
            return False
        at = self.items.outline.groups[group].parent if group >= 0 else self.items.outline.group_of[item]
        around = set()
        while at != ROOT:
            around.add(at)
            at = self.items.outline.groups[at].parent
        if around <= self.items.opened:
            return False
        self._open(self.items.opened | around)
        return True

    def _open(self, opened: frozenset[int]) -> None:
        self.items = items_of(self.file.model, self.file.outline, opened)

    def standing_for(self, item: int) -> int:
        """Return the item that is drawn where this one is: itself, or a closed module around it."""
        group = self.items.group(item)
        if group >= 0:
            closed = self.items.closed_by[self.items.outline.groups[group].parent]
            return item if closed < 0 else self.items.item(closed)
        return self.items.shown(item)

    def named(self, name: str) -> int:
        """Return the node of a name, or that gives a tensor of it; -1 where there is none."""
        nodes = self.items.model.nodes
        found = next((at for at, each in enumerate(nodes) if each.name == name), -1)
        return found if found >= 0 else next((at for at, each in enumerate(nodes) if name in each.outputs), -1)

    # ----- search

    def noting_names(self) -> Steps[None]:
        """Note what everything is called, so that a search takes no time."""
        names: list[tuple[Found, str]] = []
        for each in self._all_names():
            names.append(each)
            if len(names) % _STEP == 0:
                yield
        self._names = names

    def search(self, wanted: str) -> list[Found]:
        """Return what has all these words in its name, its operator, its module or its tensors."""
        words = wanted.casefold().split()
        if not words:
            return []
        if not self._names:
            finished(self.noting_names())
        found = (each for each, text in self._names if all(word in text for word in words))
        return list(islice(found, MOST_FOUND))

    def _all_names(self) -> Iterator[tuple[Found, str]]:
        items = self.items
        for at, group in enumerate(items.outline.groups[1:], 1):
            shown = Found(items.item(at), group.name, group.kind or plural(group.count, "node"))
            yield shown, f"{group.name} {group.kind}".casefold()
        for number in range(len(items.model.nodes), items.model.size):
            value = items.model.end(number)
            assert value is not None
            yield Found(number, value.name, self.caption(number).detail), value.name.casefold()
        for at, node in enumerate(items.model.nodes):
            text = " ".join((node.op, node.name, *node.inputs, *node.outputs))
            yield Found(at, node.op, node.name or ", ".join(node.outputs)), text.casefold()

    # ----- difference

    def comparing(self, other: GraphFile) -> Steps[Difference]:
        """Compare with another model: what is shown is the newer one."""
        difference = yield from comparing(other.model, self.file.model)
        outline = self.items.outline
        self._added = frozenset(difference.added)
        changed = (*difference.added, *difference.changed)
        self._differing = frozenset(at for node in changed for at in outline.within(node))
        self.difference, self.other = difference, other
        return difference

    def stop_comparing(self) -> None:
        """Show the model by itself again."""
        self.difference = self.other = None

    def mark(self, item: int) -> Mark | None:
        """Return how an item differs; a closed module does as the first of its nodes that does."""
        if self.difference is None:
            return None
        if item < len(self.file.model.nodes):
            return ADDED if item in self._added else CHANGED if item in self.difference.changed else None
        group = self.items.group(item)
        return CHANGED if group in self._differing else None

    def rows(self) -> list[Row]:
        """Return what differs, a row each."""
        if self.difference is None or self.other is None:
            return []
        nodes, gone = self.file.model.nodes, self.other.model.nodes
        rows = [Row(CHANGED, -1, "The model", each) for each in self.difference.header]
        for item, changes in self.difference.changed.items():
            rows.append(Row(CHANGED, item, _called(nodes[item].op, nodes[item].name), "; ".join(changes)))
        rows += [Row(ADDED, each, _called(nodes[each].op, nodes[each].name), "") for each in self.difference.added]
        return rows + [
            Row(REMOVED, -1, _called(gone[each].op, gone[each].name), "", each) for each in self.difference.removed
        ]

    def compared(self) -> str:
        """Return the difference in a sentence."""
        if self.difference is None or self.other is None:
            return ""
        if self.difference.is_empty:
            return f"No difference from {self.other.path.name} but, perhaps, in weights."
        found = self.difference
        counts = f"{len(found.added)} added, {len(found.removed)} removed, {len(found.changed)} changed"
        return f"Compared with {self.other.path.name}: {counts}."


def _called(op: str, name: str) -> str:
    return f"{op}  {name}" if name else op
