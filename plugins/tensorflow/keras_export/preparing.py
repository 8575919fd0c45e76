"""The first task of an export: load, find out inputs and outputs, write down what the framework answers."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rankzero_kit.cases import write_case
from rankzero_kit.errors import TaskError
from rankzero_kit.inputs import DTYPES, InputSpec

from . import asked, cases, exact, examples, loading, settings, signatures, trust, trying
from .cases import Case
from .model import Arrays, Loaded

RECURRENT = 256 << 20
"""Bytes of weights up to which tf2onnx goes first for recurrent layers: it takes several times as much memory."""
HELD: dict[str, Loaded] = {}
"""The model of the newest request: its routes come next and need no second load."""


def held(request: dict[str, Any]) -> Loaded:
    """Return the model of a request that was prepared; loaded again where another process did that."""
    if request["id"] not in HELD:
        loaded = loading.load(request)
        describe(loaded, request)
        hold(request, loaded)
    return HELD[request["id"]]


def hold(request: dict[str, Any], loaded: Loaded) -> None:
    """Keep one model and drop all others."""
    HELD.clear()
    HELD[request["id"]] = loaded


def fresh_names() -> None:
    """Let layers be numbered from the first again: names of outputs must not depend on what was exported before."""
    import keras

    keras.utils.clear_session()


def prepare(request: dict[str, Any], report: Any) -> dict[str, Any]:
    """Return what the routes and the judge need to know."""
    HELD.clear()
    fresh_names()
    began = time.perf_counter()
    settings.check(request, loaded=False)
    report("Loading the model", None)
    loaded = loading.load(request)
    settings.check(request, loaded=True)
    specs = describe(loaded, request)
    hold(request, loaded)
    loaded_at = time.perf_counter()
    report("Asking the framework for its answers", None)
    specs, found, answers = cases.answered(loaded, specs)
    wide = exact.answers(loaded, request, [each.inputs for each in found], answers)
    told = written(Path(request["folder"]), found, answers, wide)
    seconds = {"load": round(loaded_at - began, 3), "reference": round(time.perf_counter() - loaded_at, 3)}
    return {
        "inputs": [each.document() for each in specs],
        "outputs": outputs(found, answers, specs),
        "cases": told,
        "routes": routes(loaded, request),
        "trace": "trace" if loaded.keras else None,
        "bench": "bench",
        "class": loaded.made_by,
        "keys": {"stripped": [], "missing": [], "unexpected": [], "tied": [], **loaded.keys},
        **weights(loaded),
        "notes": loaded.notes,
        "seconds": seconds,
    }


def describe(loaded: Loaded, request: dict[str, Any]) -> list[InputSpec]:
    """Name what the model takes and gives, and return its inputs."""
    given = asked.specs(request)
    asked.add_examples(loaded, request)
    if loaded.specs:
        specs = loaded.specs
    elif not signatures.functional(loaded):
        specs = trying.described(loaded, given)
    else:
        specs = examples.name_axes(loaded, signatures.from_graph(loaded))
    specs = asked.joined(specs, given)
    for each in specs:
        if each.dtype not in DTYPES:
            raise TaskError(
                f"The input “{each.name}” takes {each.dtype}, which can't be exported.",
                "Leave the layers that read text out of the model, and give it what they return.",
                final=True,
            )
    for example in loaded.examples:
        arrays = examples.packed(example, loaded.arguments)
        if arrays is not None:
            specs = [examples.seen_range(each, arrays[each.name]) for each in specs]
    return specs


def written(
    folder: Path, found: Sequence[Case], answers: Sequence[Arrays], wide: Sequence[Arrays]
) -> list[dict[str, Any]]:
    """Write the cases, and return what is told of them."""
    told = []
    for number, (case, answer) in enumerate(zip(found, answers, strict=True)):
        file = f"cases/{number}.npz"
        write_case(folder / file, case.inputs, answer, wide[number])
        told.append({"file": file, "sizes": case.sizes, "origin": case.origin})
    return told


def outputs(found: Sequence[Case], answers: Sequence[Arrays], specs: Sequence[InputSpec]) -> list[dict[str, Any]]:
    """Return the outputs with their axes named where they are always as long as a named one of the inputs."""
    told = []
    for name, first in answers[0].items():
        shape: list[int | str] = [
            _axis([each[name].shape[index] for each in answers], [each.sizes for each in found])
            if all(each[name].ndim == first.ndim for each in answers)
            else size
            for index, size in enumerate(first.shape)
        ]
        told.append({"name": name, "dtype": str(first.dtype), "shape": _unique(shape, name)})
    return told


def _axis(lengths: list[int], sizes: list[dict[str, int]]) -> int | str:
    if len(set(lengths)) == 1:
        return lengths[0]
    for name in sizes[0]:
        if all(length == each[name] for length, each in zip(lengths, sizes, strict=True)):
            return name
    return ""


def _unique(shape: list[int | str], name: str) -> list[int | str]:
    """Give axes that follow no input's a name of their own."""
    return [each if each != "" else f"{name}_axis_{index}" for index, each in enumerate(shape)]


def weights(loaded: Loaded) -> dict[str, int]:
    """Return how many parameters a model has, and their bytes."""
    held = [*(getattr(loaded.model, "weights", None) or getattr(loaded.model, "variables", None) or ())]
    counts = [(int(_count(each.shape)), str(getattr(each.dtype, "name", each.dtype))) for each in held]
    return {
        "parameters": sum(count for count, _ in counts),
        "weight_bytes": sum(count * _bytes(dtype) for count, dtype in counts),
    }


def _count(shape: Any) -> int:
    product = 1
    for each in tuple(shape):
        product *= int(each or 0)
    return product


def _bytes(dtype: str) -> int:
    digits = "".join(each for each in dtype if each.isdecimal())
    return max(1, int(digits or 32) // 8)


def routes(loaded: Loaded, request: dict[str, Any]) -> list[dict[str, str]]:
    """Return the ways to try, best first."""
    found = [_route("tf2onnx", "tf2onnx, from the model's function", "tensorflow", "export_tf2onnx")]
    if loaded.keras and saved_for_torch(loaded, request):
        torch = _route("keras-torch", "Keras on PyTorch, torch.onnx", "keras-torch", "export_keras_torch")
        found.insert(1 if recurrent(loaded) else 0, torch)
    wanted = settings.routes(request)
    return [each for each in found if each["name"] in wanted] or found


def recurrent(loaded: Loaded) -> bool:
    """Whether a model of moderate size has recurrent layers: tf2onnx makes ONNX's own operators of them, not scans."""
    found = any(each.__name__ == "RNN" for layer in loaded.model._flatten_layers() for each in type(layer).__mro__)
    return found and weights(loaded)["weight_bytes"] < RECURRENT


def _route(name: str, title: str, toolchain: str, function: str) -> dict[str, str]:
    return {"name": name, "title": title, "toolchain": toolchain, "function": function}


def saved_for_torch(loaded: Loaded, request: dict[str, Any]) -> bool:
    """Write the model, and how it is called, for the route that runs in another interpreter; return whether it can."""
    folder = Path(request["folder"])
    place = folder / "routes" / "keras-torch"
    place.mkdir(parents=True, exist_ok=True)
    saved, own = _saved(loaded, place)
    if saved is None:
        return False
    form = {
        "arguments": loaded.arguments,
        "outputs": loaded.outputs,
        "saved": str(saved.relative_to(folder)),
        "configured": saved.suffix == ".keras",
        "own": own,
        "safe": loaded.safe,
    }
    (folder / "keras_form.json").write_text(json.dumps(form), "utf-8")
    return True


def _saved(loaded: Loaded, place: Path) -> tuple[Path | None, list[str]]:
    """Write the whole model, or its weights where it has no configuration; return the names of the person's parts."""
    try:
        loaded.model.save(place / "model.keras")
        with zipfile.ZipFile(place / "model.keras") as archive:
            found = trust.of_config(json.loads(archive.read("config.json")))
        return place / "model.keras", [*found.lambdas, *found.foreign, *found.custom]
    except Exception:  # noqa: BLE001 - classes without get_config
        (place / "model.keras").unlink(missing_ok=True)
    try:
        loaded.model.save_weights(place / "model.weights.h5")
    except Exception:  # noqa: BLE001 - a model that can't be written is left to the other routes
        return None, []
    return place / "model.weights.h5", []
