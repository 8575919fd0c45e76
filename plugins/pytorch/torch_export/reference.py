"""What PyTorch itself answers: in the model's own numbers, and in float64 to know what rounding alone does."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from .structure import Frame, Leaves, outputs_of

SEED = 0
EXACT_WEIGHTS = 600 * 2**20
"""Weights of more bytes are not run in float64, which would take twice as many again."""


@dataclass
class Runner:
    """Runs a model on named tensors, always from the same seed, and never on the tensors themselves."""

    model: Any
    frame: Frame
    dropped: list[str] = field(default_factory=list)
    seconds: float = 0.0
    writes: bool = False
    draws: bool = False
    """Whether it was seen to draw random numbers, or to change a buffer of its own."""

    def __call__(self, leaves: Mapping[str, torch.Tensor], seed: int = SEED) -> Leaves:
        """Return the answer's tensors by name. Raises what the model raises."""
        started = time.perf_counter()
        try:
            found = self._run(leaves, seed, torch.inference_mode)
        except RuntimeError as error:
            if "nference tensor" not in str(error) and "inference_mode" not in str(error):
                raise
            found = self._run(leaves, seed, torch.no_grad)
        self.seconds = time.perf_counter() - started
        return found

    def _run(self, leaves: Mapping[str, torch.Tensor], seed: int, mode: Any) -> Leaves:
        torch.manual_seed(seed)
        before = torch.get_rng_state(), _versions(self.model)
        with mode():
            given = {name: each.clone() for name, each in leaves.items()}
            args, kwargs = self.frame.fill(given)
            answer = self.model(*args, **kwargs)
            found, self.dropped = outputs_of(answer)
            self.draws = (
                self.draws or not torch.equal(before[0], torch.get_rng_state()) or before[1] != _versions(self.model)
            )
            self.writes = self.writes or any(not _same(given[name], leaves[name]) for name in leaves)
            return {name: each.detach().clone() for name, each in found.items()}


def _versions(model: Any) -> list[int]:
    return [each._version for each in model.buffers() if not each.is_inference()]


def _same(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.shape == other.shape and bool(torch.equal(one, other) or _nans_aside(one, other))


def _nans_aside(one: torch.Tensor, other: torch.Tensor) -> bool:
    return one.is_floating_point() and bool(torch.allclose(one, other, rtol=0, atol=0, equal_nan=True))


def agree(one: Leaves, other: Leaves) -> bool:
    """Whether two answers are the same, number by number."""
    return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)


def arrays(leaves: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    """Return tensors as NumPy has them; bfloat16, which it has not, as float32."""
    return {name: _array(each) for name, each in leaves.items()}


def _array(tensor: torch.Tensor) -> Any:
    tensor = tensor.detach().resolve_conj().resolve_neg().cpu()
    return (tensor.float() if tensor.dtype is torch.bfloat16 else tensor).contiguous().numpy()


def weight_bytes(model: Any) -> int:
    """Return the bytes of all parameters and buffers, shared ones once."""
    found = {each.data_ptr() or id(each): each for each in _weights(model)}
    return sum(each.numel() * each.element_size() for each in found.values())


def parameter_count(model: Any) -> int:
    """Return the number of parameters."""
    return sum(each.numel() for each in {id(each): each for each in model.parameters()}.values())


def _weights(model: Any) -> Iterator[torch.Tensor]:
    yield from model.parameters()
    yield from model.buffers()


def exact(runner: Runner, leaves: Leaves) -> tuple[dict[str, Any], str]:
    """Return the answer in float64, or an empty one and why there is none."""
    model = runner.model
    if weight_bytes(model) > EXACT_WEIGHTS:
        return {}, "the model is too large to be run in float64 as well"
    kinds = {each.dtype for each in _weights(model) if each.is_floating_point()}
    if not kinds <= {torch.float32}:
        return {}, f"its weights are {' and '.join(sorted(str(each).removeprefix('torch.') for each in kinds))}"
    try:
        with doubled(model):
            asked = {name: each.double() if each.is_floating_point() else each for name, each in leaves.items()}
            return arrays(runner(asked)), ""
    except Exception as error:  # noqa: BLE001 - a model that float64 can't be had of is judged without it
        return {}, f"it doesn't run in float64 ({_first_line(error)})"


@contextlib.contextmanager
def doubled(model: Any) -> Iterator[None]:
    """Have a float32 model in float64 for a while: every float32 number comes back as it was."""
    before = torch.get_default_dtype()
    try:
        model.double()
        torch.set_default_dtype(torch.float64)
        yield
    finally:
        torch.set_default_dtype(before)
        model.float()


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:160]


def varied(leaves: Leaves, seed: int, factor: float, ranges: Mapping[str, tuple[float, float]]) -> Leaves:
    """Return other contents of the same sizes: floats times a factor, whole numbers of their range, masks shuffled."""
    random = torch.Generator().manual_seed(seed)
    return {name: _varied(each, random, factor, ranges.get(name)) for name, each in leaves.items()}


def _varied(
    tensor: torch.Tensor, random: torch.Generator, factor: float, limits: tuple[float, float] | None
) -> torch.Tensor:
    if tensor.is_floating_point():
        return tensor * factor
    low, high = (int(each) for each in limits or (0, 1))
    if tensor.dtype is torch.bool or (low >= 0 and high <= 1):
        return shortened(tensor) if bool((tensor == 1).all()) else shuffled(tensor, random)
    return torch.randint(low, high + 1, tensor.shape, generator=random).to(tensor.dtype)


def shortened(mask: torch.Tensor) -> torch.Tensor:
    """Return a mask of ones with its last third off, as a shorter text has it."""
    if mask.ndim < 2 or mask.shape[-1] < 3:
        return mask
    found = mask.clone()
    found[..., -(mask.shape[-1] // 3) :] = 0
    return found


def shuffled(tensor: torch.Tensor, random: torch.Generator) -> torch.Tensor:
    """Return the same values in another order along the last axis."""
    if not tensor.ndim:
        return tensor
    return tensor[..., torch.randperm(tensor.shape[-1], generator=random)]


def finite(outputs: Mapping[str, torch.Tensor]) -> bool:
    """Whether there is neither an infinity nor a NaN in floating point outputs."""
    return all(bool(torch.isfinite(each).all()) for each in outputs.values() if each.is_floating_point())


def kind_of(array: Any) -> str:
    """Return the type's name as ONNX people write it."""
    return str(np.asarray(array).dtype)
