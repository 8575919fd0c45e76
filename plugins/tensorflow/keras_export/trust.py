"""What a file would run or import when it is loaded, found without loading it."""

from __future__ import annotations

import hashlib
import json
import sys
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rankzero_kit.errors import TaskError

KERAS_FLOOR = (3, 11, 3)
CONFIG_LIMIT = 256 << 20
KERAS = ("keras", "tf_keras", "keras_hub", "keras_cv", "keras_nlp")
PARTS = (
    "layers", "models", "ops", "initializers", "regularizers", "constraints", "activations", "losses", "metrics",
    "optimizers", "random", "dtype_policies", "quantizers", "applications", "engine",
)  # fmt: skip
"""Of Keras's modules those that models are made of: its `utils` can fetch files, its `saving` load others."""
PLAIN = (
    "function",
    "str",
    "int",
    "float",
    "bool",
    "list",
    "tuple",
    "dict",
    "set",
    "slice",
    "bytes",
    "NoneType",
    "type",
)


@dataclass
class Found:
    """What a configuration names: layers with Python bytecode, modules that aren't Keras, classes of the person."""

    lambdas: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    custom: list[str] = field(default_factory=list)
    allowed: bool = False

    @property
    def names(self) -> list[str]:
        """What has to be allowed, in the words a person sees."""
        code = [f"lambda layer “{each}” (Python bytecode)" for each in self.lambdas]
        return [*dict.fromkeys([*code, *self.foreign])]


def of_keras(path: Path) -> Found:
    """Return what a `.keras` file names. Raises TaskError for what is no such file."""
    _floor()
    try:
        with zipfile.ZipFile(path) as archive:
            if any(each.flag_bits & 1 for each in archive.infolist()):
                raise TaskError(
                    f"{path.name} is encrypted.", "Export a file that opens without a password.", final=True
                )
            info = archive.getinfo("config.json")
            if info.file_size > CONFIG_LIMIT:
                raise TaskError(f"The configuration in {path.name} is too large to be one.", final=True)
            config = json.loads(archive.read(info).decode("utf-8"))
    except (zipfile.BadZipFile, KeyError, OSError, ValueError, EOFError) as error:
        told = f"{path.name} is no whole .keras file: {error}"
        raise TaskError(told, "Copy or save it once more.", final=True) from error
    return of_config(config)


def of_hdf5(path: Path) -> Any:
    """Return the configuration of the model in an HDF5 file, or None where it has weights alone."""
    _floor()
    import h5py

    try:
        with h5py.File(path, "r") as file:
            text = file.attrs.get("model_config")
            if text is None:
                return None
            return json.loads(text.decode("utf-8") if isinstance(text, bytes) else text)
    except (OSError, ValueError, RuntimeError, KeyError) as error:
        told = f"{path.name} is no whole HDF5 file: {error}"
        raise TaskError(told, "Copy or save it once more.", final=True) from error


def permitted(found: Found, path: Path, request: dict[str, Any], hdf5: bool = False) -> Found:
    """Return what was found once everything in it is allowed. Raises TaskError that asks otherwise."""
    allowed = set(request.get("allowed") or ())
    missing = [each for each in found.names if each not in allowed]
    if never := [each for each in found.foreign if each.partition(".")[0] in sys.stdlib_module_names]:
        told = f"{path.name} names {', '.join(never)}, which can be no part of a model: it is not loaded."
        raise TaskError(told, "Ask where the file comes from.", final=True)
    if hdf5 and "hdf5" not in allowed:
        ask = {"kind": "hdf5", "names": ["hdf5", *missing], "sha256": sha256(path)}
        inside = f" It has {', '.join(missing)}." if missing else " No code was found in its configuration."
        told = f"{path.name} is an HDF5 model, a format that can hide code from Keras's safe mode.{inside}"
        raise TaskError(told, "Go on only if you trust where the file comes from.", final=True, ask=ask)
    if missing:
        ask = {"kind": "unsafe-globals", "names": missing, "sha256": sha256(path)}
        told = f"Loading {path.name} would run code that is in it: {', '.join(missing)}."
        raise TaskError(told, "Allow it only if you trust where the file comes from.", final=True, ask=ask)
    found.allowed = bool(found.lambdas or found.foreign)
    return found


def of_config(config: Any) -> Found:
    """Return what a model's configuration names, wherever in it."""
    found = Found()
    for each, nearest in _objects(config, ""):
        name, module = each.get("class_name"), each.get("module")
        if name in ("Lambda", "__lambda__") and _bytecode(each):
            settings = each.get("config")
            own = settings.get("name") if isinstance(settings, dict) else None
            found.lambdas.append(str(own or nearest or "?"))
        registered = each.get("registered_name")
        if _foreign(module, name):
            found.foreign.append(f"{module}.{name}")
        elif isinstance(name, str) and module is None and registered and registered != name:
            found.custom.append(str(registered))
    found.lambdas = [*dict.fromkeys(found.lambdas)]
    found.custom = [*dict.fromkeys(found.custom)]
    return found


def _bytecode(each: dict[str, Any]) -> bool:
    text = json.dumps(each.get("config"))
    return "__lambda__" in text or '"code"' in text or each.get("class_name") == "__lambda__" or "function_type" in text


def _foreign(module: Any, name: Any) -> bool:
    """Whether an object is none of Keras's own parts of models: only those are let in without a question."""
    if not isinstance(module, str):
        return False
    top, *rest = module.split(".")
    if top == "builtins":
        return name not in PLAIN
    rest = rest[1:] if rest[:1] == ["src"] else rest
    return top not in KERAS or bool(rest and rest[0] not in PARTS)


def _objects(part: Any, nearest: str) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield every serialised object with the name of the layer that it is in."""
    if isinstance(part, dict):
        name = part.get("name")
        if isinstance(part.get("class_name"), str):
            yield part, nearest
        inner = name if isinstance(name, str) else nearest
        for each in part.values():
            yield from _objects(each, inner)
    elif isinstance(part, (list, tuple)):
        for each in part:
            yield from _objects(each, nearest)


def _floor() -> None:
    import keras

    version: Sequence[int] = [int(each) for each in keras.__version__.split(".")[:3] if each.isdecimal()]
    if tuple(version) < KERAS_FLOOR:
        wanted = ".".join(map(str, KERAS_FLOOR))
        raise TaskError(
            f"Keras {keras.__version__} runs code hidden in files; {wanted} or newer is needed.", final=True
        )


def sha256(path: Path) -> str:
    """Return a file's hash."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
