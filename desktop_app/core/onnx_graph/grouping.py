"""Which modules a node is part of: what its exporter wrote down, or its name."""

from __future__ import annotations

import re

from desktop_app.core.onnx_graph.values import Node
from desktop_app.core.onnx_graph.wire import BYTES, fields, text

SCOPES = "pkg.torch.onnx.name_scopes"
CLASSES = "pkg.torch.onnx.class_hierarchy"
_QUOTED = re.compile(r"'([^']*)'|\"([^\"]*)\"")
_DEEPEST = 32
_NOWHERE = "_empty_nn_module_stack"
"""How PyTorch's exporter calls the place of a node that it made itself."""


def module_path(data: bytes, node: Node) -> tuple[str, ...]:
    """Return the modules around a node, outermost first, each by a name of its own: `encoder`, `encoder.layer.0`."""
    scopes = _scopes(data, node)
    if scopes is not None:
        return scopes
    # What tf2onnx makes anew (`Conv__339`) has no place in its name; the weights that it uses have.
    named = next((each for each in (node.name, *node.outputs, *node.inputs[1:]) if "/" in each), "")
    steps = [each for each in named.split("/")[:-1] if each][:_DEEPEST]
    return tuple("/".join(steps[: count + 1]) for count in range(len(steps)))


def _scopes(data: bytes, node: Node) -> tuple[str, ...] | None:
    names = _listed(data, node, SCOPES)
    if names is None:
        return None
    return tuple(dict.fromkeys(each for each in names[:-1] if each and not each.startswith(_NOWHERE)))[:_DEEPEST]


def _listed(data: bytes, node: Node, wanted: str) -> list[str] | None:
    """Return a list of texts that an exporter wrote into a node's metadata as Python would; None without one."""
    key = wanted.encode()
    for start, end in node.metadata:
        if data.find(key, start, end) < 0:
            continue
        for number, kind, at, stop in fields(data, start, end):
            if number == 2 and kind == BYTES:
                return [one or other for one, other in _QUOTED.findall(text(data, at, stop))]
    return None


def classes(data: bytes, node: Node) -> dict[str, str]:
    """Return the classes of the modules around a node, by the modules' names, as PyTorch's exporter wrote them down."""
    names, kinds = _listed(data, node, SCOPES), _listed(data, node, CLASSES)
    if names is None or kinds is None:
        return {}
    return {name: kind.rpartition(".")[2] for name, kind in zip(names, kinds, strict=False) if name}
