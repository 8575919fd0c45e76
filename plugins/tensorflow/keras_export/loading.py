"""Models of every kind, loaded by the framework after what can be known of them without it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rankzero_kit.errors import TaskError

from . import candidates, classes, code, trust, weights
from .model import Loaded

MOST = 8
"""Classes and functions of scripts that are tried with weights whose code was not named."""


def load(request: dict[str, Any]) -> Loaded:
    """Return the model of a request."""
    from .saved_models import from_saved_model

    ways: dict[str, Callable[[dict[str, Any]], Loaded]] = {
        "python": from_python,
        "keras": from_keras,
        "hdf5": from_hdf5,
        "saved-model": from_saved_model,
        "tf-checkpoint": from_weights,
    }
    kind = request["model"]["kind"]
    if kind not in ways:
        raise TaskError(f"Models of the kind “{kind}” are not Keras's or TensorFlow's.", final=True)
    return ways[kind](request)


def from_python(request: dict[str, Any]) -> Loaded:
    """Build the model with the person's own function, and give it the weights that were named."""
    model = request["model"]
    path, name = Path(model["path"]), model.get("callable") or "build"
    module = code.imported(path)
    function = getattr(module, name, None)
    if not callable(function):
        raise TaskError(f"{path.name} has no function “{name}”.", "Name one that returns the model: FILE.py:build.")
    loaded = built(function, request, f"{path.stem}:{name}", getattr(module, "inputs", None))
    if request.get("weights"):
        weights.give(loaded, Path(request["weights"]))
    return loaded


def built(function: Any, request: dict[str, Any], name: str, sized: Any) -> Loaded:
    """Return the model that a function or class makes, with the examples that come with it."""
    began = time.perf_counter()
    made = code.called(function, request["options"].get("arguments") or {}, name)
    found, example = made if isinstance(made, tuple) and len(made) == 2 else (made, None)
    loaded = recognised(found, name)
    loaded.seconds = time.perf_counter() - began
    loaded.examples = [] if example is None else [example]
    loaded.sized = sized if callable(sized) else None
    if loaded.sized is not None and not loaded.examples:
        loaded.examples = [code.called(loaded.sized, {}, "inputs")]
    return loaded


def recognised(model: Any, name: str) -> Loaded:
    """Return what a builder made, as the framework that it is of. Raises TaskError for what no framework here made."""
    made_by = {each.__module__.partition(".")[0] for each in type(model).__mro__}
    if "keras" in made_by and callable(model):
        return Loaded(model, "keras", lambda *given: model(*given, training=False))
    if "torch" in made_by:
        ask = {"kind": "framework", "module": "torch"}
        raise TaskError(f"{name} builds a PyTorch model.", "Choose the exporter “pytorch”.", final=True, ask=ask)
    if "tf_keras" in made_by:
        found = Loaded(model, "tf_keras", lambda *given: model(*given, training=False), keras=False)
        found.note("It is a model of Keras 2 (tf_keras): TensorFlow's own route alone knows those.")
        return found
    if callable(model) and "tensorflow" in made_by:
        return Loaded(model, "tensorflow", model, keras=False)
    if model is None:
        raise TaskError(f"{name} returned nothing.", "Let it return the model, or the model and example inputs.")
    told = type(model).__name__
    raise TaskError(f"{name} built a “{told}”, which is no model of Keras or TensorFlow.", final=True)


def from_keras(request: dict[str, Any]) -> Loaded:
    """Load a whole model from a `.keras` file, with safe_mode unless its names were allowed."""
    path = Path(request["model"]["path"])
    found = trust.permitted(classes.of_own_code(trust.of_keras(path), request), path, request)
    return _whole(request, path, ".keras", found)


def from_hdf5(request: dict[str, Any]) -> Loaded:
    """Load a whole model from an HDF5 file once that was agreed to; weights alone need the code of the model."""
    path = Path(request["model"]["path"])
    config = trust.of_hdf5(path)
    if config is None:
        return from_weights(request)
    found = trust.permitted(classes.of_own_code(trust.of_config(config), request), path, request, hdf5=True)
    return _whole(request, path, ".h5", found)


def _whole(request: dict[str, Any], path: Path, ending: str, found: trust.Found) -> Loaded:
    import keras

    custom = classes.found_in_scripts(request, found.custom) if found.custom else {}
    try:
        named = _named(request, path, ending)
        model = keras.saving.load_model(named, custom_objects=custom, compile=False, safe_mode=not found.allowed)
    except Exception as error:
        raise TaskError(f"Keras can't load {path.name}: {code.told(error)}", _hint(error)) from error
    loaded = recognised(model, path.name)
    loaded.safe = not found.allowed
    return loaded


def _named(request: dict[str, Any], path: Path, ending: str) -> Path:
    """Return a path by whose ending Keras knows what it is; a file may be named in any way."""
    if path.suffix == ending:
        return path
    link = Path(request["folder"]) / f"given{ending}"
    link.unlink(missing_ok=True)
    link.symlink_to(path)
    return link


def _hint(error: Exception) -> str:
    if "Could not locate" in str(error):
        return "It has layers of your own: name the folder of their code and the script that defines them."
    return "The file may be cut short, or of another version of Keras."


def from_weights(request: dict[str, Any]) -> Loaded:
    """Build the model with the class or function that was named, or the only one that fits its weights."""
    path, name = Path(request["model"]["path"]), str(request["options"].get("class") or "")
    root, scripts = request["model"].get("code") or "", list(request.get("scripts") or ())
    if name:
        return _with_weights(request, name, path)
    weights.readable(path)
    tried: list[dict[str, Any]] = []
    found: list[Loaded] = []
    for each in candidates.in_scripts(root, scripts)[:MOST]:
        try:
            found.append(_with_weights(request, each["name"], path))
            tried.append({**each, "fits": True})
        except TaskError as error:
            tried.append({**each, "fits": False, "why": error.message})
    if len(found) == 1:
        found[0].note(f"“{found[0].made_by}” builds the model: of the scripts' classes and functions it alone fits.")
        return found[0]
    hint = "Name the class or function that builds the model, as module:name."
    raise TaskError(f"{path.name} has weights alone.", hint, ask={"kind": "class", "candidates": tried})


def _with_weights(request: dict[str, Any], name: str, path: Path) -> Loaded:
    function = code.attribute(request["model"].get("code") or "", list(request.get("scripts") or ()), name)
    module = sys.modules.get(getattr(function, "__module__", ""))
    loaded = built(function, request, name, getattr(module, "inputs", None))
    loaded.made_by = name
    weights.give(loaded, path)
    return loaded
