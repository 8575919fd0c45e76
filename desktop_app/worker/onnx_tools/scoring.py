"""How far one model's outputs are from another's: relative error, agreement on the highest value, direction."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

Arrays = Mapping[str, Any]


def compared(expected: Sequence[Arrays], got: Sequence[Arrays]) -> dict[str, Any]:
    """Return the worst of all outputs, with a row for each: `nrmse`, `argmax_agreement`, `cosine`, `finite`, `rows`.

    What is not there in `expected` is not compared. What can't be told is None: where there is nothing to compare, or,
    with `finite` false, where the shapes are others or a number is none.
    """
    names = dict.fromkeys(name for each in expected for name in each)
    outputs = [_output(name, expected, got) for name in names]
    return {
        "nrmse": _told(_worst(max, [each["nrmse"] for each in outputs])),
        "argmax_agreement": _worst(min, [each["argmax_agreement"] for each in outputs]),
        "cosine": _worst(min, [each["cosine"] for each in outputs]),
        "finite": all(each["finite"] for each in outputs),
        "rows": _worst(min, [each["rows"] for each in outputs]),
        "outputs": [{**each, "nrmse": _told(each["nrmse"])} for each in outputs],
    }


def _output(name: str, expected: Sequence[Arrays], got: Sequence[Arrays]) -> dict[str, Any]:
    pairs = [(np.asarray(a[name]), np.asarray(b[name])) for a, b in zip(expected, got, strict=True) if name in a]
    told: dict[str, Any] = {"name": name, "nrmse": None, "argmax_agreement": None, "cosine": None, "rows": None}
    if any(a.shape != b.shape for a, b in pairs):
        return {**told, "finite": False, "nrmse": math.inf, "argmax_agreement": 0.0}
    if not all(np.issubdtype(a.dtype, np.floating) for a, _ in pairs):
        same = sum(int(np.count_nonzero(a == b)) for a, b in pairs)
        values = sum(a.size for a, _ in pairs)
        return {**told, "finite": True, "argmax_agreement": same / values if values else None, "rows": values}
    flat = [np.concatenate([each[side].ravel().astype(np.float64) for each in pairs]) for side in (0, 1)]
    told |= {"finite": finite(*flat), "nrmse": nrmse(*flat), "cosine": cosine(*flat)}
    agreed, rows = map(sum, zip(*(argmax_agreement(a, b) for a, b in pairs), strict=True))
    return {**told, "argmax_agreement": agreed / rows if rows else None, "rows": rows or None}


def finite(expected: Any, got: Any) -> bool:
    """Whether everything is a number that was one."""
    return bool(np.isfinite(got[np.isfinite(expected)]).all())


def nrmse(expected: Any, got: Any) -> float:
    """Return the root mean square error as a part of how much the expected values vary (their standard deviation).

    Values that do not vary are measured by their size; what is no number where one was expected is infinitely wrong.
    """
    known = np.isfinite(expected)
    expected, got = expected[known], got[known]
    if not expected.size:
        return 0.0
    if not np.isfinite(got).all():
        return math.inf
    error = float(np.sqrt(np.mean((got - expected) ** 2)))
    scale = float(np.std(expected)) or float(np.sqrt(np.mean(expected**2)))
    return 0.0 if not error else error / scale if scale else math.inf


def cosine(expected: Any, got: Any) -> float | None:
    """Return the cosine of the angle between both as vectors; None where one has no direction."""
    known = np.isfinite(expected) & np.isfinite(got)
    lengths = float(np.linalg.norm(expected[known]) * np.linalg.norm(got[known]))
    return float(np.dot(expected[known], got[known]) / lengths) if lengths else None


def argmax_agreement(expected: Any, got: Any) -> tuple[int, int]:
    """Return in how many rows both have their highest value at the same place, and the rows; ties count as agreement.

    A row runs along the last axis, of images (four axes and more) along the second: where scores of classes lie.
    """
    if expected.ndim < 2 or not expected.size:
        return 0, 0
    axis = -1 if expected.ndim < 4 else 1
    if expected.shape[axis] < 2:
        return 0, 0
    chosen = np.take_along_axis(expected, np.expand_dims(got.argmax(axis), axis), axis).squeeze(axis)
    return int(np.count_nonzero(chosen >= expected.max(axis))), int(chosen.size)


def _told(error: float | None) -> float | None:
    return error if error is not None and math.isfinite(error) else None


def _worst(choose: Any, values: Sequence[Any]) -> Any:
    known = [each for each in values if each is not None]
    return choose(known) if known else None
