"""Small work on nodes of JSON Schema: joining alternatives, taking null in."""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]
FILE = "^file:"
_PLAIN = frozenset({"type"})
_STRING = frozenset({"type", "pattern", "x-reference", "x-file", "x-binding", "format"})


def types_of(node: Node) -> list[str]:
    """Return the types of a node, as a list."""
    found = node.get("type", [])
    return [found] if isinstance(found, str) else list(found)


def typed(types: list[str]) -> str | list[str]:
    """Return types as JSON Schema likes them: one alone is no list."""
    return types[0] if len(types) == 1 else types


def with_null(node: Node) -> Node:
    """Return a node that takes null too."""
    if "anyOf" in node:
        return {**node, "anyOf": [*node["anyOf"], {"type": "null"}]}
    if "$ref" in node:
        return {"anyOf": [node, {"type": "null"}]}
    types = types_of(node)
    return node if not types or "null" in types else {**node, "type": typed([*types, "null"])}


def union(nodes: list[Node]) -> Node:
    """Return one node for alternatives: strings are joined, plain types listed, the rest stands under `anyOf`."""
    flat = [leaf for each in nodes for leaf in (each["anyOf"] if set(each) == {"anyOf"} else [each])]
    if any(not each for each in flat):
        return {}
    strings = [each for each in flat if each.get("type") == "string" and set(each) <= _STRING]
    bound = any(set(each) == {"type", "x-binding"} for each in strings)
    strings = [each for each in strings if set(each) != {"type", "x-binding"}]
    plain = [each for each in flat if set(each) == _PLAIN and each["type"] not in ("object", "array", "string")]
    rest = [each for each in flat if each not in plain and not (each.get("type") == "string" and set(each) <= _STRING)]
    joined = _joined(strings)
    if joined and "pattern" not in joined:
        rest = [each for each in rest if each.get("type") != "string"]
    types = list(dict.fromkeys(kind for each in plain for kind in types_of(each)))
    if "number" in types and "integer" in types:
        types.remove("integer")
    if joined and set(joined) == _PLAIN:
        types, joined = ["string", *types], None
    made = [*_unique(rest), *([joined] if joined else []), *([{"type": typed(types)}] if types else [])]
    node = dict(made[0]) if len(made) == 1 else {"anyOf": made}
    return {**node, "x-binding": True} if bound else node


def _unique(nodes: list[Node]) -> list[Node]:
    kept: list[Node] = []
    for each in nodes:
        if each not in kept:
            kept.append(each)
    return kept


def _joined(strings: list[Node]) -> Node | None:
    """Return one string for several: it takes what any of them takes."""
    if not strings:
        return None
    node: Node = {"type": "string"}
    patterns = sorted({each.get("pattern", "") for each in strings})
    if "" not in patterns:
        node["pattern"] = "|".join(each for each in patterns if not _covered(each, patterns))
    for flag in ("x-reference", "x-file", "x-binding"):
        if any(each.get(flag) for each in strings):
            node[flag] = True
    return node


def _covered(pattern: str, patterns: list[str]) -> bool:
    return any(other != pattern and pattern.startswith(other) for other in patterns)
