"""Names of layers that are the same on both backends: by attribute in code, by their own name in a graph of layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def named(model: Any, before: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield path, layer and the layer around it, for every layer in a model."""
    for name, layer in inside(model):
        path = f"{before}.{name}" if before else name
        yield path, layer, model
        yield from named(layer, path)


def inside(model: Any) -> list[tuple[str, Any]]:
    """Return the layers right inside one, with their names."""
    children = getattr(model, "_layers", None) or []
    attributes = {
        id(each): name for name, each in vars(model).items() if not name.startswith("_") and not _taken(model, name)
    }
    found: list[tuple[str, Any]] = []
    for layer in children:
        name = attributes.get(id(layer)) or str(layer.name).replace(".", "_")
        found.append((name, layer))
    return found


def _taken(model: Any, name: str) -> bool:
    return hasattr(type(model), name)
