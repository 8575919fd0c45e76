"""Which axes of a model's inputs may vary, what they are called, and which other sizes are worth a try."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .structure import Leaves, tidy

FRIENDLY = {
    "b": "batch", "n": "batch", "bs": "batch", "batch_size": "batch", "bsz": "batch",
    "t": "seq", "s": "seq", "l": "seq", "seq_len": "seq", "length": "seq", "h": "height", "w": "width", "d": "depth",
}  # fmt: skip
Spot = tuple[str, int]


def friendly(name: str) -> str:
    """Return what an axis is called that a parameter of that name sets."""
    return FRIENDLY.get(name, name)


def usual(leaf: str, axis: int) -> str:
    """Return a name for an axis of which nothing is known but its place."""
    return "batch" if axis == 0 else f"{leaf.replace('.', '_')}_{axis}"


def declared(shapes: Any, parameters: list[str]) -> dict[Spot, str]:
    """Return the axes that `dynamic_shapes` as torch.export takes them names; one without a name of its own gets ""."""
    if isinstance(shapes, Mapping):
        pairs = [(str(name), each) for name, each in shapes.items()]
    elif isinstance(shapes, (tuple, list)):
        pairs = [
            (parameters[index] if index < len(parameters) else f"input_{index}", each)
            for index, each in enumerate(shapes)
        ]
    else:
        return {}
    return {spot: name for path, each in pairs for spot, name in _declared(each, path)}


def _declared(value: Any, path: str) -> list[tuple[Spot, str]]:
    if isinstance(value, Mapping):
        if all(isinstance(key, int) for key in value):
            return [((tidy(path), axis), _name(each)) for axis, each in value.items() if _varies(each)]
        return [found for key, each in value.items() for found in _declared(each, f"{path}.{key}")]
    if isinstance(value, (tuple, list)):
        if any(isinstance(each, (Mapping, tuple, list)) for each in value):
            return [found for index, each in enumerate(value) for found in _declared(each, f"{path}.{index}")]
        return [((tidy(path), axis), _name(each)) for axis, each in enumerate(value) if _varies(each)]
    return []


def _varies(value: Any) -> bool:
    return value is not None and not isinstance(value, int) and "STATIC" not in repr(value)


def _name(value: Any) -> str:
    if isinstance(value, str):
        return tidy(value)
    name = str(getattr(value, "__name__", ""))
    return name if name.isidentifier() else ""


def guesses(leaves: Leaves) -> list[tuple[str, list[Spot]]]:
    """Return names of axes that may well vary, likeliest first; whether they do is found by trying."""
    found = [("batch", _batch(leaves))]
    lengths: dict[tuple[str, int], list[Spot]] = {}
    for name, tensor in leaves.items():
        if tensor.ndim == 2 and not tensor.is_floating_point():
            role = "decoder_" if name.startswith("decoder_") else ""
            lengths.setdefault((role, int(tensor.shape[1])), []).append((name, 1))
    for number, ((role, size), spots) in enumerate(lengths.items()):
        masks = [(name, 1) for name, each in leaves.items() if each.ndim == 2 and each.is_floating_point()
                 and each.shape[1] == size and "mask" in name]  # fmt: skip
        found.append((f"{role}seq" if not number or role else f"seq_{number}", spots + masks))
    taken = {spot for _, spots in found for spot in spots}
    for name, tensor in leaves.items():
        if tensor.is_floating_point() and tensor.ndim in (2, 3):
            found += [("time", [(name, axis)]) for axis in range(1, tensor.ndim) if (name, axis) not in taken]
    return [(name, spots) for name, spots in found if spots]


def _batch(leaves: Leaves) -> list[Spot]:
    """Return the first axes that have the size most of them have."""
    sizes = [int(each.shape[0]) for each in leaves.values() if each.ndim]
    if not sizes:
        return []
    usual_size = max(sizes, key=lambda each: (sizes.count(each), -sizes.index(each)))
    return [(name, 0) for name, each in leaves.items() if each.ndim and each.shape[0] == usual_size]


def others(name: str, size: int) -> list[int]:
    """Return other sizes to try for an axis, in the order of their worth; 1 is among them for a batch."""
    if name == "batch":
        tried = [size + 1, 1, 2 * size, size + 2]
    else:
        tried = [
            size + size // 2 + 1,
            max(2, size // 2 + 1),
            2 * size,
            size // 2,
            size + 8,
            size + 16,
            size + 32,
            size - 1,
        ]
    return [each for each in dict.fromkeys(tried) if each >= 1 and each != size]
