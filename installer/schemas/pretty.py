"""Writes JSON that people can read and compare: what fits stands on one line, the rest is broken."""

from __future__ import annotations

import json
from typing import Any

WIDTH = 120


def dumps(value: Any, indent: int = 0) -> str:
    """Return JSON with one space of indent, in the order given."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + indent <= WIDTH or not isinstance(value, (dict, list)):
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        lines = [f"{pad}{json.dumps(key)}: {dumps(each, indent + 1)}" for key, each in value.items()]
        return "{\n" + ",\n".join(lines) + f"\n{' ' * indent}}}"
    return "[\n" + ",\n".join(f"{pad}{dumps(each, indent + 1)}" for each in value) + f"\n{' ' * indent}]"
