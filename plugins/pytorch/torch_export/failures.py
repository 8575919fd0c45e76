"""Why an exporter failed, in one sentence that a person understands."""

from __future__ import annotations

import re
from collections.abc import Mapping

from rankzero_kit.errors import TaskError

from .unwrapping import own_line

SENTENCES = (
    (
        r"quantized::|PackedParams",
        "The model is quantised by PyTorch, and its packed weights have no place in ONNX: export it before that,"
        " and quantise the ONNX model.",
    ),
    (
        r"No decompositions registered for .*?(\w+\.\w+)|No ONNX function found for .*?(\w+\.\w+)",
        "ONNX has nothing for the operation {0}.",
    ),
    (r"Exporting the operator '([^']+)'", "TorchScript's exporter has nothing for the operation {0}."),
    (r"Constraints violated", "An axis that was to vary is bound to a size, or to another axis, by the model's code."),
    (
        r"not a known type|unsupported input type|nsupported python.*type",
        "An input or output is of a type that the exporter doesn't know.",
    ),
)


def told(error: BaseException, who: str) -> TaskError:
    """Return what a person should know of an exporter's error."""
    text = _chain(error)
    for pattern, sentence in SENTENCES:
        found = re.search(pattern, text)
        if found:
            names = [each for each in found.groups() if each] or [""]
            return TaskError(f"{who}: {sentence.replace('{0}', names[0])}{_where(error)}", _first(text))
    return TaskError(f"{who} could not export the model: {_first(text)}{_where(error)}")


def _chain(error: BaseException | None) -> str:
    parts = []
    while error is not None:
        parts.append(f"{type(error).__name__}: {error}")
        error = error.__cause__ or error.__context__
    return "\n".join(reversed(parts))


def _first(text: str) -> str:
    lines = [each.strip() for each in text.splitlines() if each.strip()]
    return lines[0][:240] if lines else "no reason was given"


def _where(error: BaseException) -> str:
    line = own_line(error)
    return f" It was{line}." if line else ""


def fixed(axes: Mapping[str, int]) -> str:
    """Return the sentence about axes that became sizes."""
    listed = " and ".join(f"“{name}” became {size} for good" for name, size in axes.items())
    return f"The axis {listed}: PyTorch can't export it right otherwise."


def warning(text: str) -> dict[str, str]:
    """Return a note that the report stresses."""
    return {"level": "warning", "text": text}
