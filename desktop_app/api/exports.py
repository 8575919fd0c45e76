"""Exports to ONNX: what an exporter accepts, what it asks for, and the tasks that do the work in a toolchain.

The conversation of an export, and what its tasks take and return, is told in docs/plugin-reference.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.api.forms import Answers, FormSpec, Value
from desktop_app.api.workers import WorkerTask

MODEL_KINDS: Mapping[str, str] = {
    "python": "Python code that builds the model",
    "torch": "PyTorch checkpoint or state_dict",
    "torch-module": "whole PyTorch module (pickled)",
    "torchscript": "TorchScript",
    "pt2": "exported program of PyTorch (.pt2)",
    "safetensors": "safetensors",
    "huggingface": "Hugging Face folder",
    "keras": "Keras model (.keras)",
    "hdf5": "Keras model or weights (HDF5)",
    "saved-model": "TensorFlow SavedModel",
    "tf-checkpoint": "TensorFlow checkpoint",
    "onnx": "ONNX model",
}
"""What a model file can be; found by looking into it, never by its ending."""


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model, as far as it is known without running or unpickling anything of it.

    `kind` is one of MODEL_KINDS; `path` is absolute, a file or a folder. `callable` names what in a Python file builds
    the model. `code` is the folder that the person's own classes are imported from, `scripts` those in it that the
    weights may come from, relative to it, likeliest first. `bytes` and `parameters` are sizes, where they are known.
    `globals` are the names that a pickle inside would import. `facts` are label and text.
    """

    kind: str
    path: Path
    callable: str = ""
    code: Path | None = None
    scripts: tuple[str, ...] = ()
    bytes: int = 0
    parameters: int | None = None
    globals: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What a person asked for.

    `folder` is the export's own folder: its tasks write there and nowhere else; `name` is what the ONNX file will be
    called, which data beside it is named after. `inputs` are as they were given:
    `name=float32[batch,3,224,224]`, the path of an `.npz`, or `FILE.py:CALLABLE`. `options` are answers to the
    exporter's form and further settings. `allowed` are the names that the person allows this very file to import beyond
    what weights may.
    """

    id: str
    model: ModelFile
    folder: Path
    name: str = "model.onnx"
    weights: Path | None = None
    inputs: tuple[str, ...] = ()
    options: Answers = field(default_factory=dict)
    allowed: tuple[str, ...] = ()

    def arguments(self) -> dict[str, Value]:
        """Return the request as a task gets it."""
        model = self.model
        return {
            "id": self.id,
            "model": {
                "kind": model.kind,
                "path": str(model.path),
                "callable": model.callable,
                "code": str(model.code or ""),
            },
            "folder": str(self.folder),
            "name": self.name,
            "weights": str(self.weights or ""),
            "inputs": [*self.inputs],
            "options": dict(self.options),
            "allowed": [*self.allowed],
            "scripts": [*model.scripts],
        }


@dataclass(frozen=True, slots=True)
class OnnxExporter:
    """A way to ONNX for models of some kinds.

    `toolchain` is where its tasks run, `module` the file with them (`worker_tasks.py`), `kinds` what it accepts.
    `form` asks what the file can't tell (the class, its arguments, opset). With `builds_on`, the id of another
    exporter, it is that one in another toolchain, and `module` may be left out: a checkpoint that Horovod's ranks wrote
    is PyTorch's, and its classes may import horovod.
    """

    id: str
    title: str
    toolchain: str
    kinds: tuple[str, ...]
    form: Callable[[ModelFile], FormSpec]
    module: Path | None = None
    builds_on: str = ""
    timeout: float = 3600.0

    def task(self, request: ExportRequest, function: str = "prepare", **arguments: Value) -> WorkerTask:
        """Return the task that does one step of an export. Raises ValueError where there is no file with tasks."""
        if self.module is None:
            raise ValueError(f"the exporter {self.id} has no file with tasks")
        given: dict[str, Value] = {"request": request.arguments(), **arguments}
        return WorkerTask(self.toolchain, self.module, function, given, self.timeout)
