"""What a model takes and returns, however it is nested, as tensors with names; and the module that takes just those."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

Leaves = dict[str, torch.Tensor]
PLAIN = (bool, int, float)
_SYMBOLIC = (torch.SymInt, torch.SymFloat, torch.SymBool)


@dataclass(frozen=True)
class Slot:
    """The place of a tensor among a model's arguments; `complex` ones travel as pairs of real numbers."""

    name: str
    complex: bool = False


@dataclass
class Frame:
    """A model's arguments with a Slot where each tensor was; what isn't a tensor stays as it was given."""

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    names: list[str] = field(default_factory=list)
    constants: dict[str, Any] = field(default_factory=dict)

    def fill(self, leaves: Mapping[str, torch.Tensor]) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return the arguments with tensors in their places."""

        def of(slot: Slot) -> Any:
            value = leaves[slot.name]
            return torch.view_as_complex(value) if slot.complex else value

        return _rebuilt(self.args, of), _rebuilt(self.kwargs, of)


def frame_of(args: Sequence[Any], kwargs: Mapping[str, Any], parameters: Sequence[str]) -> tuple[Frame, Leaves]:
    """Return the structure of arguments and the tensors in it, named after the parameters they are given for."""
    leaves: Leaves = {}
    constants: dict[str, Any] = {}

    def taken(value: Any, path: str) -> Any:
        if isinstance(value, torch.Tensor):
            name = _unused(tidy(path), leaves)
            pairs = torch.view_as_real(value.detach()) if value.is_complex() else value.detach()
            leaves[name] = pairs
            return Slot(name, value.is_complex())
        if isinstance(value, PLAIN):
            constants[path] = value
        return value

    placed = tuple(_mapped(each, _parameter(parameters, index), taken) for index, each in enumerate(args))
    named = {key: _mapped(value, key, taken) for key, value in kwargs.items()}
    return Frame(placed, named, [*leaves], constants), leaves


def _parameter(parameters: Sequence[str], index: int) -> str:
    return parameters[index] if index < len(parameters) else f"input_{index}"


def outputs_of(answer: Any) -> tuple[Leaves, list[str]]:
    """Return the tensors of a model's answer by name, and what of it can't be in an ONNX file."""
    found: Leaves = {}
    dropped: list[str] = []
    for path, value in _walked(answer, ""):
        name = tidy(path) or "output"
        tensor = _tensor_of(value)
        if tensor is None:
            dropped.append(f"{name} ({'None' if value is None else type(value).__name__})")
        else:
            found[_unused(name, found)] = tensor
    if len(found) > 1 and any(each.isdecimal() or each[0].isdecimal() for each in found):
        found = {f"output_{name}" if name[0].isdecimal() else name: value for name, value in found.items()}
    elif len(found) == 1 and next(iter(found))[0].isdecimal():
        found = {"output": next(iter(found.values()))}
    return found, dropped


def _tensor_of(value: Any) -> torch.Tensor | None:
    if isinstance(value, torch.Tensor):
        dense = value.to_dense() if value.layout is not torch.strided else value
        return torch.view_as_real(dense.resolve_conj()) if dense.is_complex() else dense
    if isinstance(value, _SYMBOLIC):
        kind = torch.int64 if isinstance(value, torch.SymInt) else torch.float32
        return torch.scalar_tensor(value, dtype=torch.bool if isinstance(value, torch.SymBool) else kind)
    if isinstance(value, PLAIN):
        kind = torch.bool if isinstance(value, bool) else torch.int64 if isinstance(value, int) else torch.float32
        return torch.tensor(value, dtype=kind)
    return None


def tidy(path: str) -> str:
    """Return a name that is valid in an ONNX file and reads well."""
    return re.sub(r"[^A-Za-z0-9_.]+", "_", path).strip("._") or ""


def _unused(name: str, taken: Mapping[str, Any]) -> str:
    found, number = name, 1
    while found in taken:
        found, number = f"{name}_{number}", number + 1
    return found


def _is_cache(value: Any) -> bool:
    """Whether it is a key/value cache of transformers: layers with keys and values."""
    layers = getattr(value, "layers", None)
    return isinstance(layers, list) and all(hasattr(each, "keys") and hasattr(each, "values") for each in layers)


def _children(value: Any) -> Iterator[tuple[str, Any]] | None:  # noqa: PLR0911 - one kind after the other
    """Return the named parts of a container, or None for what is none."""
    if isinstance(value, Mapping):
        return ((str(key), each) for key, each in value.items())
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return ((key, getattr(value, key)) for key in value._fields)
    if isinstance(value, (tuple, list)):
        return ((str(index), each) for index, each in enumerate(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return ((each.name, getattr(value, each.name)) for each in dataclasses.fields(value))
    if isinstance(value, torch.Tensor) or value is None or isinstance(value, (*PLAIN, *_SYMBOLIC, str, bytes)):
        return None
    if hasattr(value, "self_attention_cache") and hasattr(value, "cross_attention_cache"):
        pairs = (("self", value.self_attention_cache), ("cross", value.cross_attention_cache))
        return ((name, each) for name, each in pairs)
    if _is_cache(value):
        return ((str(index), {"key": each.keys, "value": each.values}) for index, each in enumerate(value.layers))
    return None


def _walked(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    parts = _children(value)
    if parts is None:
        yield path, value
        return
    for name, each in parts:
        yield from _walked(each, f"{path}.{name}" if path else name)


def _mapped(value: Any, path: str, leaf: Callable[[Any, str], Any]) -> Any:
    """Return the same containers with their leaves replaced; a cache is rebuilt from its layers."""
    if isinstance(value, Mapping):
        changed = {key: _mapped(each, f"{path}.{key}", leaf) for key, each in value.items()}
        return changed if type(value) is dict else _Rebuilt(lambda found: _like(value, found), changed)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        parts = {key: _mapped(getattr(value, key), f"{path}.{key}", leaf) for key in value._fields}
        return _Rebuilt(lambda found: type(value)(**found), parts)
    if isinstance(value, (tuple, list)):
        return type(value)(_mapped(each, f"{path}.{index}", leaf) for index, each in enumerate(value))
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return _Rebuilt(lambda found: dataclasses.replace(value, **found), _fields(value, path, leaf))
    if _is_cache(value):
        layers = [
            {"key": leaf(each.keys, f"{path}.{index}.key"), "value": leaf(each.values, f"{path}.{index}.value")}
            for index, each in enumerate(value.layers)
        ]
        return _Rebuilt(lambda found: _cache(type(value), found["layers"]), {"layers": layers})
    return leaf(value, path)


def _fields(value: Any, path: str, leaf: Callable[[Any, str], Any]) -> dict[str, Any]:
    given = ((each.name, getattr(value, each.name)) for each in dataclasses.fields(value) if each.init)
    return {name: _mapped(each, f"{path}.{name}", leaf) for name, each in given}


@dataclass
class _Rebuilt:
    """A container that isn't a plain one: how it is made again, and of what."""

    make: Callable[[Any], Any]
    parts: dict[str, Any]


def _like(value: Any, found: dict[str, Any]) -> Any:
    try:
        return type(value)(found)
    except Exception:  # noqa: BLE001 - a mapping of someone's own that is made in another way: a dict is the nearest thing
        return found


def _cache(kind: Any, layers: list[dict[str, torch.Tensor]]) -> Any:
    cache = kind()
    for index, each in enumerate(layers):
        cache.update(each["key"], each["value"], index)
    return cache


def _rebuilt(value: Any, of: Callable[[Slot], Any]) -> Any:
    if isinstance(value, Slot):
        return of(value)
    if isinstance(value, _Rebuilt):
        return value.make(_rebuilt(value.parts, of))
    if type(value) is dict:
        return {key: _rebuilt(each, of) for key, each in value.items()}
    if isinstance(value, (tuple, list)) and not hasattr(value, "_fields"):
        return type(value)(_rebuilt(each, of) for each in value)
    return value


class Flat(torch.nn.Module):  # type: ignore[misc]  # PyTorch is not here to be looked at
    """A model that takes tensors one after the other and returns them so, under the names of its frame.

    `copies` keeps a model that writes into its inputs from doing so; `kept` are the outputs that are wanted.
    """

    def __init__(self, model: Any, frame: Frame, kept: Sequence[str] = (), copies: bool = False) -> None:
        super().__init__()
        self.model = model
        self._frame = frame
        self._kept = tuple(kept)
        self._copies = copies

    def forward(self, *tensors: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Run the model; an output that is an input, or another output, becomes one of its own."""
        given = [each.clone() for each in tensors] if self._copies else list(tensors)
        args, kwargs = self._frame.fill(dict(zip(self._frame.names, given, strict=True)))
        found, _ = outputs_of(self.model(*args, **kwargs))
        seen = {id(each) for each in tensors} | {id(each) for each in self.model.parameters()}
        answer = []
        for name in self._kept or found:
            value = found[name]
            answer.append(value.clone() if id(value) in seen else value)
            seen.add(id(value))
        return tuple(answer)
