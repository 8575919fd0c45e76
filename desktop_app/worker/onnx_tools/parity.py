"""Whether the outputs agree: each output, in each case, in each view, against its noise."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import tolerances
from .comparing import Distance, distance, dtype_of, plain, views
from .sessions import Arrays


@dataclass(frozen=True)
class Seen:
    """One output in one case, in one view. `wrong` says what no tolerance excuses: shape, type, NaN, whole numbers."""

    output: str
    label: str
    case: int
    dtype: str
    distance: Distance | None
    noise: float = 0.0
    wrong: str = ""
    kind: str = ""
    estimated: bool = False
    measured: int = 0
    """In how many places the noise was measured against exact values."""

    @property
    def allowed(self) -> float:
        """Return the greatest error that is rounding."""
        return tolerances.allowed(self.dtype, self.distance.scale, self.noise) if self.distance else 0.0

    @property
    def excess(self) -> float:
        """Return the error in units of what is allowed."""
        if self.distance is None or not self.distance.error:
            return 0.0
        return self.distance.error / max(self.allowed, 1e-300)

    @property
    def beyond(self) -> bool:
        """Whether the error is so large that it can't be called right whatever the noise."""
        if self.distance is None:
            return False
        return self.distance.error > tolerances.bound(self.dtype, self.distance.scale, self.noise)


def look(case: int, name: str, framework: Any, onnx: Any, exact: Any = None) -> list[Seen]:
    """Compare one output of one case."""
    dtype = dtype_of(framework)
    blank = Seen(name, "", case, dtype, None)
    if onnx is None:
        return [replace(blank, wrong=f"“{name}” is a list or a table in the file", kind="type")]
    framework, onnx = plain(framework), np.asarray(onnx)
    if framework.shape != onnx.shape:
        shapes = f"{_shape(onnx)} and should have {_shape(framework)}"
        return [replace(blank, wrong=f"“{name}” has the shape {shapes}", kind="shape")]
    if framework.dtype.kind != onnx.dtype.kind or (framework.dtype.kind == "f" and framework.dtype != onnx.dtype):
        return [replace(blank, wrong=f"“{name}” is {onnx.dtype}, and {dtype} in the model", kind="type")]
    if framework.dtype.kind not in "f":
        return [_whole(blank, framework, onnx)]
    return [_float(replace(blank, label=each.label), each.of, framework, onnx, exact) for each in views(framework)]


def resolve(seen: Seen, moved: Sequence[Any], framework: Any) -> Seen:
    """Return it with the noise that moved outputs show; the first of them is the one as computed."""
    if seen.distance is None:
        return _flips(seen, moved, framework) if seen.kind == "whole" else seen
    view = next((each.of for each in views(plain(framework)) if each.label == seen.label), None)
    if view is None:
        return seen
    base = view(moved[0])
    noise = max(distance(base, view(each)).error for each in moved[1:])
    return replace(seen, noise=max(noise, seen.noise), estimated=True)


def ties(case: int, wrong: Seen, framework: Arrays, onnx: Arrays, allowed: Mapping[str, float]) -> bool:
    """Whether whole numbers differ only where another output shows that what they point at is equal within rounding."""
    ours, theirs = np.asarray(framework[wrong.output]), np.asarray(onnx[wrong.output])
    if ours.shape != theirs.shape or ours.dtype.kind not in "iu":
        return False
    for name, most in allowed.items():
        scores, values = plain(framework[name]), np.asarray(onnx[name])
        if scores.shape != values.shape:
            continue
        if _same_values(ours, theirs, scores, values, most) or _same_scores(ours, theirs, scores, most):
            return True
    return False


def _float(blank: Seen, of: Any, framework: Any, onnx: Any, exact: Any) -> Seen:
    given = None if exact is None or np.shape(exact) != framework.shape else of(np.asarray(exact))
    found = distance(of(framework), of(onnx), given)
    wrong = ""
    if found.torn:
        what = "NaN or infinity" if not np.isfinite(onnx).all() else "a number"
        wrong = (
            f"“{blank.output}” is {what} in {found.torn:,} of {found.size:,} places where the model has another value"
        )
    return replace(
        blank,
        distance=found,
        noise=found.noise or 0.0,
        measured=0 if given is None else found.size,
        wrong=wrong,
        kind="torn" if wrong else "",
    )


def _whole(blank: Seen, framework: Any, onnx: Any) -> Seen:
    different = int((framework != onnx).sum())
    if not different:
        return blank
    text = f"“{blank.output}” differs in {different:,} of {framework.size:,} places, and its values are whole"
    return replace(blank, wrong=text, kind="whole")


def _flips(seen: Seen, moved: Sequence[Any], framework: Any) -> Seen:
    """Forgive places that jump by rounding alone."""
    ours = np.asarray(framework)
    if ours.shape != np.shape(moved[0]):
        return seen
    jumping = np.any([each != moved[0] for each in moved[1:]], axis=0)
    return replace(seen, kind="jumping") if not ((ours != moved[0]) & ~jumping).any() else seen


def _same_values(ours: Any, theirs: Any, scores: Any, values: Any, most: float) -> bool:
    """Top-k: the values at the places where the indices differ are the same."""
    if scores.shape != ours.shape:
        return False
    return bool(np.abs(scores.astype(np.float64) - values)[ours != theirs].max(initial=0.0) <= most)


def _same_scores(ours: Any, theirs: Any, scores: Any, most: float) -> bool:
    """Argmax and sorting: the scores that the indices point at are the same."""
    for axis in range(scores.ndim):
        rest = scores.shape[:axis] + scores.shape[axis + 1 :]
        if ours.shape != rest and (ours.ndim != scores.ndim or ours.shape[:axis] + ours.shape[axis + 1 :] != rest):
            continue
        places = [each if each.ndim == scores.ndim else np.expand_dims(each, axis) for each in (ours, theirs)]
        if any((each < 0).any() or (each >= scores.shape[axis]).any() for each in places):
            continue
        at = [np.take_along_axis(scores, each.astype(np.int64), axis) for each in places]
        return bool(np.abs(at[0].astype(np.float64) - at[1]).max(initial=0.0) <= 2 * most)
    return False


def _shape(array: Any) -> str:
    return "×".join(map(str, np.shape(array))) or "none"
