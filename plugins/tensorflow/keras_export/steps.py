"""TimeDistributed with its time steps as a part of the batch: loops over them are what exporters get wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

FOLD = "TimeDistributed: time steps as a part of the batch"


@contextmanager
def folded(used: list[str], when: Callable[[], bool]) -> Iterator[None]:
    """Let TimeDistributed fold its steps while `when` says so; `used` is told where it did."""
    from keras.layers import TimeDistributed

    each_step = TimeDistributed.call

    def call(self: Any, inputs: Any, training: Any = None, mask: Any = None) -> Any:
        if not when():
            return each_step(self, inputs, training, mask)
        if FOLD not in used:
            used.append(FOLD)
        return _folded(self, inputs, training, mask)

    TimeDistributed.call = call
    try:
        yield
    finally:
        TimeDistributed.call = each_step


def _folded(layer: Any, inputs: Any, training: Any, mask: Any) -> Any:
    from keras import ops

    batch, time, *rest = ops.shape(inputs)
    options: dict[str, Any] = {}
    if layer.layer._call_has_mask_arg and mask is not None:
        options["mask"] = ops.reshape(mask, (batch * time, *ops.shape(mask)[2:]))
    if layer.layer._call_has_training_arg:
        options["training"] = training
    answer = layer.layer.call(ops.reshape(inputs, (batch * time, *rest)), **options)
    return ops.reshape(answer, (batch, time, *ops.shape(answer)[1:]))
