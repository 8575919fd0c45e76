"""The inputs of a model as rows to fill in, and as the text that an export takes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

DTYPES = (
    "float32", "float16", "float64", "bfloat16", "int64", "int32", "int16", "int8", "uint8", "uint16", "uint32",
    "uint64", "bool",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class InputRow:
    """One input as it is being written: axes and ends of the range as text. What isn't `required` may stay empty."""

    name: str = ""
    dtype: str = "float32"
    shape: str = ""
    low: str = ""
    high: str = ""
    required: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether nothing was written that says more than the name."""
        return not (self.shape.strip() or self.low.strip() or self.high.strip())

    @property
    def spec(self) -> str:
        """The input as an export takes it: `x=float32[batch,3,224,224]{0..1}`."""
        values = f"{{{self.low.strip()}..{self.high.strip()}}}" if self.low.strip() else ""
        return f"{self.name.strip()}={self.dtype}[{','.join(self.axes)}]{values}"

    @property
    def axes(self) -> list[str]:
        """Its axes: sizes, or names of sizes that vary."""
        return [each.strip() for each in self.shape.strip().strip("[]()").split(",") if each.strip()]

    @property
    def problem(self) -> str:
        """What is wrong with it, in a sentence; empty where nothing is."""
        name = self.name.strip()
        if not name:
            return "An input needs a name: what the model's forward() or call() calls it."
        if not self.shape.strip():
            return f"Write the shape of {name}, such as batch, 128; or [] for a single number."
        for each in self.axes:
            if not (each.isdecimal() and int(each) > 0) and not each.isidentifier():
                return f"“{each}” of {name} is no axis: write a size such as 224, or a name such as batch if it varies."
        return self._range_problem(name)

    @property
    def wrong_part(self) -> str:
        """Which part of it has to be written anew: name, shape or range; empty where none has."""
        if not self.problem:
            return ""
        return (
            "name" if not self.name.strip() else "range" if self._range_problem(self.name) == self.problem else "shape"
        )

    def _range_problem(self, name: str) -> str:
        low, high = _number(self.low), _number(self.high)
        if (low is None) != (high is None):
            return f"The range of {name} needs both ends, or none."
        if low is not None and high is not None:
            if not (math.isfinite(low) and math.isfinite(high)):
                return f"The range of {name} is no range of numbers."
            if low > high:
                return f"The range of {name} ends below where it begins."
        return ""


def rows_of_known(known: Iterable[Any]) -> list[InputRow]:
    """Return rows for what a task knows of a model's inputs: their names, and whatever else."""
    return [_row(each) for each in known if isinstance(each, Mapping) and each.get("name")]


def with_earlier(rows: Sequence[InputRow], earlier: Sequence[InputRow]) -> list[InputRow]:
    """Return rows filled in as they were before: what was typed once is not to be typed again after an error."""
    typed = {each.name.strip(): each for each in earlier if not each.is_empty}
    kept = [replace(typed.pop(each.name, each), required=each.required) for each in rows]
    return [*kept, *typed.values()]


def rows_of_specs(specs: Iterable[str]) -> tuple[list[InputRow], list[str]]:
    """Return the rows that texts say, and those texts that name files with inputs."""
    rows, files = [], []
    for each in specs:
        row = row_of_spec(each)
        if row is None:
            files.append(each)
        else:
            rows.append(row)
    return rows, files


def row_of_spec(text: str) -> InputRow | None:
    """Return the row that `x=float32[batch,3]{0..1}` says; None for anything else."""
    name, equals, rest = text.partition("=")
    dtype, bracket, rest = rest.partition("[")
    shape, closed, values = rest.partition("]")
    if not (equals and bracket and closed) or dtype not in DTYPES:
        return None
    low, _dots, high = values.strip("{}").partition("..")
    return InputRow(name.strip(), dtype, ", ".join(each.strip() for each in shape.split(",")), low, high)


def problem_of(rows: Sequence[InputRow]) -> str:
    """Return what is wrong with the first row that has something wrong."""
    names = [each.name.strip() for each in rows if each.name.strip()]
    twice = next((each for each in names if names.count(each) > 1), "")
    if twice:
        return f"Two inputs are called {twice}."
    return next((each.problem for each in rows if each.problem), "")


def specs_of(rows: Iterable[InputRow], files: Iterable[str] = ()) -> tuple[str, ...]:
    """Return what an export takes; rows that may stay empty and are, are left out."""
    written = (each.spec for each in rows if each.required or not each.is_empty)
    return (*written, *files)


def _row(known: Mapping[str, Any]) -> InputRow:
    dtype, shape = str(known.get("dtype") or known.get("annotation") or ""), known.get("shape")
    axes = shape if isinstance(shape, list | tuple) else ()
    return InputRow(
        name=str(known["name"]),
        dtype=dtype if dtype in DTYPES else _usual(str(known["name"])),
        shape=", ".join(str(axis) if axis is not None else ("batch" if not at else f"axis{at}")
                        for at, axis in enumerate(axes)),
        low=_text(known.get("low")),
        high=_text(known.get("high")),
        required=known.get("required") is not False,
    )  # fmt: skip


def _usual(name: str) -> str:
    """Return the type that an input of that name has as a rule."""
    return "int64" if name.lower().endswith(("ids", "mask", "tokens", "indices", "positions")) else "float32"


def _text(number: object) -> str:
    return f"{number:g}" if isinstance(number, int | float) and not isinstance(number, bool) else ""


def _number(text: str) -> float | None:
    if not text.strip():
        return None
    try:
        return float(text)
    except ValueError:
        return math.nan
