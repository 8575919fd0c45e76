"""Which axis it is that a file has only one size of: each is changed alone, and the model run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rankzero_kit.errors import TaskError

from .naming import Pairing
from .sessions import Arrays, run


def stuck_axes(
    session: Any, specs: Sequence[Mapping[str, Any]], pairing: Pairing, ran: Arrays, failed: Arrays
) -> list[str]:
    """Return the names of axes that a model does not run at another size of; `ran` are inputs that it runs with."""
    wanted = {axis: size for axis, size in _sizes(specs, failed).items() if _sizes(specs, ran).get(axis) != size}
    return [axis for axis, size in wanted.items() if not _runs(session, pairing, _resized(specs, ran, axis, size))]


def _sizes(specs: Sequence[Mapping[str, Any]], arrays: Arrays) -> dict[str, int]:
    known = ((spec, np.shape(arrays[spec["name"]])) for spec in specs if spec["name"] in arrays)
    pairs = (pair for spec, shape in known for pair in zip(spec["shape"], shape, strict=False))
    return {axis: size for axis, size in pairs if isinstance(axis, str)}


def _resized(specs: Sequence[Mapping[str, Any]], arrays: Arrays, axis: str, size: int) -> Arrays:
    """Return inputs with one axis of another size, filled with what is there, from its beginning again and again."""
    found = dict(arrays)
    for spec in specs:
        for index, name in enumerate(spec["shape"] if spec["name"] in arrays else ()):
            if name == axis:
                here = found[spec["name"]]
                found[spec["name"]] = np.take(here, np.arange(size) % here.shape[index], axis=index)
    return found


def _runs(session: Any, pairing: Pairing, arrays: Arrays) -> bool:
    given = {pairing.inputs[name]: each for name, each in arrays.items() if name in pairing.inputs}
    try:
        run(session, given)
    except TaskError:
        return False
    return True
