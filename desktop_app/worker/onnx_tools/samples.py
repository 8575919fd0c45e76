"""A person's inputs from `.npz` files: arrays named as the inputs are, whose first axis may be longer than a batch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rankzero_kit.cases import IN, OUT
from rankzero_kit.errors import TaskError

MOST = 256
"""Samples that are used at most: ranges hardly change after some hundred."""
BATCH = 8


class Samples:
    """Samples in the form that ONNX Runtime's calibration asks for."""

    def __init__(self, samples: Sequence[Mapping[str, Any]]) -> None:
        self._left = iter(samples)

    def get_next(self) -> Mapping[str, Any] | None:
        """Return the next sample."""
        return next(self._left, None)


def read_samples(files: Sequence[str], size: int = BATCH) -> list[dict[str, Any]]:
    """Return what the files hold, in batches of a size. Raises TaskError for a file that is none."""
    found = [batch for each in files for batch in _batches(_read(Path(each)), size)]
    step = max(1, len(found) * size // MOST)
    return found[::step]


def _read(path: Path) -> dict[str, Any]:
    try:
        with np.load(path, allow_pickle=False) as data:
            arrays = {key.removeprefix(IN): data[key] for key in data.files if key.startswith(IN)}
            return arrays or {key: data[key] for key in data.files if not key.startswith(OUT)}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        hint = "It is written by numpy.savez(FILE, NAME=array, …), an array for each input."
        raise TaskError(f"{path.name} is no .npz file of arrays.", hint) from error


def _batches(arrays: dict[str, Any], size: int) -> Iterator[dict[str, Any]]:
    """Cut arrays of the same length along their first axis; others are one sample as they are. No batch is short."""
    lengths = {each.shape[0] if each.ndim else 0 for each in arrays.values()}
    length = lengths.pop() if len(lengths) == 1 else 0
    if length < size:
        yield arrays
        return
    for start in range(0, length - length % size, size):
        yield {name: each[start : start + size] for name, each in arrays.items()}
