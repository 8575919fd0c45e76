"""What differs between two models: nodes that came, went or changed, and their headers.

Nodes are matched by name and operator, then by what they give, then by the operator and what their sources are matched
with: so a second export with other names is still known for the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from desktop_app.core.onnx_graph import parts
from desktop_app.core.onnx_graph.parts import shape_text
from desktop_app.core.onnx_graph.steps import Steps
from desktop_app.core.onnx_graph.values import Model, Node, Value

_Sign = Callable[[Node], object]
_STEP = 100
_MOST = 20  # changes told of one node


@dataclass(frozen=True, slots=True)
class Difference:
    """How the second model (`new`) differs from the first (`old`); nodes by number."""

    matches: Mapping[int, int] = field(default_factory=dict)
    """The old node for each new one that has one."""
    added: tuple[int, ...] = ()
    removed: tuple[int, ...] = ()
    changed: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """What changed in a new node, each a sentence's part."""
    header: tuple[str, ...] = ()
    """What changed in what the models say of themselves."""

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed or self.header)


def comparing(old: Model, new: Model) -> Steps[Difference]:
    """Compare two models."""
    matcher = _Matcher(old, new)
    yield from matcher.match()
    changed: dict[int, tuple[str, ...]] = {}
    for count, (here, there) in enumerate(matcher.matches.items()):
        changes = tuple(_changes(old, old.nodes[there], new, new.nodes[here]))
        if changes:
            changed[here] = changes[:_MOST]
        if count % _STEP == 0:
            yield
    matched = set(matcher.matches.values())
    return Difference(
        matches=matcher.matches,
        added=tuple(at for at in range(len(new.nodes)) if at not in matcher.matches),
        removed=tuple(at for at in range(len(old.nodes)) if at not in matched),
        changed=changed,
        header=tuple(_headers(old, new)),
    )


class _Matcher:
    def __init__(self, old: Model, new: Model) -> None:
        self._old, self._new = old, new
        self._left = dict.fromkeys(range(len(old.nodes)))
        self.matches: dict[int, int] = {}

    def match(self) -> Steps[None]:
        """Match nodes, by the surest sign first."""
        yield from self._by(lambda node: (node.op, node.name) if node.name else None)
        yield from self._by(lambda node: (node.op, node.outputs))
        yield from self._by(lambda node: (node.name,) if node.name else None)
        yield from self._by_sources()

    def _by(self, sign: _Sign) -> Steps[None]:
        """Match those that are alone with their sign in both models."""
        signs: dict[object, int] = {}
        for at in self._left:
            key = sign(self._old.nodes[at])
            signs[key] = -1 if key in signs else at
        yield
        found: dict[object, list[int]] = {}
        for at, node in enumerate(self._new.nodes):
            if at not in self.matches:
                found.setdefault(sign(node), []).append(at)
        yield
        for key, numbers in found.items():
            there = signs.get(key, -1)
            if key is not None and there >= 0 and len(numbers) == 1:
                self._pair(numbers[0], there)

    def _by_sources(self) -> Steps[None]:
        """Match what is left in order: the same operator, fed by nodes that are matched with each other."""
        old, new = _sources(self._old), _sources(self._new)
        yield
        signs: dict[object, list[int]] = {}
        for at in self._left:
            signs.setdefault((self._old.nodes[at].op, tuple(old.get(at, ()))), []).append(at)
        for at, node in enumerate(self._new.nodes):
            if at in self.matches:
                continue
            fed = tuple(self._there(each) for each in new.get(at, ()))
            waiting = signs.get((node.op, fed))
            if waiting:
                self._pair(at, waiting.pop(0))
            if at % _STEP == 0:
                yield

    def _there(self, number: int) -> int:
        """Return the old number of a new source; inputs go by their place."""
        if number < len(self._new.nodes):
            return self.matches.get(number, -1)
        return number - len(self._new.nodes) + len(self._old.nodes)

    def _pair(self, here: int, there: int) -> None:
        self.matches[here] = there
        del self._left[there]


def _sources(model: Model) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for edge in model.edges:
        found.setdefault(edge.target, []).append(edge.source)
    return found


def _changes(old: Model, before: Node, new: Model, after: Node) -> list[str]:
    """Return what changed in a node."""
    said = [f"operator: {before.op} → {after.op}"] if before.op != after.op else []
    said += _attributes(old, before, new, after)
    if len(before.inputs) != len(after.inputs):
        said.append(f"inputs: {len(before.inputs)} → {len(after.inputs)}")
    if len(before.outputs) != len(after.outputs):
        said.append(f"outputs: {len(before.outputs)} → {len(after.outputs)}")
    for word, one, other in (("input", before.inputs, after.inputs), ("output", before.outputs, after.outputs)):
        for at, (was, now) in enumerate(zip(one, other, strict=False)):
            types = told(old, was), told(new, now)
            if all(types) and types[0] != types[1]:
                said.append(f"{word} {at + 1}: {types[0]} → {types[1]}")
    return said


def _attributes(old: Model, before: Node, new: Model, after: Node) -> list[str]:
    if [old.skeleton[a:b] for a, b in before.attributes] == [new.skeleton[a:b] for a, b in after.attributes]:
        return []
    was = {each.name: each.text for each in (parts.attribute(old.skeleton, *span) for span in before.attributes)}
    now = {each.name: each.text for each in (parts.attribute(new.skeleton, *span) for span in after.attributes)}
    names = sorted(was.keys() | now.keys())
    return [f"{name}: {was.get(name, 'not there')} → {now.get(name, 'not there')}" for name in names
            if was.get(name) != now.get(name)]  # fmt: skip


def told(model: Model, name: str) -> str:
    """Return what is known of a tensor, as `float32 3×64`; empty where it is nothing."""
    tensor = model.tensors.get(name)
    if tensor is not None:
        return parts.in_words(tensor)
    return typed(model.values.get(name))


def typed(value: Value | None) -> str:
    """Return a value's type and shape, as `float32 batch×3`; empty where nothing is known."""
    if value is None or (not value.dtype and value.shape is None):
        return ""
    return f"{value.dtype} {shape_text(value.shape)}" if value.shape is not None else value.dtype


def _headers(old: Model, new: Model) -> list[str]:
    one, other = old.header, new.header
    said = [
        f"{word}: {was} → {now}"
        for word, was, now in (
            ("opset", one.opset, other.opset), ("IR version", one.ir_version, other.ir_version),
            ("producer", one.producer, other.producer), ("parameters", one.parameters, other.parameters),
        ) if was != now
    ]  # fmt: skip
    for word, was, now in (("input", one.inputs, other.inputs), ("output", one.outputs, other.outputs)):
        names = dict.fromkeys((*(each.name for each in was), *(each.name for each in now)))
        before, after = {each.name: each for each in was}, {each.name: each for each in now}
        for name in names:
            types = [typed(side[name]) or "?" if name in side else "not there" for side in (before, after)]
            if types[0] != types[1]:
                said.append(f"{word} {name}: {types[0]} → {types[1]}")
    return said
