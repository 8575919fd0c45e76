"""Cases: inputs of several sizes and contents, each with what the framework answers."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from rankzero_kit.errors import TaskError
from rankzero_kit.inputs import FLOATS, WHOLE, InputSpec, axes, draw, sizes_of

from . import code, examples, signatures
from .model import Arrays, Loaded

SIZES = {
    "batch": (2, 3, 1),
    "height": (64, 96, 80), "width": (96, 64, 112), "depth": (16, 24, 20),
    "seq": (10, 17, 6), "time": (12, 19, 7), "length": (10, 17, 6),
}  # fmt: skip
LARGER = {"height": (224, 256, 288), "width": (256, 224, 320), "depth": (32, 48, 64)}
OTHERS = (8, 13, 5)


@dataclass
class Case:
    """Inputs by name, with the sizes of their axes and where they come from."""

    inputs: Arrays
    sizes: dict[str, int]
    origin: str


def drawn_sizes(specs: list[InputSpec], number: int, larger: bool = False) -> dict[str, int]:
    """Return sizes for the case of that number."""
    table = {**SIZES, **LARGER} if larger else SIZES
    longer = 9 if larger else 1
    return {
        name: table[name][number]
        if name in table
        else (table.get(name.rpartition("_")[0], OTHERS)[number] + shift) * longer
        for shift, name in enumerate(axes(specs))
    }


def drawn(specs: list[InputSpec], sizes: dict[str, int], seed: int, origin: str) -> Case:
    """Return a case of drawn inputs."""
    arrays = {each.name: draw(each, sizes, seed + zlib.crc32(each.name.encode()) % 1000) for each in specs}
    return Case(arrays, sizes, origin)


def changed(case: Case, specs: list[InputSpec], seed: int) -> Case:
    """Return a case of the same sizes with other content: floats negated and scaled, whole numbers drawn again."""
    by_name = {each.name: each for each in specs}

    def one(name: str, values: Any) -> Any:
        spec = by_name[name]
        if spec.dtype in FLOATS:
            ends = (spec.low, spec.high)
            other = values * -0.75 if ends[0] is None or ends[1] is None else (ends[0] + ends[1]) - values
            return np.asarray(other, values.dtype)
        fixed = replace(spec, shape=values.shape)
        return draw(fixed, {}, seed).astype(values.dtype)

    return Case({name: one(name, each) for name, each in case.inputs.items()}, case.sizes, "negated")


def of_examples(loaded: Loaded, specs: list[InputSpec]) -> list[Case]:
    """Return the cases that came with the model: as given, and from its `inputs` function at other sizes."""
    found = []
    for each in loaded.examples:
        arrays = examples.packed(each, loaded.arguments)
        if arrays is not None:
            found.append(Case(_typed(arrays, specs), sizes_of(specs, arrays), "given"))
    if loaded.sized is not None and found:
        found += _resized(loaded, specs, found[0])
    return found


def _resized(loaded: Loaded, specs: list[InputSpec], first: Case) -> Iterator[Case]:
    sizes = examples.sizes_taken(loaded.sized)
    assert loaded.sized is not None
    for step in (1, 2):
        trial = {name: examples.other(name, size) if step == 1 else max(1, size * step) for name, size in sizes.items()}
        try:
            arrays = examples.packed(loaded.sized(**trial), loaded.arguments)
        except Exception:  # noqa: BLE001, S112 - sizes that its author didn't mean
            continue
        if arrays is not None and (found := sizes_of(specs, arrays)) != first.sizes:
            yield Case(_typed(arrays, specs), found, "other size")
            return


def _typed(arrays: Arrays, specs: list[InputSpec]) -> Arrays:
    types = {each.name: each.dtype for each in specs}
    wrong = [name for name, each in arrays.items() if each.dtype.kind not in "fiub"]
    if wrong:
        raise TaskError(f"The input “{wrong[0]}” is no array of numbers.", "Give arrays of numbers as inputs.")
    return {
        name: each.astype(types[name]) if types[name] in (*FLOATS, *WHOLE) else each for name, each in arrays.items()
    }


def planned(loaded: Loaded, specs: list[InputSpec], larger: bool = False) -> list[Case]:
    """Return the cases to try: at least three contents, and two sizes where any axis varies."""
    found = of_examples(loaded, specs)
    if not found:
        found = [drawn(specs, drawn_sizes(specs, 0, larger), 0, "drawn")]
    if axes(specs) and not any(each.sizes != found[0].sizes for each in found):
        found.append(drawn(specs, _unlike(specs, found[0].sizes, larger), 1, "other size"))
    found.append(changed(found[0], specs, 2))
    if len(found) < 3:
        found.append(drawn(specs, found[0].sizes, 3, "drawn"))
    return found


def _unlike(specs: list[InputSpec], sizes: dict[str, int], larger: bool) -> dict[str, int]:
    wanted = drawn_sizes(specs, 1, larger)
    return {name: size if size != sizes[name] else drawn_sizes(specs, 2, larger)[name] for name, size in wanted.items()}


def answered(loaded: Loaded, specs: list[InputSpec]) -> tuple[list[InputSpec], list[Case], list[Arrays]]:
    """Return the cases with the framework's answers; sizes and shared names of axes are tried until it takes them."""
    trials = [(specs, False), (specs, True)]
    if len(specs) > 1 and (shared := signatures.shared_axes(specs)) != specs:
        trials += [(shared, False), (shared, True)]
    first: Exception | None = None
    for tried, larger in trials:
        cases = planned(loaded, tried, larger)
        try:
            return tried, cases, [loaded.answer(each.inputs) for each in cases]
        except Exception as error:  # noqa: BLE001 - whatever the framework says of inputs that don't fit
            first = first or error
        if loaded.examples and not axes(tried):
            break
    assert first is not None
    known = [each.document() for each in specs]
    raise TaskError(
        f"The model doesn't take these inputs: {code.told(first)}",
        "Give inputs that it takes, as name=float32[batch,224,224,3] or as an .npz file.",
        ask={"kind": "inputs", "known": known, "why": code.told(first)},
    ) from first
