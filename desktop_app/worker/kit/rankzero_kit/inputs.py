"""What a model takes: `ids=int64[batch,seq]{0..999}` as text and as a value, and arrays drawn for it."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from rankzero_kit.errors import TaskError

_SPEC = re.compile(
    r"(?P<name>[^=\[\]{}]+)=(?P<dtype>[a-z]+[0-9]*)\[(?P<shape>[^\]]*)\](\{(?P<low>[^.{}]*(\.\d+)?)\.\.(?P<high>[^{}]*)\})?"
)
FLOATS = ("float32", "float16", "float64", "bfloat16")
WHOLE = ("int64", "int32", "int16", "int8", "uint8", "uint16", "uint32", "uint64")
DTYPES = (*FLOATS, *WHOLE, "bool")
SIZES = {"batch": (2, 3, 1), "": (5, 7, 4)}
"""Sizes that a named axis gets in the first cases, one after the other; of no name known here under the empty one."""


@dataclass(frozen=True)
class InputSpec:
    """One input: axes are sizes, or names of sizes that vary; values lie from `low` to `high`, whole ones up to it."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    low: float | None = None
    high: float | None = None
    origin: str = "given"

    @property
    def text(self) -> str:
        """The input as a person writes it."""
        values = "" if self.low is None or self.high is None else f"{{{self.low:g}..{self.high:g}}}"
        return f"{self.name}={self.dtype}[{','.join(map(str, self.shape))}]{values}"

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        told = {"name": self.name, "dtype": self.dtype, "shape": [*self.shape], "origin": self.origin}
        return {**told, "low": self.low, "high": self.high}

    def at(self, sizes: Mapping[str, int]) -> tuple[int, ...]:
        """Return the shape with its names replaced."""
        return tuple(each if isinstance(each, int) else sizes[each] for each in self.shape)


def parse_spec(text: str) -> InputSpec:
    """Return what `x=float32[batch,3,224,224]` says. Raises TaskError for what it can't be."""
    match = _SPEC.fullmatch(text.strip())
    if match is None:
        raise TaskError(f"“{text}” is no input.", "Write name=float32[batch,3,224,224]; axes that may vary get a name.")
    if match["dtype"] not in DTYPES:
        known = f"There are {', '.join(DTYPES)}."
        raise TaskError(f"“{match['dtype']}” of the input “{match['name']}” is no type.", known)
    shape = tuple(_axis(each.strip(), text) for each in match["shape"].split(",") if each.strip())
    low, high = (_number(match[each], text) for each in ("low", "high"))
    return InputSpec(match["name"].strip(), match["dtype"], shape, low, high)


def axes(specs: Sequence[InputSpec]) -> list[str]:
    """Return the names of all sizes that vary, in the order of the inputs."""
    return list(dict.fromkeys(each for spec in specs for each in spec.shape if isinstance(each, str)))


def sizes_of(specs: Sequence[InputSpec], arrays: Mapping[str, Any]) -> dict[str, int]:
    """Return the size of every named axis in some arrays."""
    pairs = ((spec, np.asarray(arrays[spec.name]).shape) for spec in specs if spec.name in arrays)
    return {
        name: size
        for spec, shape in pairs
        for name, size in zip(spec.shape, shape, strict=False)
        if isinstance(name, str)
    }


def first_sizes(specs: Sequence[InputSpec], number: int) -> dict[str, int]:
    """Return sizes for the case of that number (0, 1, 2), different from those of the other two."""
    found = {}
    for shift, name in enumerate(axes(specs)):
        known = SIZES.get(name)
        found[name] = known[number % 3] if known else SIZES[""][number % 3] + shift
    return found


def draw(spec: InputSpec, sizes: Mapping[str, int], seed: int) -> Any:
    """Return an array for an input; without a range floats are standard normal, and whole numbers 0 and 1."""
    random = np.random.default_rng(seed)
    shape = spec.at(sizes)
    if spec.dtype == "bool":
        return random.random(shape) < 0.5
    if spec.dtype in WHOLE:
        low, high = (0 if spec.low is None else int(spec.low)), (1 if spec.high is None else int(spec.high))
        return random.integers(low, high + 1, shape).astype(spec.dtype)
    bounded = spec.low is not None and spec.high is not None
    drawn = random.uniform(spec.low or 0, spec.high or 0, shape) if bounded else random.standard_normal(shape)
    return drawn.astype("float32" if spec.dtype == "bfloat16" else spec.dtype)


def spec_of(name: str, array: Any, origin: str, named: Mapping[int, str] | None = None) -> InputSpec:
    """Return the input that an array is an example of; `named` are its axes that may vary."""
    array = np.asarray(array)
    shape = tuple((named or {}).get(index, int(size)) for index, size in enumerate(array.shape))
    spec = InputSpec(name, str(array.dtype), shape, origin=origin)
    if array.dtype.kind not in "iu" or not array.size:
        return spec
    return replace(spec, low=float(array.min()), high=float(array.max()))


def _axis(text: str, spec: str) -> int | str:
    if text.isdecimal():
        if int(text) < 1:
            raise TaskError(f"An axis of “{spec}” is 0: nothing could be tried with it.")
        return int(text)
    if not text.isidentifier():
        raise TaskError(f"The axis “{text}” of “{spec}” is neither a number nor a name.")
    return text


def _number(text: str | None, spec: str) -> float | None:
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        raise TaskError(f"“{text}” in “{spec}” is no number.") from None
    if not math.isfinite(value):
        raise TaskError(f"“{text}” in “{spec}” is no end of a range.")
    return value
