"""How much two right computations of one model may differ, and from when on a difference is an error.

A framework and ONNX Runtime add up in different orders, and neither is exact. What that does to an output is its noise:
how far the framework itself is from the same model in float64, or, where that can't be had, how far the outputs move
when every weight and input is moved by a rounding. docs/decisions.md tells where the factors come from.
"""

from __future__ import annotations

EPS = {"float64": 2.0**-52, "float32": 2.0**-23, "float16": 2.0**-10, "bfloat16": 2.0**-7}
NOISE_FACTOR = 10.0
"""An error within this many times the noise is rounding. Of 3,000 right networks the worst was at 5.4."""
ENOUGH = 16
"""Of so many numbers the greatest rounding is known well enough; of fewer it may be small by luck."""
FLOOR = {"float64": 64.0, "float32": 32.0, "float16": 4.0, "bfloat16": 4.0}
"""Roundings of the output's largest value that are never an error, however small the noise was found."""
BOUND = {"float64": 1e-6, "float32": 2e-3, "float16": 5e-2, "bfloat16": 0.25}
"""Up to this part of the output's size all that is within the tolerance is right."""
AS_GOOD, MOST = 3.0, 0.02
"""Beyond it an error is right only while it is no larger than so many times the noise, and than this part of the size:
the framework is as far off itself."""
SIGNAL_PART = 0.05
"""An error over this part of what depends on the input leaves open whether the input was used as it should be."""
VANISHED = 1e-15
"""Outputs of float32 below this come of a net in which every signal dies."""


def floor(dtype: str, scale: float) -> float:
    """Return what rounding the output's largest value a few times comes to."""
    return FLOOR.get(dtype, FLOOR["float32"]) * EPS.get(dtype, EPS["float32"]) * scale


def allowed(dtype: str, scale: float, noise: float) -> float:
    """Return the greatest error that is rounding."""
    return NOISE_FACTOR * noise + floor(dtype, scale)


def bound(dtype: str, scale: float, noise: float) -> float:
    """Return the greatest error that can be called right."""
    return max(BOUND.get(dtype, BOUND["float32"]) * scale, min(AS_GOOD * noise, MOST * scale))
