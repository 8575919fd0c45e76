"""How to run an ONNX model, as a few lines of Python with its real names."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.core.exports.report import Tensor

_SIZE = 2
"""What stands for an axis that may have any size."""


def snippet(file: str, inputs: Sequence[Tensor], outputs: Sequence[Tensor]) -> str:
    """Return Python that runs a model; zeros stand where a person's own data goes."""
    names = [each.name for each in outputs]
    feeds = [f"    {each.name!r}: {_zeros(each)},  # your data: {', '.join(map(str, each.shape))}" for each in inputs]
    return "\n".join(
        (
            "import numpy as np",
            "import onnxruntime",
            "",
            f"session = onnxruntime.InferenceSession({file!r})",
            "inputs = {",
            *feeds,
            "}",
            f"outputs = session.run({names!r}, inputs)" if names else "outputs = session.run(None, inputs)",
            "for value in outputs:",
            "    print(value.shape, value.dtype)",
        )
    )


def _zeros(tensor: Tensor) -> str:
    shape = tuple(each if isinstance(each, int) else _SIZE for each in tensor.shape)
    return f"np.zeros({shape}, {tensor.dtype or 'float32'!r})"
