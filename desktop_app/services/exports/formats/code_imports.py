"""Which packages a model's code imports, from its syntax trees: what it needs says which toolchain it needs."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from desktop_app.api import ModelFile

_MOST_FILES = 40
_LARGEST = 1024 * 1024


def imported_by(model: ModelFile) -> frozenset[str]:
    """Return the top-level modules that a model's code imports, its own files of the same folder included.

    For weights of a run it is the run's first script. Blocks; nothing is run.
    """
    if model.kind == "python":
        return _reached(model.path, model.code or model.path.parent)
    if model.code is not None and model.scripts:
        return _reached(model.code / model.scripts[0], model.code)
    return frozenset()


def _reached(start: Path, folder: Path) -> frozenset[str]:
    waiting, seen, found = [start], {start}, set[str]()
    while waiting and len(seen) <= _MOST_FILES:
        for name in _imports(waiting.pop()):
            own = [each for each in (folder / f"{name}.py", folder / name / "__init__.py") if each.is_file()]
            found.add(name)
            waiting += [each for each in own if each not in seen]
            seen.update(own)
    return frozenset(found)


def _imports(path: Path) -> Iterator[str]:
    try:
        if path.stat().st_size > _LARGEST:
            return
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (each.name.partition(".")[0] for each in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
