"""Repairs of what tf2onnx leaves in a graph: operators that ONNX doesn't have, and constants that became inputs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

ERFC = "Erfc, which ONNX doesn't have, as 1 − Erf"
CONSTANTS = "constants of layers, that had become inputs"


def repaired(model: Any, constants: Mapping[str, Any]) -> list[str]:
    """Repair a model in place, and return what was repaired."""
    found = []
    if _constants(model.graph, constants):
        found.append(CONSTANTS)
    if _without_erfc(model.graph):
        found.append(ERFC)
    return found


def unknown(model: Any) -> list[str]:
    """Return operators of TensorFlow that tf2onnx could not translate."""
    import onnx

    left = {node.op_type for node in nodes(model.graph) if not node.domain and not onnx.defs.has(node.op_type)}
    return sorted(left)


def nodes(graph: Any) -> Iterator[Any]:
    """Yield the nodes of a graph and of those inside it."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from nodes(inner)


def _constants(graph: Any, constants: Mapping[str, Any]) -> bool:
    from onnx import numpy_helper

    taken = [each for each in graph.input if each.name.partition(":")[0] in constants]
    for each in taken:
        value = constants[each.name.partition(":")[0]]
        graph.initializer.append(numpy_helper.from_array(value, each.name))
        graph.input.remove(each)
    return bool(taken)


def _without_erfc(graph: Any) -> bool:
    """Write Erfc(x) as 1 − Erf(x), in whatever graph it is."""
    import numpy as np
    from onnx import helper, numpy_helper

    found = False
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                found = (bool(inner.node) and _without_erfc(inner)) or found
    positions = [index for index, node in enumerate(graph.node) if node.op_type == "Erfc" and not node.domain]
    for index in reversed(positions):
        node = graph.node[index]
        one, erf = f"{node.name}__one", f"{node.output[0]}__erf"
        graph.initializer.append(numpy_helper.from_array(np.float32(1), one))
        graph.node.insert(index, helper.make_node("Erf", [node.input[0]], [erf], name=f"{node.name}__erf"))
        changed = helper.make_node("Sub", [one, erf], [node.output[0]], name=node.name)
        graph.node[index + 1].CopyFrom(changed)
    return found or bool(positions)
