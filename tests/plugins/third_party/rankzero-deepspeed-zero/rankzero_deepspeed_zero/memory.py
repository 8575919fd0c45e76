"""Rough memory of the model's states, by the ZeRO paper (Rajbhandari et al., 2020), without activations and buffers."""

from __future__ import annotations

from dataclasses import dataclass

GIB = 2.0**30
# Bytes per parameter: (weights, gradients, what Adam keeps); mixed precision keeps Adam's own copy of the weights.
MIXED = (2, 2, 12)
FULL = (4, 4, 8)


@dataclass(frozen=True)
class Plan:
    """What the memory depends on; `parameters` is a number of weights."""

    parameters: float
    stage: int
    ranks: int
    precision: str = "bf16"
    offload_optimizer: bool = False
    offload_parameters: bool = False

    @property
    def parts(self) -> tuple[float, float, float]:
        """Bytes per rank of weights, gradients and optimizer: a stage more splits one more of them among all ranks."""
        weights, gradients, optimizer = FULL if self.precision == "fp32" else MIXED
        return (
            weights * self.parameters / (self.ranks if self.stage >= 3 else 1),
            gradients * self.parameters / (self.ranks if self.stage >= 2 else 1),
            optimizer * self.parameters / (self.ranks if self.stage >= 1 else 1),
        )

    @property
    def gpu(self) -> float:
        """GiB of one GPU."""
        weights, gradients, optimizer = self.parts
        kept = 0.0 if self.offload_parameters else weights
        return (kept + (0.0 if self.offload_optimizer else gradients + optimizer)) / GIB

    @property
    def host(self) -> float:
        """GiB of the machine's memory that one rank takes instead: gradients go along with the optimizer."""
        weights, gradients, optimizer = self.parts
        moved = weights if self.offload_parameters else 0.0
        return (moved + (gradients + optimizer if self.offload_optimizer else 0.0)) / GIB
