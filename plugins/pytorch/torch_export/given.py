"""Inputs of a model, from wherever there are some: the person, the model's file, its example, or the model itself."""

from __future__ import annotations

import inspect
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rankzero_kit import inputs as kit
from rankzero_kit.errors import TaskError

from . import axes as axis_names
from .structure import Frame, Leaves, frame_of

Sized = Callable[[Mapping[str, int], int], Leaves]
Spots = list[tuple[str, int]]


@dataclass
class Given:
    """Inputs that fit a model, and how to have them at other sizes.

    A knob is a size that can be turned: `knobs` has its value in the example, `moves` the axes of inputs that follow
    it. `declared` are knobs that somebody asked for, others were guessed. `more` are further sets that were given.
    """

    frame: Frame
    leaves: Leaves
    origin: str
    knobs: dict[str, int] = field(default_factory=dict)
    moves: dict[str, Spots] = field(default_factory=dict)
    names: dict[tuple[str, int], str] = field(default_factory=dict)
    declared: bool = False
    sized: Sized | None = None
    more: list[Leaves] = field(default_factory=list)
    ranges: dict[str, tuple[float, float]] = field(default_factory=dict)
    notes: list[dict[str, str]] = field(default_factory=list)

    def as_float(self) -> None:
        """Have bfloat16 inputs in float32, as the model is."""
        drawn = self.sized
        self.leaves = {name: _float(each) for name, each in self.leaves.items()}
        self.more = [{name: _float(each) for name, each in leaves.items()} for leaves in self.more]
        if drawn:
            self.sized = lambda sizes, number: {name: _float(each) for name, each in drawn(sizes, number).items()}

    def at(self, sizes: Mapping[str, int], number: int = 0) -> Leaves:
        """Return inputs of other sizes; knobs that aren't named stay as they are."""
        wanted = {**self.knobs, **sizes}
        if self.sized:
            return self.sized(wanted, number)
        return resized(self.leaves, {spot: wanted[knob] for knob, spots in self.moves.items() for spot in spots})

    def fix(self, knob: str) -> None:
        """Have a knob no more."""
        self.knobs.pop(knob, None)
        for spot in self.moves.pop(knob, []):
            self.names.pop(spot, None)

    def axes(self, leaf: str) -> dict[int, str]:
        """Return the names of an input's axes that vary."""
        return {axis: name for (each, axis), name in self.names.items() if each == leaf}

    def turn(self, knob: str, size: int, spots: Spots, name: str) -> None:
        """Add a knob that moves some axes, all of one name."""
        self.knobs[knob] = size
        self.moves[knob] = spots
        self.names.update(dict.fromkeys(spots, name))


def _float(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.dtype is torch.bfloat16 else tensor


def resized(leaves: Leaves, sizes: Mapping[tuple[str, int], int]) -> Leaves:
    """Return tensors with some axes longer or shorter: their contents begin anew where they end."""
    found = dict(leaves)
    for (name, axis), size in sizes.items():
        tensor = found[name]
        index = torch.arange(size) % max(1, tensor.shape[axis])
        found[name] = tensor.index_select(axis, index)
    return found


def parameters_of(model: Any) -> list[str]:
    """Return the names of forward's parameters."""
    if isinstance(model, torch.jit.ScriptModule):
        return [each.name for each in model.forward.schema.arguments[1:]]
    try:
        found = inspect.signature(model.forward).parameters.values()
    except (TypeError, ValueError, AttributeError):
        return []
    return [each.name for each in found if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)]


def arguments_of(example: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return an example as positional and named arguments: a dict is named, a pair (args, kwargs) both."""
    if isinstance(example, Mapping):
        return (), dict(example)
    pair = isinstance(example, tuple) and len(example) == 2 and isinstance(example[0], tuple)
    if pair and isinstance(example[1], dict) and all(isinstance(each, str) for each in example[1]):
        return example[0], dict(example[1])
    return (tuple(example), {}) if isinstance(example, (tuple, list)) else ((example,), {})


def of_example(example: Any, model: Any, origin: str) -> Given:
    """Return what an example shows; its axes are guesses. Raises TaskError for one without a tensor."""
    args, kwargs = arguments_of(example)
    frame, leaves = frame_of(args, kwargs, parameters_of(model))
    if not leaves:
        raise TaskError("There is no tensor among the inputs.", "Give at least one tensor.")
    return Given(frame, leaves, origin)


def of_function(function: Callable[..., Any], model: Any, declared: Any, origin: str) -> Given:
    """Return what a function gives whose whole-number parameters are sizes."""
    sizes = {
        name: each.default
        for name, each in inspect.signature(function).parameters.items()
        if isinstance(each.default, int) and not isinstance(each.default, bool)
    }
    given = of_example(called(function, {}), model, origin)
    for name, size in sizes.items():
        spots = _moved(function, model, given.leaves, name, size)
        shown = axis_names.friendly(name)
        if spots:
            given.turn(
                name,
                size,
                spots,
                name if shown != name and (shown in given.names.values() or shown in sizes) else shown,
            )

    def sized(wanted: Mapping[str, int], number: int) -> Leaves:
        found = of_example(
            called(function, {name: wanted[name] for name in sizes if name in wanted}, number), model, ""
        )
        extra = {spot: wanted[knob] for knob, spots in given.moves.items() if knob not in sizes for spot in spots}
        return resized(found.leaves, extra)

    given.sized = sized
    given.declared = bool(given.knobs)
    if declared is not None:
        declare(given, declared, model)
    return given


def called(function: Callable[..., Any], sizes: Mapping[str, int], number: int = 0) -> Any:
    """Call a function of the person's that makes inputs. Raises TaskError."""
    torch.manual_seed(number)
    np.random.seed(number)
    try:
        return function(**sizes)
    except Exception as error:
        raise TaskError(f"{function.__name__}({_shown(sizes)}) failed: {error}.") from error


def _shown(sizes: Mapping[str, int]) -> str:
    return ", ".join(f"{name}={size}" for name, size in sizes.items())


def _moved(function: Callable[..., Any], model: Any, base: Leaves, name: str, size: int) -> Spots:
    """Return the axes that another size changes."""
    for other in (size + 1, size * 2, size + 8, size + 32, max(1, size // 2)):
        try:
            leaves = of_example(called(function, {name: other}), model, "").leaves
        except TaskError:
            continue
        if leaves.keys() == base.keys():
            return [
                (leaf, axis)
                for leaf, tensor in leaves.items()
                if tensor.ndim == base[leaf].ndim
                for axis, found in enumerate(tensor.shape)
                if found != base[leaf].shape[axis]
            ]
    return []


def declare(given: Given, declared: Any, model: Any) -> None:
    """Have exactly the axes vary that `dynamic_shapes`, or what is like it, names."""
    wanted = axis_names.declared(declared, parameters_of(model))
    wanted = {spot: name for spot, name in wanted.items() if spot[0] in given.leaves}
    for knob, spots in [*given.moves.items()]:
        kept = [spot for spot in spots if spot in wanted]
        if not kept:
            given.fix(knob)
            continue
        for spot in spots:
            given.names.pop(spot, None)
    moved = {spot for spots in given.moves.values() for spot in spots}
    for spot, name in wanted.items():
        shown = name or axis_names.usual(*spot)
        known = spot in moved
        given.names[spot] = shown if name or not known else _knob_name(given, spot)
        if not known:
            given.moves.setdefault(shown, []).append(spot)
            given.knobs.setdefault(shown, int(given.leaves[spot[0]].shape[spot[1]]))
    given.declared = True


def _knob_name(given: Given, spot: tuple[str, int]) -> str:
    return next(axis_names.friendly(knob) for knob, spots in given.moves.items() if spot in spots)


def of_specs(texts: Sequence[str], model: Any) -> Given:
    """Return what `x=float32[batch,3,224,224]` and the like ask for."""
    specs = [kit.parse_spec(each) for each in texts]
    return of_input_specs(specs, model, "given")


def of_input_specs(specs: Sequence[kit.InputSpec], model: Any, origin: str) -> Given:
    """Return inputs drawn for specs; their named axes vary."""
    sizes = kit.first_sizes(specs, 0)

    def drawn(wanted: Mapping[str, int], number: int) -> Leaves:
        return {
            spec.name: _tensor(kit.draw(spec, {**sizes, **wanted}, 100 * number + index), spec)
            for index, spec in enumerate(specs)
        }

    example = fitted(drawn(sizes, 0), model)
    args, kwargs = arguments_of(example)
    frame, _ = frame_of(args, kwargs, [spec.name for spec in specs])
    given = Given(frame, drawn(sizes, 0), origin, sized=drawn, declared=True)
    given.notes += by_place(example, [spec.name for spec in specs], model) if origin == "given" else []
    for name, size in sizes.items():
        spots = [(spec.name, axis) for spec in specs for axis, each in enumerate(spec.shape) if each == name]
        given.turn(name, size, spots, name)
    given.ranges = {
        spec.name: (spec.low, spec.high) for spec in specs if spec.low is not None and spec.high is not None
    }
    return given


def _tensor(array: Any, spec: kit.InputSpec) -> torch.Tensor:
    tensor = torch.from_numpy(np.ascontiguousarray(array))
    return tensor.bfloat16() if spec.dtype == "bfloat16" else tensor


def fitted(leaves: Leaves, model: Any) -> Any:
    """Return named tensors as the model's arguments: by name where its parameters are called so, else by place."""
    parameters = parameters_of(model)
    if all(name.partition(".")[0] in parameters for name in leaves) or takes_any_name(model):
        return _nested(leaves)
    return tuple(leaves.values())


def takes_any_name(model: Any) -> bool:
    """Whether forward has **kwargs and nothing positional."""
    try:
        kinds = {each.kind for each in inspect.signature(model.forward).parameters.values()}
    except (TypeError, ValueError, AttributeError):
        return False
    return kinds == {inspect.Parameter.VAR_KEYWORD}


def _nested(leaves: Leaves) -> dict[str, Any]:
    """Return `a.b` and `a.0` as what is nested in `a`."""
    found: dict[str, Any] = {}
    for name, value in leaves.items():
        head, _, rest = name.partition(".")
        if rest:
            found.setdefault(head, {})[rest] = value
        else:
            found[head] = value
    return {name: _unlisted(_nested(each)) if type(each) is dict else each for name, each in found.items()}


def _unlisted(parts: dict[str, Any]) -> Any:
    numbered = [*parts] == [str(each) for each in range(len(parts))]
    return [*parts.values()] if numbered else parts


def of_arrays(paths: Sequence[Path], model: Any) -> Given:
    """Return the arrays of `.npz` files, each a set of inputs. Raises TaskError."""
    sets = [_read(each) for each in paths]
    if any(each.keys() != sets[0].keys() for each in sets):
        raise TaskError("The .npz files don't have the same names in them.", "Each of them is one whole set of inputs.")
    example = fitted(sets[0], model)
    args, kwargs = arguments_of(example)
    frame, _ = frame_of(args, kwargs, [*sets[0]])
    return Given(frame, sets[0], "given", more=sets[1:], notes=by_place(example, [*sets[0]], model))


def by_place(example: Any, names: Sequence[str], model: Any) -> list[dict[str, str]]:
    """Return the note that inputs were given by place, where their names are none of forward's."""
    takes = parameters_of(model)[: len(names)]
    if isinstance(example, dict) or not takes or takes == [*names]:
        return []
    told = f"forward() takes {', '.join(takes)}: the inputs {', '.join(names)} were given for them in that order."
    return [{"level": "info", "text": told}]


def _read(path: Path) -> Leaves:
    if not path.is_file():
        raise TaskError(f"There is no file {path.name} in {path.parent}.", "--inputs names an .npz of arrays.")
    try:
        with np.load(path, allow_pickle=False) as data:
            return {name.removeprefix("in."): torch.from_numpy(np.ascontiguousarray(data[name])) for name in data.files}
    except (OSError, ValueError, TypeError, EOFError, AttributeError, zipfile.BadZipFile) as error:
        raise TaskError(f"{path.name} is no whole .npz of arrays.", "Write it with numpy.savez.") from error
