"""The exporters of models that Horovod trained: those of their frameworks, where the code may import horovod.

Rank 0 saves what the framework saves, so there is nothing in such a file that is Horovod's own.
"""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import Field, FieldKind, FormSpec, ModelFile, OnnxExporter

OF_PYTORCH = ("python", "torch", "torch-module", "safetensors")
OF_TENSORFLOW = ("python", "keras", "hdf5", "saved-model", "tf-checkpoint")
CLASS = Field(
    "class",
    "Model class or function",
    FieldKind.TEXT,
    help="As module:name, in the code that trained it. Left empty, the only one that fits is taken.",
)
ARGUMENTS = Field("arguments", "Its arguments", FieldKind.KEY_VALUES, help="As they were in training: hidden = 64.")
OPSET = Field(
    "opset",
    "Opset",
    FieldKind.INTEGER,
    18,
    "The version of ONNX that the file is written in. Keep 18 unless the program that will run the model is old: ONNX "
    "Runtime reads it since 2023 (version 1.14).",
    minimum=18,
    maximum=20,
)


def exporters() -> Sequence[OnnxExporter]:
    """Return an exporter for either framework."""
    return (
        OnnxExporter(
            "horovod-pytorch", "Horovod with PyTorch", "horovod-pytorch", OF_PYTORCH, form, builds_on="pytorch"
        ),
        OnnxExporter(
            "horovod-tensorflow",
            "Horovod with TensorFlow",
            "horovod-tensorflow",
            OF_TENSORFLOW,
            form,
            builds_on="keras",
        ),
    )


def form(model: ModelFile) -> FormSpec:
    """Return what weights don't tell: what builds the network."""
    if model.kind in {"keras", "saved-model"}:
        return FormSpec((OPSET,))
    return FormSpec((ARGUMENTS, OPSET) if model.kind == "python" else (CLASS, ARGUMENTS, OPSET))
