"""Small PyTorch models of the kinds that exporters stumble over; each function returns (model, inputs).

Run in PyTorch's toolchain alone.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
from torch import nn
from torch.nn import functional


class Does(nn.Module):  # type: ignore[misc]  # PyTorch is not here to be looked at
    """A model that does what a function says, with some layers."""

    def __init__(self, does: Callable[..., Any], **layers: Any) -> None:
        super().__init__()
        self._does = does
        for name, each in layers.items():
            setattr(self, name, each)

    def forward(self, x: Any, y: Any = None) -> Any:
        """Do it."""
        return self._does(self, x) if y is None else self._does(self, x, y)


def nested() -> tuple[Any, Any]:
    """Inputs in a list and a dict, outputs named as an input, a number, None, and an input itself."""

    def does(self: Any, x: Any, y: Any) -> Any:
        return {"x": self.layer(x[0]), "parts": (x[1] + y["bias"], None), "rows": x[0].shape[0], "same": x[1]}

    given = ([torch.randn(1, 4), torch.randn(1, 4)], {"bias": torch.randn(4)})
    return Does(does, layer=nn.Linear(4, 3)).train(), given


def recurrent() -> tuple[Any, Any]:
    """A GRU over a length that may vary."""
    return Does(lambda self, x: self.gru(x)[0], gru=nn.GRU(3, 5, batch_first=True)), torch.randn(2, 6, 3)


def writes_into_its_input() -> tuple[Any, Any]:
    """What it was given is not what is left of it."""

    def does(self: Any, x: Any) -> Any:
        x[:, 0] = 0
        return self.layer(x.mul_(2))

    return Does(does, layer=nn.Linear(4, 3)), torch.randn(2, 4)


def looks_whether_it_is_sound() -> tuple[Any, Any]:
    """Reads values only to complain of them: what it computes is always the same."""

    def does(self: Any, x: Any) -> Any:
        assert not torch.isnan(x).any(), "no number"
        if x.abs().max() > 1e6:
            raise ValueError("too large")
        return self.layer(x)

    return Does(does, layer=nn.Linear(4, 3)), torch.randn(2, 4)


def chooses() -> tuple[Any, Any]:
    """Both ways of a choice by values, written so that an exporter sees them."""

    def does(self: Any, x: Any) -> Any:
        return torch.cond(x.sum() > 0, lambda x: self.layer(x) + 1, lambda x: self.other(x) * 2, (x,))

    return Does(does, layer=nn.Linear(4, 3), other=nn.Linear(4, 3)), torch.randn(2, 4)


def chooses_by_hand() -> tuple[Any, Any]:
    """The same of a file that was loaded under a name that nothing can import."""
    spec = importlib.util.spec_from_file_location("loaded_by_hand", __file__)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: tuple[Any, Any] = module.chooses()
    return made


def decides() -> tuple[Any, Any]:
    """An `if` on values: either way is right for some inputs alone."""

    def does(self: Any, x: Any) -> Any:
        if x.sum() > 0:
            return self.layer(x)
        return self.layer(x) * 2

    return Does(does, layer=nn.Linear(4, 3)), torch.rand(2, 4)


def random_in_eval() -> tuple[Any, Any]:
    """Dropout that eval() doesn't reach."""
    return Does(lambda self, x: functional.dropout(self.layer(x), 0.5), layer=nn.Linear(4, 3)), torch.randn(2, 4)


def one_length_alone() -> tuple[Any, Any]:
    """Outputs whose number follows the batch: no file has that."""
    return Does(lambda _self, x: x.unbind(0)), torch.randn(2, 4)


def unrolled() -> tuple[Any, Any]:
    """A Python loop over a length, which exporters write out as often as the example has it."""

    def does(self: Any, x: Any) -> Any:
        found = self.table(x[:, 0])
        for index in range(1, x.shape[1]):
            found = found * 0.5 + self.table(x[:, index])
        return found

    return Does(does, table=nn.Embedding(9, 3)), torch.randint(0, 9, (2, 5))


def pooled() -> Any:
    """Windows of which the size follows that of the image."""
    return Does(lambda self, x: functional.adaptive_avg_pool2d(self.conv(x), 3), conv=nn.Conv2d(1, 2, 3, padding=1))


def image_of_unknown_size() -> Any:
    """No example: the first layer and the sizes that fit tell."""

    def does(self: Any, x: Any) -> Any:
        return self.layer(functional.max_pool2d(self.conv(x), 2).flatten(1))

    return Does(does, conv=nn.Conv2d(1, 2, 3, padding=1), layer=nn.Linear(2 * 7 * 7, 3))


def configured() -> Any:
    """A configuration as those of transformers tells."""

    class Words(nn.Module):  # type: ignore[misc]  # PyTorch is not here to be looked at
        main_input_name = "input_ids"

        def __init__(self) -> None:
            super().__init__()
            self.config, self.table = SimpleNamespace(vocab_size=9), nn.Embedding(9, 3)

        def forward(self, input_ids: torch.Tensor) -> Any:
            return self.table(input_ids)

    return Words()


def two_that_nothing_tells_of() -> Any:
    """No example, and no layer to know the inputs from."""

    class Two(nn.Module):  # type: ignore[misc]  # PyTorch is not here to be looked at
        def forward(self, left: torch.Tensor, right: torch.Tensor) -> Any:
            return left @ right

    return Two()


def quantised() -> tuple[Any, Any]:
    """Packed weights that have no place in ONNX."""
    layers = nn.Sequential(nn.Linear(4, 3))
    return torch.ao.quantization.quantize_dynamic(layers, {nn.Linear}, dtype=torch.qint8), torch.randn(2, 4)


def scripted() -> tuple[Any, Any]:
    """TorchScript, which has both ways of an `if` in it."""
    return torch.jit.script(_Scripted().eval()), torch.rand(2, 4)


class _Scripted(nn.Module):  # type: ignore[misc]  # PyTorch is not here to be looked at
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if bool(x.sum() > 0):
            return self.layer(x)
        return self.layer(x) * 2
