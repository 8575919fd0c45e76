"""Which module of the framework a node comes from, as far as its exporter wrote that down."""

from __future__ import annotations

import ast
import re
from typing import Any

SCOPES = "pkg.torch.onnx.name_scopes"
NAMESPACE = "namespace"
_IN_NAME = re.compile(r"^/?(?P<path>[\w.\-]+(/[\w.\-]+)+)")


def scopes_of(node: Any) -> tuple[str, ...]:
    """Return the modules that a node lies in, from the outermost to its own; empty where nobody knows."""
    told = {each.key: each.value for each in node.metadata_props}
    if SCOPES in told:
        return _from_dynamo(told[SCOPES])
    if NAMESPACE in told:
        parts = (each.partition(":")[0].strip() for each in told[NAMESPACE].split("/"))
        return tuple(each for each in parts if each)
    return _from_name(node.name)


def module_of(node: Any) -> str:
    """Return the innermost module that a node lies in."""
    return next(iter(reversed(scopes_of(node))), "")


def _from_dynamo(text: str) -> tuple[str, ...]:
    """All but the last: that one is the call's own name."""
    try:
        found = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return ()
    return tuple(str(each) for each in found[:-1] if each) if isinstance(found, list) else ()


def _from_name(name: str) -> tuple[str, ...]:
    """TorchScript and tf2onnx write the modules before the operator: `/layer1/layer1.0/conv1/Conv`."""
    match = _IN_NAME.match(name)
    parts = match["path"].split("/")[:-1] if match else []
    torch = [each for each in parts if "." in each]
    if torch or name.startswith("/"):
        return tuple(_dotted(parts))
    return tuple("/".join(parts[: index + 1]) for index in range(len(parts)))


def _dotted(parts: list[str]) -> list[str]:
    """Return paths from the names of TorchScript: `layer1`, `layer1.0` and `conv1` are `layer1.0.conv1`."""
    found: list[str] = []
    for each in parts:
        before = found[-1] if found else ""
        found.append(each if not before or each.startswith(f"{before}.") else f"{before}.{each}")
    return found
