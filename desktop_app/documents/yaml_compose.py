"""Composes a YAML text into nodes: by libyaml, which is fast, where it reads as YAML 1.2 does; else by ruamel.yaml.

ruamel.yaml has the better words for a fault too, so that a text which libyaml refuses is read again by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import yaml
from yaml import events

from desktop_app.documents.yaml_nodes import Node, TooDeepError, TooLargeError, is_block, is_scalar

_SAFE_BOUND = 1000
_LONG = 8_000
_MOST_EVENTS = 100_000
_DEEPEST = 100
_ODD = ("\x85", "\u2028", "\u2029", "\ufeff", "\n%")  # line ends in YAML 1.1 alone, marks within, directives
_INDICATORS = re.compile(r"^[ ?:\t-]+", re.MULTILINE)
_OPENING = (events.SequenceStartEvent, events.MappingStartEvent)
_CLOSING = (events.SequenceEndEvent, events.MappingEndEvent)


def compose(text: str) -> tuple[Node | None, int]:
    """Return the first document's root and the number of documents; the others are read for their syntax only.

    Raises FaultError, TooDeepError and TooLargeError.
    """
    if _may_be_deep(text, _SAFE_BOUND):
        _refuse_depth(text)
    if text.startswith("%") or any(each in text for each in _ODD):
        return _compose_slowly(text)
    try:
        roots = list(_Composer(text).roots())
    except yaml.MarkedYAMLError as error:
        return _compose_slowly(text, error)
    except (yaml.YAMLError, UnicodeEncodeError):
        return _compose_slowly(text)
    except RecursionError:
        raise TooDeepError from None
    if any(is_block(each) for each in roots) or ("\t" in text and _has_odd_tab(text, roots)):
        return _compose_slowly(text)
    return (roots[0] if roots else None), len(roots)


def _compose_slowly(text: str, error: yaml.MarkedYAMLError | None = None) -> tuple[Node | None, int]:
    """Read by ruamel.yaml, which has the words for a fault; of a long text, what lies around it is enough for them."""
    from desktop_app.documents import yaml_pure  # half the program's start, and hardly ever needed

    if _may_be_deep(text, _DEEPEST):  # where ruamel.yaml takes seconds
        _refuse_depth(text)
    marks = [each.line for each in (error.context_mark, error.problem_mark) if each] if error else []
    if marks and len(text) > _LONG:
        yaml_pure.find_fault(text, min(marks), max(marks))
    return yaml_pure.compose(text)


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML that was built without libyaml reads the same, if slowly."""


class _Composer(_Loader):  # type: ignore[misc, valid-type]  # it has no types
    """libyaml's composer, without the rules of YAML 1.1 for what plain scalars mean."""

    def roots(self) -> Iterator[Node]:
        """Yield the documents."""
        while self.check_node():
            yield self.get_node()

    def resolve(self, kind: type, value: object, implicit: object) -> str | None:
        """Return a tag: None for a plain scalar, whose meaning its text tells."""
        return None if kind is yaml.ScalarNode and isinstance(implicit, tuple) and implicit[0] else "implicit"

    def descend_resolver(self, current_node: object, current_index: object) -> None:
        """Do nothing: no meaning depends on the place."""

    def ascend_resolver(self) -> None:
        """Do nothing."""


def _may_be_deep(text: str, bound: int) -> bool:
    """Whether more levels than that can't be ruled out at a glance."""
    longest = max(map(len, _INDICATORS.findall(text)), default=0)
    return text.count("[") + text.count("{") + 2 * longest > bound


def _refuse_depth(text: str) -> None:
    """Raise TooDeepError for what would exhaust the stack, of which the parser itself needs none; and TooLargeError."""
    depth = 0
    try:
        for count, event in enumerate(yaml.parse(text, Loader=_Loader)):
            if count > _MOST_EVENTS:
                raise TooLargeError
            depth += isinstance(event, _OPENING) - isinstance(event, _CLOSING)
            if depth > _DEEPEST:
                raise TooDeepError
    except (yaml.YAMLError, UnicodeEncodeError):
        return


def _has_odd_tab(text: str, roots: list[Node]) -> bool:
    """Whether a tab stands outside quotes, blocks and comments: YAML 1.1 allows some of them, other readers none."""
    taken = sorted((each.start_mark.index, each.end_mark.index) for root in roots for each in _scalars(root, set()))
    rest = "".join(
        text[end:start] for (_, end), (start, _) in zip([(0, 0), *taken], [*taken, (len(text), 0)], strict=True)
    )
    return bool(re.search(r"^(?:[^#\n]|(?<=[^ \t\n])#)*\t", rest, re.MULTILINE))


def _scalars(node: Node, seen: set[int]) -> Iterator[Node]:
    """Yield the scalars in quotes and the blocks."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if is_scalar(node):
        if node.style:
            yield node
        return
    for each in node.value:
        for part in each if isinstance(each, tuple) else (each,):
            yield from _scalars(part, seen)
