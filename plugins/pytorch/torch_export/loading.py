"""A model from whatever a person has of it: code, a checkpoint with its class, a file that PyTorch or others wrote."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from rankzero_kit.errors import TaskError

from . import building, classes, huggingface, matching, ready_made, scripts, user_code, weights

Report = Callable[[str, float | None], None]
Request = Mapping[str, Any]


@dataclass
class Loaded:
    """A model that is ready to be run: in eval(), on the CPU.

    `model` is an nn.Module, a ScriptModule or an ExportedProgram. `example` are inputs that the code gave with it,
    `specs_from_file` inputs that the file tells of, as rankzero_kit.inputs documents them. `file_module` is the
    person's module that the model came from. `keys` say what was done to the weights' names.
    """

    model: Any
    kind: str
    class_name: str = ""
    example: tuple[Any, ...] | dict[str, Any] | None = None
    file_module: ModuleType | None = None
    keys: dict[str, Any] = field(default_factory=dict)
    notes: list[dict[str, str]] = field(default_factory=list)
    seconds: float = 0.0
    specs_from_file: list[dict[str, Any]] | None = None

    def note(self, text: str, level: str = "info") -> None:
        """Add a sentence to what the report says."""
        self.notes.append({"level": level, "text": text})


def load(request: Request, report: Report) -> Loaded:
    """Load the model of a request. Raises TaskError."""
    started = time.perf_counter()
    model = request["model"]
    report("Loading PyTorch", None)
    import torch

    torch.manual_seed(0)
    path = Path(model["path"])
    if model["kind"] not in _LOADERS:
        raise TaskError(f"{path.name} is of a kind that PyTorch's exporter doesn't take: {model['kind']}.")
    if not path.exists():
        raise TaskError(f"There is no file {path}.")
    code = user_code.Code(*code_folders(model))
    code.enter()
    report("Loading the model", None)
    loaded = _LOADERS[model["kind"]](request, code, path)
    _tell_of_code(loaded, code)
    _settle(loaded)
    _register(loaded.model)
    loaded.seconds = round(time.perf_counter() - started, 3)
    return loaded


def code_folders(model: Mapping[str, str]) -> list[Path]:
    """Return the folders that the person's modules are imported from, the one that scripts are named from first."""
    path = Path(model["path"])
    beside = path if path.is_dir() else path.parent
    if not model["code"]:
        return [beside]
    return [Path(model["code"]), beside] if model["kind"] == "python" else [Path(model["code"])]


def _from_python(request: Request, code: user_code.Code, path: Path) -> Loaded:
    if path.suffix != ".py":
        raise TaskError(f"{path.name} is no Python file.")
    module = code.file(path)
    named = request["model"]["callable"] or str(request["options"].get("class") or "").rpartition(":")[2]
    name = named or _only_callable(path)
    given = dict(request["options"].get("arguments") or {})
    text = f"{path.stem}:{name}"
    built = classes.of_value(building.build(user_code.attribute(module, name), text, given, code), text, module)
    loaded = _loaded("python", built)
    if request["weights"]:
        _fill(loaded, built, _read(Path(request["weights"]), request, code), request)
    return loaded


def _only_callable(path: Path) -> str:
    """Return what in a file builds the network, where nothing was named."""
    parts = scripts.of_file(path.parent, path)
    named = scripts.named(path, ("build", "build_model", "build_network", "get_model", "make_model", "create_model"))
    if len(named) == 1:
        return named[0]
    for found in ([each for each in parts if each.sort == "function"], parts):
        if len(found) == 1:
            return found[0].name
    rows = [{"name": each.text, "fits": False, "why": each.sort} for each in parts]
    hint = f"Write {path.name}:NAME" + (f" with one of {', '.join(each.name for each in parts[:6])}." if parts else ".")
    raise TaskError(f"Which part of {path.name} builds the network?", hint, ask={"kind": "class", "candidates": rows})


def _from_checkpoint(request: Request, code: user_code.Code, path: Path) -> Loaded:
    if path.is_dir() and (path / "MLmodel").is_file():
        path = ready_made.mlflow_model(path)
    if (really := ready_made.kind_of(path)) and really != request["model"]["kind"]:
        return _LOADERS[really](request, code, path)
    read = _read(path, request, code)
    if read.whole is not None:
        return _whole(read.whole, path)
    built = classes.for_weights(request, read, code)
    loaded = _loaded(request["model"]["kind"], built)
    if built.found:
        loaded.note(f"Which network it is was found in the scripts: the weights fit what {built.name} builds.")
    if built.settings:
        names = matching.shown([f"{name}={each!r}"[:60] for name, each in built.settings.items()])
        loaded.note(f"Arguments that were saved with the weights were used: {names}.")
    _fill(loaded, built, read, request)
    return loaded


def _read(path: Path, request: Request, code: user_code.Code) -> weights.Weights:
    return weights.read(path, request["allowed"], lambda name: _own(name, request, code))


def _own(name: str, request: Request, code: user_code.Code) -> Any:
    """Return what a name in a pickle stands for in the person's code; None where it is of a package."""
    top, _, rest = name.partition(".")
    if top == "__main__":
        return _of_main(rest, request, code)
    module, _, last = name.rpartition(".")
    return user_code.attribute(code.module(module), last) if module and code.has(top) else None


def _of_main(name: str, request: Request, code: user_code.Code) -> Any:
    """Return what was in the script that a module was pickled in: its class is called `__main__.Net`."""
    modules = [str(request["options"].get("class") or "").partition(":")[0], *request["scripts"]]
    parts = scripts.parts(code.root, ())
    modules += [each.module for each in parts if each.name == name.partition(".")[0]]
    for module in filter(None, modules):
        with contextlib.suppress(TaskError):
            return user_code.attribute(code.module(module), name)
    hint = "Say in which script it is: the class as module:Class."
    raise TaskError(f"The file asks for “{name}” of the script it was written by, which is not known.", hint)


def _whole(model: Any, path: Path) -> Loaded:
    kind = type(model)
    loaded = Loaded(model, "torch-module", f"{kind.__module__}:{kind.__qualname__}")
    while type(model).__name__ in ("DataParallel", "DistributedDataParallel", "OptimizedModule"):
        loaded.keys.setdefault("stripped", []).append(f"{type(model).__name__}")
        model = getattr(model, "_orig_mod", None) or model.module
    loaded.model = model
    loaded.specs_from_file = ready_made.mlflow_inputs(path)
    return loaded


def _fill(loaded: Loaded, built: classes.Built, read: weights.Weights, request: Request) -> None:
    """Load the weights into a network, and tell what was done to their names."""
    if not read.found:
        raise TaskError("The file holds a whole module, no state_dict.", "Export it without naming a class.")
    fit = built.fit or matching.best(built.model, read.found, classes.ignored(request))
    matching.put(built.model, fit, built.name)
    loaded.keys = fit.document()
    for level, text in matching.notes(built.model, fit, len(read.found)):
        loaded.note(text, level)


def _loaded(kind: str, built: classes.Built) -> Loaded:
    given = built.example
    example = None
    if given is not None:
        example = given if isinstance(given, dict) else tuple(given) if isinstance(given, (tuple, list)) else (given,)
    return Loaded(built.model, kind, built.name, example, built.module)


def _from_transformers(request: Request, code: user_code.Code, path: Path) -> Loaded:
    model, name, keys, notes = huggingface.load(path, request)
    loaded = Loaded(model, "huggingface", f"transformers:{name}", keys=keys)
    for level, text in notes:
        loaded.note(text, level)
    return loaded


def _from_program(request: Request, code: user_code.Code, path: Path) -> Loaded:
    program, specs = ready_made.exported_program(path, request["allowed"], lambda name: _own(name, request, code))
    loaded = Loaded(program, "pt2", specs_from_file=specs)
    loaded.note("An exported program is code that was written by someone: loading it is running it.")
    loaded.note("Which of its axes may vary was decided when it was exported.")
    return loaded


def _from_torchscript(request: Request, code: user_code.Code, path: Path) -> Loaded:
    loaded = Loaded(ready_made.torchscript(path), "torchscript")
    loaded.note("TorchScript is code that was written by someone: running the model runs it.")
    return loaded


def _tell_of_code(loaded: Loaded, code: user_code.Code) -> None:
    if code.missing:
        names = ", ".join(code.missing)
        loaded.note(
            f"This toolchain lacks {names}, which the code imports; the network was built without it.", "warning"
        )
    for each in code.halves:
        loaded.note(f"{each} would train when it is imported: its classes and functions alone were taken.")


def _register(model: Any) -> None:
    """Let classes of modules that somebody loaded by hand be found by name: PyTorch's tracer imports them so."""
    import torch

    for each in model.modules() if isinstance(model, torch.nn.Module) else ():
        name, known = type(each).__module__, getattr(getattr(type(each), "forward", None), "__globals__", None)
        if known is not None and name not in sys.modules and known.get("__name__") == name:
            sys.modules[name] = module = ModuleType(name)
            vars(module).update(known)


def _settle(loaded: Loaded) -> None:
    """Put the model on the CPU and into eval(), and say so where it was not."""
    import torch

    model = loaded.model
    if not isinstance(model, torch.nn.Module):
        return
    if any(each.training for each in model.modules()):
        loaded.note("The model was in training mode; it was put into eval() for the export.")
    model.eval()
    model.to("cpu")
    for each in model.parameters():
        each.requires_grad_(False)


_LOADERS: dict[str, Callable[[Request, user_code.Code, Path], Loaded]] = {
    "python": _from_python,
    "torch": _from_checkpoint,
    "safetensors": _from_checkpoint,
    "torch-module": _from_checkpoint,
    "torchscript": _from_torchscript,
    "pt2": _from_program,
    "huggingface": _from_transformers,
}
