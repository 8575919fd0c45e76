"""The exporter of Keras and TensorFlow models: what it takes, and what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from desktop_app.api import Field, FieldKind, FormSpec, ModelFile, OnnxExporter

KINDS = ("keras", "hdf5", "saved-model", "tf-checkpoint", "python")
TASKS = Path(__file__).with_name("worker_tasks.py")
CLASS = Field(
    "class",
    "Model class or function",
    FieldKind.TEXT,
    help="As module:name. Weights and checkpoints need the code that builds the model; a whole model needs it only for "
    "layers of your own.",
)
ARGUMENTS = Field("arguments", "Its arguments", FieldKind.KEY_VALUES, help="As they were in training: hidden = 64.")
SIGNATURE = Field(
    "signature",
    "Signature",
    FieldKind.TEXT,
    help="Which of the SavedModel's signatures is exported; left empty, serving_default or the only one.",
)
OPSET = Field(
    "opset",
    "Opset",
    FieldKind.INTEGER,
    18,
    "The version of ONNX that the file is written in. Keep 18 unless the program that will run the model is old: ONNX "
    "Runtime reads it since 2023 (version 1.14). Models of PyTorch get 20, which it reads since 2024.",
    minimum=13,
    maximum=20,
)


def exporters() -> Sequence[OnnxExporter]:
    """Return the one exporter of this plugin."""
    return (OnnxExporter("keras", "Keras and TensorFlow", "tensorflow", KINDS, form, TASKS),)


def form(model: ModelFile) -> FormSpec:
    """Return what a model of that kind can't tell by itself."""
    if model.kind == "saved-model":
        return FormSpec((SIGNATURE, OPSET))
    return FormSpec((ARGUMENTS, OPSET) if model.kind == "python" else (CLASS, ARGUMENTS, OPSET))
