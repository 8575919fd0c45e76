"""What in a person's scripts may build a model, found without running them."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from pathlib import Path
from typing import Any

WORDS = ("model", "build", "network", "net")


def in_scripts(root: str, scripts: Sequence[str]) -> list[dict[str, Any]]:
    """Return classes of models and functions whose names say that they build one."""
    found = []
    for script in scripts if root else ():
        try:
            tree = ast.parse((Path(root) / script).read_text("utf-8"))
        except (OSError, ValueError, SyntaxError):
            continue
        module = script.removesuffix(".py").replace("/", ".")
        found += [
            {"name": f"{module}:{node.name}", "fits": None, "why": why}
            for node in tree.body
            if (why := _why(node)) and isinstance(node, (ast.ClassDef, ast.FunctionDef))
        ]
    return found


def _why(node: ast.stmt) -> str:
    if isinstance(node, ast.ClassDef):
        bases = [ast.unparse(each).rpartition(".")[2] for each in node.bases]
        return "a class of models" if {"Model", "Sequential"} & set(bases) else ""
    if not isinstance(node, ast.FunctionDef) or len(node.args.args) > len(node.args.defaults) or "data" in node.name:
        return ""
    if any(each in node.name.lower() for each in WORDS):
        return "a function whose name says that it builds one"
    return ""
