"""Cures for what Keras does on PyTorch with a time axis of no fixed length: loops over it become scans."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from . import steps

SCAN = "recurrent layers: a scan over the time axis"


@contextmanager
def applied(used: list[str]) -> Iterator[None]:
    """Let recurrent layers and TimeDistributed be exported with any length; `used` is told what was needed."""
    import torch
    from keras.src import backend
    from keras.src.layers import RNN

    looped = RNN.inner_loop

    def inner_loop(self: Any, sequences: Any, initial_state: Any, mask: Any, training: bool = False) -> Any:
        if not torch.compiler.is_exporting():
            return looped(self, sequences, initial_state, mask, training)
        if SCAN not in used:
            used.append(SCAN)
        return scanned(self, sequences, initial_state, mask, training)

    def refused(*_: Any, **__: Any) -> Any:
        raise NotImplementedError

    changed: list[tuple[Any, str, Callable[..., Any]]] = [
        (RNN, "inner_loop", inner_loop),
        *((backend, name, refused) for name in ("lstm", "gru", "bidirectional_lstm", "bidirectional_gru")),
    ]
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in changed if hasattr(owner, name)]
    for owner, name, function in changed:
        setattr(owner, name, function)
    try:
        with steps.folded(used, torch.compiler.is_exporting):
            yield
    finally:
        for owner, name, function in kept:
            setattr(owner, name, function)


def scanned(layer: Any, sequences: Any, initial_state: Any, mask: Any, training: bool) -> Any:
    """Do what a recurrent layer does over its time steps, as one scan of its cell.

    The cell's weights go into the scan as arguments: what it would close over can't be told apart there.
    """
    import torch
    from keras import StatelessScope, tree
    from torch._higher_order_ops.scan import scan_op

    def ordered(each: Any) -> Any:
        each = each.transpose(0, 1)
        return each.flip(0) if layer.go_backwards else each

    cell = (
        layer.cell.get_base() if hasattr(layer.cell, "get_base") else layer.cell
    )  # what a tracer lends, no other knows

    def step(value: Any, held: Any) -> tuple[list[Any], list[Any]]:
        options = {"training": training} if getattr(cell, "_call_has_training_arg", False) else {}
        output, new = cell(value, tree.pack_sequence_as(states, held), **options)
        return tree.flatten(output), tree.flatten(new)

    states = initial_state if tree.is_nested(initial_state) else [initial_state]
    mask = mask[0] if isinstance(mask, (list, tuple)) else mask
    start = [each.clone() for each in tree.flatten(states)]
    given = [ordered(sequences)] + ([] if mask is None else [ordered(mask.to(torch.bool))])
    shown, _ = step(given[0][0], start)
    zero = [torch.zeros_like(each) for each in shown]
    weights = list(cell.variables)
    count = len(start)

    def combine(*flat: Any) -> list[Any]:
        held, before = flat[:count], flat[count : count + len(zero)]
        values, lent = flat[count + len(zero) :][: len(given)], flat[count + len(zero) + len(given) :]
        with StatelessScope(state_mapping=list(zip(weights, lent, strict=True))):
            outputs, new = step(values[0], list(held))
        if mask is not None:
            otherwise = [torch.zeros_like(each) for each in outputs] if layer.zero_output_for_mask else before
            outputs = _chosen(values[1], outputs, otherwise)
            new = _chosen(values[1], new, held)
        return [each.clone() for each in (*new, *outputs, *outputs)]

    lent = tuple(each.value.clone() for each in weights)
    found = scan_op(combine, [*start, *zero], given, lent)
    carry, stacked = found[:count], found[count + len(zero) :]
    last = found[count]
    return last, stacked[0].transpose(0, 1), tree.pack_sequence_as(states, list(carry))


def _chosen(mask: Any, ones: Any, others: Any) -> list[Any]:
    import torch

    def one(left: Any, right: Any) -> Any:
        return torch.where(mask.reshape(mask.shape[0], *[1] * (left.dim() - 1)), left, right)

    return [one(left, right) for left, right in zip(ones, others, strict=True)]
