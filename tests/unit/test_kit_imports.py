"""The modules of the kit and of the diagnosis import each other in one direction, also where functions do it late."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import desktop_app

HOME = Path(desktop_app.__file__).parent


def imported(path: Path, package: str) -> Iterator[str]:
    """Yield the modules of a package that a file of it imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == package:
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{package}."):
            yield (node.module or "").removeprefix(f"{package}.")


@pytest.mark.parametrize("folder", ["api/kit", "core/diagnosis", "services/diagnosing"])
def test_no_modules_import_each_other(folder: str) -> None:
    package = f"desktop_app.{folder.replace('/', '.')}"
    files = {path.stem: path for path in (HOME / folder).glob("*.py") if path.stem != "__init__"}
    graph = {name: {each for each in imported(path, package) if each in files} for name, path in files.items()}
    assert any(graph.values())
    TopologicalSorter(graph).prepare()
