"""The exporter of PyTorch models: what it takes, and what it asks for."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from desktop_app.api import Choice, Field, FieldKind, FormSpec, ModelFile, OnnxExporter

KINDS = ("python", "torch", "torch-module", "torchscript", "pt2", "safetensors", "huggingface")
TASKS = Path(__file__).with_name("worker_tasks.py")
CLASS = Field(
    "class",
    "Model class or function",
    FieldKind.TEXT,
    help="As module:Class, or a function without arguments that builds the network. Left empty, the only one in the "
    "run's scripts that fits the weights is taken.",
)
ARGUMENTS = Field(
    "arguments",
    "Its arguments",
    FieldKind.KEY_VALUES,
    help="As they were in training: hidden = 64. Those that a trainer saved with the weights are known.",
)
IGNORE = Field(
    "ignore",
    "Weights to leave out",
    FieldKind.TEXT,
    help="Beginnings of names, with commas between them: what a checkpoint holds besides the network, such as loss_fn. "
    "Nothing is left out unless it is named here.",
)
OF_TRANSFORMERS = Field(
    "class",
    "Model class",
    FieldKind.TEXT,
    help="A class of transformers, such as BertModel. Left empty, the one that config.json names is taken.",
)
OPSET = Field(
    "opset",
    "Opset",
    FieldKind.INTEGER,
    20,
    "The version of ONNX that the file is written in. Keep 20 unless the program that will run the model is old: ONNX "
    "Runtime reads 20 since 2024 (version 1.17), 18 since 2023 (1.14). Models of Keras get 18.",
    minimum=18,
    maximum=23,
)
DYNAMIC = Field(
    "dynamic",
    "Sizes may vary",
    FieldKind.BOOLEAN,
    True,
    "Axes such as the batch take any size in the ONNX model, where the network's code allows it.",
)
ROUTES = Field(
    "routes",
    "Route",
    FieldKind.CHOICE,
    "",
    "What a route makes is checked against PyTorch.",
    choices=(
        Choice("", "The first that is right", "Recommended: one route after the other, until one is right."),
        Choice("dynamo", "torch.export (dynamo)", "This route alone: PyTorch's present way."),
        Choice("torchscript", "TorchScript", "This route alone: PyTorch's older way, by recording one run."),
    ),
)
NEEDED = {
    "python": (ARGUMENTS,),
    "torch": (CLASS, ARGUMENTS, IGNORE),
    "safetensors": (CLASS, ARGUMENTS, IGNORE),
    "torch-module": (CLASS, ARGUMENTS),
    "huggingface": (OF_TRANSFORMERS,),
}


def exporters() -> Sequence[OnnxExporter]:
    """Return the one exporter of this plugin."""
    return (OnnxExporter("pytorch", "PyTorch", "pytorch", KINDS, form, TASKS),)


def form(model: ModelFile) -> FormSpec:
    """Return what a model of that kind can't tell by itself."""
    if model.kind in {"pt2", "torchscript"}:  # its axes and its way are fixed
        return FormSpec((OPSET,))
    return FormSpec((*NEEDED[model.kind], OPSET, DYNAMIC, ROUTES))
