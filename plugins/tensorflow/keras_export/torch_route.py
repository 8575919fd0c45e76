"""The route by PyTorch: Keras on its torch backend, exported by torch.onnx, with TensorFlow's answers beside it."""

from __future__ import annotations

import contextlib
import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from rankzero_kit.cases import read_case
from rankzero_kit.errors import TaskError

from . import classes, code, finishing, layers, loading, structures, torch_cures

TOLERANCE = 5e-2
"""How far PyTorch's answers may lie from TensorFlow's, of the largest value; the judge looks closer."""


def export(request: dict[str, Any], prepared: dict[str, Any], report: Any) -> dict[str, Any]:
    """Export the saved model."""
    began = time.perf_counter()
    folder = Path(request["folder"])
    form = json.loads((folder / "keras_form.json").read_text("utf-8"))
    report("Loading the model on PyTorch", None)
    model = loaded(request, folder, form)
    cures: list[str] = []
    with torch_cures.applied(cures), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _same_answers(model, folder, prepared, form)
        report("Exporting by torch.onnx", None)
        inputs, _, _ = read_case(folder / prepared["cases"][0]["file"])
        found = exported(model, inputs, prepared, form, int(request["options"].get("opset") or 18))
    finishing.finish(found, prepared)
    finishing.without_wrapper(found)
    path = finishing.save(found, folder / "routes" / "keras-torch" / finishing.name_of(request))
    return {
        "path": str(path.relative_to(folder)),
        "cures": cures,
        "notes": [],
        "seconds": round(time.perf_counter() - began, 3),
        "opset": finishing.opset(found),
    }


def loaded(request: dict[str, Any], folder: Path, form: dict[str, Any]) -> Any:
    """Return the model on PyTorch: from its configuration, or built once more by the person's own function."""
    import keras

    saved, python = folder / form["saved"], request["model"]["kind"] == "python"
    try:
        if not form["configured"] or (python and form["own"]):
            return rebuilt(request, saved, form, folder)
        custom = {} if python else classes.found_in_scripts(request, form["own"]) if form["own"] else {}
        return keras.saving.load_model(saved, custom_objects=custom, compile=False, safe_mode=form["safe"])
    except TaskError as error:
        raise _for_tensorflow_alone(error) from error
    except Exception as error:
        if python and not form["own"]:
            try:
                return rebuilt(request, saved, form, folder)
            except TaskError as other:
                raise _for_tensorflow_alone(other) from other
        raise TaskError(f"Keras on PyTorch can't load the model: {code.told(error)}") from error


def _for_tensorflow_alone(error: TaskError) -> TaskError:
    cause = error.__cause__
    needs = isinstance(cause, ModuleNotFoundError) and cause.name == "tensorflow"
    if needs or "requires TensorFlow" in str(cause):  # as Keras says of layers that look words up
        return TaskError("Layers of the model are TensorFlow code, which Keras on PyTorch can't run.")
    return error


def rebuilt(request: dict[str, Any], saved: Path, form: dict[str, Any], folder: Path) -> Any:
    """Build the model once more, and give it the weights that it had on TensorFlow."""
    found = loading.from_python(request).model
    try:
        if not found.built:
            inputs, _, _ = read_case(folder / "cases" / "0.npz")
            found(*structures.filled(form["arguments"], inputs))
        found.load_weights(saved)
    except Exception as error:
        raise TaskError(f"The model's weights don't fit it on PyTorch: {code.told(error)}") from error
    return found


def _answer(model: Any, form: dict[str, Any], given: list[Any]) -> list[Any]:
    arrays = dict(zip(structures.leaves(form["arguments"]), given, strict=True))
    return structures.leaves(model(*structures.filled(form["arguments"], arrays), training=False))


def _same_answers(model: Any, folder: Path, prepared: dict[str, Any], form: dict[str, Any]) -> None:
    import torch

    for case in prepared["cases"]:
        inputs, outputs, _ = read_case(folder / case["file"])
        try:
            with torch.no_grad():
                found = _answer(model, form, [torch.from_numpy(inputs[each["name"]]) for each in prepared["inputs"]])
        except Exception as error:
            raise TaskError(f"The model doesn't run on PyTorch: {code.told(error)}") from error
        for name, each in zip(form["outputs"], found, strict=True):
            other, wanted = structures.array(each).astype("float64"), outputs[name].astype("float64")
            scale = float(np.abs(wanted).max(initial=0.0)) or 1.0
            if other.shape != wanted.shape or not np.abs(other - wanted).max(initial=0.0) <= TOLERANCE * scale:
                raise TaskError(f"The model answers otherwise on PyTorch than on TensorFlow, at its output “{name}”.")


def exported(model: Any, inputs: dict[str, Any], prepared: dict[str, Any], form: dict[str, Any], opset: int) -> Any:
    """Return the ONNX model, with the exporter's own names."""
    import torch

    class Flat(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = _with_layers(model)

        def forward(self, *given: Any) -> Any:
            return tuple(_answer(self.model, form, list(given)))

    given = tuple(torch.from_numpy(inputs[each["name"]]) for each in prepared["inputs"])
    axes = [
        {index: torch.export.Dim.DYNAMIC for index, size in enumerate(each["shape"]) if isinstance(size, str)}
        for each in prepared["inputs"]
    ]
    shapes = (tuple(axes),)
    try:
        with torch.no_grad():
            return torch.onnx.export(
                Flat().eval(), given, dynamo=True, dynamic_shapes=shapes, opset_version=opset, verbose=False
            ).model_proto
    except Exception as error:
        raise TaskError(f"torch.onnx can't export the model: {_reason(error)}") from error


def _with_layers(model: Any) -> Any:
    """Let PyTorch know the layers of graphs of layers as modules, so that nodes are told by the layer they are of."""
    import torch

    for path, layer, around in layers.named(model):
        name = path.rpartition(".")[2]
        with contextlib.suppress(KeyError, TypeError):
            torch.nn.Module.add_module(around, name, layer)
    return model


def _reason(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return code.told(error)
