"""Finds the key whose word tells alternatives apart: most often `type`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from installer.schemas.nodes import Node

_TAGS = ("type", "task", "kind", "trigger_type")


def with_tags(definitions: Mapping[str, Node]) -> dict[str, Node]:
    """Return the definitions with `x-tag` at each `anyOf` whose objects a key tells apart."""
    return {name: _tagged(node, definitions) for name, node in definitions.items()}


def _tagged(node: Any, definitions: Mapping[str, Node]) -> Any:
    if isinstance(node, list):
        return [_tagged(each, definitions) for each in node]
    if not isinstance(node, dict):
        return node
    made = {key: _tagged(each, definitions) for key, each in node.items()}
    if isinstance(node.get("anyOf"), list) and "x-tag" not in node and (tag := _tag_of(node["anyOf"], definitions)):
        made["x-tag"] = tag
    return made


def _tag_of(nodes: list[Node], definitions: Mapping[str, Node]) -> str:
    objects = [found for each in nodes if "properties" in (found := _resolved(each, definitions))]
    for tag in _TAGS:
        words = [each["properties"][tag]["enum"] for each in objects if "enum" in each["properties"].get(tag, {})]
        if len(words) > 1 and len({tuple(each) for each in words}) > 1:
            return tag
    return ""


def _resolved(node: Node, definitions: Mapping[str, Node]) -> Node:
    reference = node.get("$ref")
    return node if reference is None else definitions[reference.rpartition("/")[2]]
