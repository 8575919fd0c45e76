"""How much memory an export will take, told before it begins: a framework's own, and a multiple of the weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from desktop_app.core.words import size_text

BYTES_PER_PARAMETER = 4


@dataclass(frozen=True, slots=True)
class Cost:
    """What an exporter's way to ONNX takes, in bytes: `base` whatever the model is, and `factor` times its weights.

    `spread` is how far, as a part, measured exports were from that: what they compute on beside the weights is not
    known beforehand.
    """

    base: int
    factor: float
    spread: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """`bytes` is what is expected, None where the weights' size isn't known; `fits` is None where that is open."""

    bytes: int | None
    available: int
    fits: bool | None
    text: str

    @property
    def is_warning(self) -> bool:
        """Whether the person should be warned before it begins."""
        return self.fits is False


def weights_of(file_bytes: int, parameters: int | None) -> int:
    """Return the bytes of a model's weights: of its parameters where their number is known, else of its file."""
    return parameters * BYTES_PER_PARAMETER if parameters else file_bytes


def forecast(cost: Cost, weights: int, available: int) -> Forecast:
    """Return what an export of so many bytes of weights will take; without any (0) only what it takes at least."""
    expected = round(cost.base + cost.factor * weights)
    at_most = round(expected * (1 + cost.spread))
    free = size_text(available)
    if expected > available:
        text = (
            f"It needs about {size_text(expected)} of memory, and only {free} are free: it would probably be ended "
            "before it is done. Close other programs, or export on a larger machine."
        )
        return Forecast(expected if weights else None, available, False, text)
    if not weights:
        text = f"It needs at least {size_text(expected)} of memory; {free} are free."
        return Forecast(None, available, None, text)
    if at_most > available:
        text = (
            f"It needs about {size_text(expected)} of memory, perhaps {size_text(at_most)}; {free} are free, which may "
            "be too little. Close other programs first."
        )
        return Forecast(expected, available, None, text)
    return Forecast(expected, available, True, f"It needs about {size_text(expected)} of memory; {free} are free.")


def cost_of(costs: Mapping[str, Cost], kind: str, *exporters: str) -> Cost | None:
    """Return the cost of the first exporter that is known: for a kind of models (`keras/saved-model`), or for all."""
    names = (name for each in exporters for name in (f"{each}/{kind}", each))
    return next((costs[name] for name in names if name in costs), None)
