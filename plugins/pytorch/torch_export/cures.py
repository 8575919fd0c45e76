"""What is known to make a model exportable that isn't as it is; each is tried once, and said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Cure:
    """A change to a model that leaves its answers as they are; `says` is for the report, empty for none."""

    name: str
    says: str
    fits: Callable[[Any, str], bool]
    apply: Callable[[Any], None]


def next_for(error: BaseException, model: Any, tried: set[str]) -> Cure | None:
    """Return the likeliest cure that was not tried."""
    text = "\n".join(f"{type(each).__name__}: {each}" for each in _chain(error))
    return next((each for each in CURES if each.name not in tried and each.fits(model, text)), None)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _transformers(model: Any) -> bool:
    return any(hasattr(each, "set_attn_implementation") for each in model.modules())


def _attention(model: Any) -> str:
    return str(getattr(getattr(model, "config", None), "_attn_implementation", "") or "")


def _eager(model: Any) -> None:
    for each in model.modules():
        if hasattr(each, "set_attn_implementation"):
            each.set_attn_implementation("eager")


def _batched(model: Any) -> None:
    for each in model.modules():
        if hasattr(each, "set_experts_implementation"):
            each.set_experts_implementation("batched_mm")


def _has_experts(model: Any) -> bool:
    return any(hasattr(each, "set_experts_implementation") for each in model.modules())


def _reparametrised(model: Any) -> bool:
    """Whether there is a weight_norm or spectral_norm, of the old or the new sort."""
    return any(_norms(each) or torch.nn.utils.parametrize.is_parametrized(each) for each in model.modules())


def _norms(module: Any) -> list[Any]:
    hooks = module._forward_pre_hooks.values()
    return [each for each in hooks if type(each).__name__ in ("WeightNorm", "SpectralNorm")]


def _merge_norms(model: Any) -> None:
    """Have the weights that the norms compute as plain ones: in eval() they are the same for every input."""
    for module in model.modules():
        for hook in _norms(module):
            merge = (
                torch.nn.utils.remove_weight_norm
                if type(hook).__name__ == "WeightNorm"
                else torch.nn.utils.remove_spectral_norm
            )
            merge(module, hook.name)
        if torch.nn.utils.parametrize.is_parametrized(module):
            for name in [*module.parametrizations]:
                torch.nn.utils.parametrize.remove_parametrizations(module, name, leave_parametrized=True)


def _nothing(_model: Any) -> None:
    return


CURES = (
    Cure(
        "relaxed", "", lambda _model, text: bool(re.search("Constraints violated|ConstraintViolation", text)), _nothing
    ),
    Cure(
        "norms",
        "weight_norm and spectral_norm merged into the weights",
        lambda model, _text: _reparametrised(model),
        _merge_norms,
    ),
    Cure("experts", "experts: batched_mm", lambda model, text: _has_experts(model) and "grouped_mm" in text, _batched),
    Cure(
        "eager", "attention: eager", lambda model, _text: _transformers(model) and _attention(model) != "eager", _eager
    ),
    Cure("experts", "experts: batched_mm", lambda model, _text: _has_experts(model), _batched),
    Cure("strict", "torch.export in strict mode", lambda _model, _text: True, _nothing),
)
