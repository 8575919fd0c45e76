"""Finds the first node whose result differs from the framework's, from the outputs of its modules."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rankzero_kit.cases import read_case

from .comparing import distance, plain
from .inner_values import inner_values, topological
from .opening import open_model
from .scopes import module_of, scopes_of

RIGHT = (5e-5, 1e-5, 3e-6)
"""Up to this part of its size a value is what the module gave; a small fault is looked for with sharper eyes."""
SECONDS = 180.0
"""After so long it is given up: half of the values would blame the wrong node."""
NEAR = 0.5
"""Up to this part of its size a value may be what a module gave, though it is wrong."""
SHOWN = 4
OUTPUT = "(output)"
PLAIN = {"Conv", "Gemm", "MatMul"}
SIMPLE = {
    "Add", "Cast", "Concat", "Expand", "Gather", "Reshape", "Shape", "Size", "Squeeze", "Sub", "Transpose",
    "Unsqueeze",
}  # fmt: skip


@dataclass
class Traced:
    """What a module gave, and the values of the file that are the same, or come near."""

    module: str
    order: int
    array: Any
    near: list[tuple[float, str]] = field(default_factory=list)
    nearest: tuple[bool, float, str] = (True, np.inf, "")
    """Of the values of its own module (False), or else of all: how far the nearest is, and its name."""

    def matches(self, most: float) -> list[str]:
        """Return the values that are the same up to a part of their size."""
        return [name for error, name in self.near if error <= most]


@dataclass(frozen=True)
class Flow:
    """Who makes what, and who needs whom."""

    nodes: Sequence[Any]
    maker: Mapping[str, int]
    before: Sequence[frozenset[int]]

    @staticmethod
    def of(graph: Any) -> Flow:
        """Return the flow of a graph."""
        nodes = topological(graph)
        maker = {name: index for index, node in enumerate(nodes) for name in node.output if name}
        before: list[frozenset[int]] = []
        for node in nodes:
            direct = {maker[name] for name in _reads(node) if name in maker and maker[name] < len(before)}
            before.append(frozenset(direct).union(*(before[each] for each in direct)))
        return Flow(nodes, maker, before)

    def needed(self, values: Sequence[str]) -> set[int]:
        """Return the nodes that values come from, their own makers among them."""
        makers = {self.maker[each] for each in values if each in self.maker}
        return makers.union(*(self.before[each] for each in makers))


def first_difference(
    model: Path, folder: Path, case: Mapping[str, Any], trace: Mapping[str, Any]
) -> dict[str, Any] | None:
    """Return the first node that differs, or None where all values of the trace are found in the file."""
    opened = open_model(model)
    inputs, outputs, _ = read_case(folder / case["file"])
    traced = [*_traced(folder, trace), *_ends(outputs)]
    flow = Flow.of(opened.graph)
    wanted = [name for node in flow.nodes for name in node.output if name]
    there = {each.name for each in opened.graph.input}
    given = {name: each for name, each in inputs.items() if name in there}
    until = time.monotonic() + SECONDS
    for piece in inner_values(opened, given, wanted):
        if time.monotonic() > until:
            return None
        for name, value in piece.items():
            _match(name, value, traced, module_of(flow.nodes[flow.maker[name]]))
    ends = [each.name for each in opened.graph.output]
    return next((told for most in RIGHT if (told := _told(ends, flow, traced, most))), None)


def _reads(node: Any) -> set[str]:
    names = set(node.input)
    for attribute in node.attribute:
        for graph in (attribute.g, *attribute.graphs):
            for inner in graph.node:
                names |= _reads(inner)
    return names


def _traced(folder: Path, trace: Mapping[str, Any]) -> list[Traced]:
    told = sorted(trace["values"], key=lambda each: each["order"])
    with np.load(folder / trace["file"], allow_pickle=False) as data:
        known = [
            Traced(each["module"], each["order"], plain(data[each["key"]])) for each in told if each["key"] in data
        ]
    return [each for each in known if each.array.dtype.kind == "f" and each.array.size]


def _ends(outputs: Mapping[str, Any]) -> list[Traced]:
    known = (plain(each) for each in outputs.values())
    return [Traced(OUTPUT, 0, each) for each in known if each.dtype.kind == "f" and each.size]


def _match(name: str, value: Any, traced: Sequence[Traced], module: str) -> None:
    """Note for which modules a value is what they gave."""
    if value is None or np.asarray(value).dtype.kind != "f":
        return
    value = np.asarray(value)
    size = _mean(value)
    for each in traced:
        if each.array.size != value.size:
            continue
        theirs = _mean(each.array)
        if abs(size - theirs) > 0.2 * theirs and each.module != module:
            continue
        error = min(distance(each.array, one).relative for one in _shaped(value, each.array.shape))
        if error <= RIGHT[0]:
            each.near.append((error, name))
        each.nearest = min(each.nearest, (each.module != module, error, name))


def _mean(array: Any) -> float:
    return float(np.abs(np.nan_to_num(np.asarray(array, np.float64))).mean()) if array.size else 0.0


def _shaped(value: Any, shape: tuple[int, ...]) -> list[Any]:
    """Return a value in a shape: as it lies in memory, and with its channels moved to the other end."""
    found = [value.reshape(shape)]
    if value.ndim == len(shape) > 2:
        turned = (np.moveaxis(value, 1, -1), np.moveaxis(value, -1, 1))
        found += [each for each in turned if each.shape == shape and value.shape != shape]
    return found


def _told(outputs: Sequence[str], flow: Flow, traced: Sequence[Traced], most: float) -> dict[str, Any] | None:
    right = flow.needed([name for each in traced for name in each.matches(most)])
    bad = next((each for each in traced if not each.matches(most) and not _excused(each, flow, right)), None)
    if bad is None:
        return None
    ends = _nodes_of(bad, flow)
    region = flow.needed([name for index in ends for name in flow.nodes[index].output]) - right
    region = region or flow.needed(outputs) - right
    return _document(flow, _likeliest_first(flow, region), bad) if region else None


def _excused(traced: Traced, flow: Flow, right: set[int]) -> bool:
    """Whether a module's own value is gone, by fusion, while what comes after it is right."""
    if traced.module == OUTPUT:
        return False
    nodes = _nodes_of(traced, flow)
    return not nodes or bool(right & nodes) or any(nodes & flow.before[each] for each in right)


def _nodes_of(traced: Traced, flow: Flow) -> set[int]:
    """Return the nodes of a module: by the exporter's word, or the one whose value comes near."""
    found = {index for index, node in enumerate(flow.nodes) if traced.module in scopes_of(node)}
    _, error, name = traced.nearest
    return found or ({flow.maker[name]} if error < NEAR else set())


def _likeliest_first(flow: Flow, region: set[int]) -> list[int]:
    """Return nodes in their order, those first that exporters get wrong: no sums, no shapes, no plain products."""
    return sorted(
        region, key=lambda each: (flow.nodes[each].op_type in SIMPLE, flow.nodes[each].op_type in PLAIN, each)
    )


def _document(flow: Flow, region: list[int], bad: Traced) -> dict[str, Any]:
    node, error = flow.nodes[region[0]], bad.nearest[1]
    module = module_of(node) or (bad.module if bad.module != OUTPUT else "")
    others = [_called(flow.nodes[each]) for each in region[1:] if flow.nodes[each].op_type not in SIMPLE]
    told = f"The first difference is in the node {_called(node)}"
    told += f" of “{module}”" if module else ""
    if others:
        more = f" or {len(others) - SHOWN} more" if len(others) > SHOWN else ""
        told += f", or in {', '.join(others[:SHOWN])}{more}, before {_end(bad)}"
    return {
        "node": node.name,
        "op": node.op_type,
        "module": module,
        "output": node.output[0],
        "error": float(error) if np.isfinite(error) else None,
        "text": f"{told}; all that comes before is as in the framework.",
    }


def _called(node: Any) -> str:
    return f"“{node.name or node.output[0]}” ({node.op_type})"


def _end(bad: Traced) -> str:
    return "the output" if bad.module == OUTPUT else f"the end of “{bad.module}”"
