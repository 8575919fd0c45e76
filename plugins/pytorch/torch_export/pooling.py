"""Adaptive average pooling over sizes that vary: exporters freeze its windows to the example's, this doesn't."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch.nn import functional

_original = functional.adaptive_avg_pool2d


@contextlib.contextmanager
def kept_free() -> Iterator[None]:
    """Have adaptive pooling exported as two products with matrices that follow the size."""
    functional.adaptive_avg_pool2d = _pool
    try:
        yield
    finally:
        functional.adaptive_avg_pool2d = _original


def _pool(input: torch.Tensor, output_size: Any) -> torch.Tensor:  # noqa: A002 - PyTorch's own name
    wanted = (output_size, output_size) if isinstance(output_size, int) else tuple(output_size)
    varies = any(isinstance(each, torch.SymInt) for each in input.shape[-2:])
    if not varies or all(each == 1 for each in wanted):
        return _original(input, output_size)
    for axis, size in ((-2, wanted[0]), (-1, wanted[1])):
        if size is not None:
            input = _along(input, axis, size)  # noqa: A001 - PyTorch's own name
    return input


def _along(tensor: torch.Tensor, axis: int, size: int) -> torch.Tensor:
    """Return means over windows, of which number i is from floor(i n / size) to ceil((i + 1) n / size)."""
    length = tensor.shape[axis]
    window = torch.arange(size)[:, None]
    first, behind = (window * length) // size, ((window + 1) * length + size - 1) // size
    place = torch.arange(length)[None, :]
    weights = ((place >= first) & (place < behind)).to(tensor.dtype) / (behind - first).to(tensor.dtype)
    return weights @ tensor if axis == -2 else tensor @ weights.T
