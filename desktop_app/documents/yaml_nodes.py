"""What a YAML text is composed of, whoever read it; and the two ways in which it can't be read."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol


class Fault(NamedTuple):
    """What to do about a text that is no YAML, and where; lines and columns start at 1."""

    message: str
    line: int
    column: int
    end_column: int


class FaultError(Exception):
    """The text is no YAML."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


class Mark(Protocol):
    """A place in a text, in characters from its beginning."""

    index: int


class Node(Protocol):
    """A scalar, whose value is its text; a sequence of nodes; or a mapping as a list of pairs of nodes.

    The tag of a plain scalar without a tag of its own is None.
    """

    tag: str | None
    value: Any
    style: str | None
    flow_style: bool | None
    start_mark: Mark
    end_mark: Mark


class TooDeepError(Exception):
    """The data is deeper than any honest file, or holds itself."""


class TooLargeError(Exception):
    """The data is more than any honest file holds."""


def is_scalar(node: Node) -> bool:
    """Whether a node is a scalar."""
    return isinstance(node.value, str)


def is_mapping(node: Node) -> bool:
    """Whether a node is a mapping."""
    return type(node).__name__ == "MappingNode"


def is_block(node: Node) -> bool:
    """Whether a node is a scalar that begins with `|` or `>`."""
    return is_scalar(node) and node.style in ("|", ">")
