"""Compares one output's arrays: the framework's, ONNX Runtime's, and, where it is there, the exact one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

TINY = 1e-30
SMALL_PART = 1e-3
COLUMNS = 64
"""Outputs of at most this many columns have those looked at alone that are far smaller than the rest."""


@dataclass(frozen=True)
class View:
    """A way to look at an output: as it is, as log-odds, or only its small columns."""

    label: str
    of: Callable[[Any], Any]


@dataclass(frozen=True)
class Distance:
    """How far apart two arrays are, in one view.

    `error`: greatest difference. `noise`: greatest difference of the framework from the exact values, or None.
    `scale`: greatest finite value of the framework. `torn`: places where one has a number and the other NaN or another
    infinity. `both`: places where both have the same NaN or infinity. `size`: places in all.
    """

    error: float
    noise: float | None
    scale: float
    relative: float
    torn: int
    both: int
    size: int
    place: tuple[int, ...]


def plain(array: Any) -> Any:
    """Return an array as numpy can reckon with it; two bytes of no known type are bfloat16."""
    array = np.asarray(array)
    if array.dtype.kind == "V" and array.dtype.itemsize == 2:
        bits = array.view(np.uint16).astype(np.uint32) << 16
        return bits.view(np.float32)
    return array


def dtype_of(array: Any) -> str:
    """Return the word for an array's type."""
    array = np.asarray(array)
    return "bfloat16" if array.dtype.kind == "V" and array.dtype.itemsize == 2 else str(array.dtype)


def distance(framework: Any, onnx: Any, exact: Any = None) -> Distance:
    """Return how far apart two arrays of one shape are."""
    framework, onnx = (np.asarray(each, np.float64) for each in (framework, onnx))
    finite = np.isfinite(framework) & np.isfinite(onnx)
    same = (framework == onnx) | (np.isnan(framework) & np.isnan(onnx))
    error = _difference(framework, onnx, finite)
    scale = float(np.abs(framework, where=finite, out=np.zeros_like(framework)).max(initial=0.0))
    place = np.unravel_index(int(error.argmax()), error.shape) if error.size else ()
    worst = float(error.max(initial=0.0))
    both, torn = int((~finite & same).sum()), int((~finite & ~same).sum())
    noise = None if exact is None or np.shape(exact) != framework.shape else _noise(framework, exact, finite)
    indices = tuple(int(each) for each in place)
    return Distance(worst, noise, scale, worst / max(scale, TINY), torn, both, framework.size, indices)


def views(framework: Any) -> Iterator[View]:
    """Yield the ways in which an output of floats is to be looked at."""
    yield View("", lambda array: array)
    axis = softmax_axis(framework)
    if axis is not None:
        yield View("log-odds", lambda array: log_odds(array, axis))
    small = small_columns(framework)
    if small is not None:
        yield View("small columns", lambda array: array[..., small])


def softmax_axis(array: Any) -> int | None:
    """Return the axis along which an output's values are shares of one, the last one or the first after the batch."""
    array = np.asarray(array)
    if array.ndim < 1 or not array.size or not np.isfinite(array).all() or array.min() < 0 or array.max() > 1.001:
        return None
    axes: tuple[int, ...] = (array.ndim - 1, min(1, array.ndim - 1))
    for axis in dict.fromkeys(axes):
        several = array.shape[axis] > 1
        if several and np.abs(np.asarray(array, np.float64).sum(axis=axis) - 1).max() < 1e-2:
            return axis
    return None


def log_odds(array: Any, axis: int) -> Any:
    """Return the logarithms of shares against their mean; shares too small to be exact count as the least one."""
    shares = np.asarray(array, np.float64)
    logs = np.log(np.maximum(shares, 1e-12))
    return logs - logs.mean(axis=axis, keepdims=True)


def small_columns(array: Any) -> Any:
    """Return which columns are far smaller than the largest one, or None; of few rows nothing can be said."""
    array = np.asarray(array)
    if array.ndim < 2 or not 1 < array.shape[-1] <= COLUMNS or array.size < 4 * array.shape[-1]:
        return None
    sizes = np.abs(np.nan_to_num(np.asarray(array, np.float64), posinf=0, neginf=0)).max(
        axis=tuple(range(array.ndim - 1))
    )
    small = (sizes < SMALL_PART * sizes.max()) & (sizes > 0)
    return small if small.any() else None


def _difference(one: Any, other: Any, where: Any) -> Any:
    out = np.zeros_like(one)
    np.subtract(one, other, where=where, out=out)
    return np.abs(out, out=out)


def _noise(framework: Any, exact: Any, where: Any) -> float:
    exact = np.asarray(exact, np.float64)
    return float(_difference(framework, exact, where & np.isfinite(exact)).max(initial=0.0))
