"""What a scalar of YAML 1.2 means: the core schema, without dates."""

from __future__ import annotations

import math
import re

from desktop_app.api import Value
from desktop_app.documents.yaml_nodes import Node

_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
# Every reader takes .5e3 for text.
_FLOAT = re.compile(r"[-+]?(\.[0-9]+([eE][-+][0-9]+)?|[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]+)?)")
_WORDS: dict[str, Value] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False, ".nan": math.nan, ".NaN": math.nan, ".NAN": math.nan,
}  # fmt: skip
_INFINITY = re.compile(r"([-+]?)\.(inf|Inf|INF)")
_TYPED = frozenset(f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null"))
_DATE = "tag:yaml.org,2002:timestamp"
_LONGEST = 4000  # digits: Python refuses to read longer numbers


def scalar_value(node: Node) -> Value:
    """Return what a scalar means; quoted and block scalars are text, and so is what `!!str` or a tag stands before."""
    text = str(node.value)
    tag = node.tag
    if tag is None or tag in _TYPED or (tag == _DATE and not node.style):
        return plain_value(text)
    return text


def plain_value(text: str) -> Value:
    """Return what a plain scalar means in YAML 1.2."""
    if text in _WORDS:
        return _WORDS[text]
    if len(text) > _LONGEST or not text[0].isascii() or text[0] not in "-+.0123456789":
        return text
    return _number(text)


def _number(text: str) -> Value:
    for pattern, base in ((_INTEGER, 10), (_OCTAL, 8), (_HEXADECIMAL, 16)):
        if pattern.fullmatch(text):
            return int(text if base == 10 else text[2:], base)
    if _FLOAT.fullmatch(text):
        return float(text)
    infinity = _INFINITY.fullmatch(text)
    return float(f"{infinity[1]}inf") if infinity else text
