"""Files that hold the network with its weights: exported programs, TorchScript; and what MLflow tells of its models."""

from __future__ import annotations

import contextlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from unittest import mock

from rankzero_kit.errors import TaskError

from . import trust

Specs = list[dict[str, Any]]


def kind_of(path: Path) -> str:
    """Return what a zip is that is no checkpoint: pt2 or torchscript; empty for all else."""
    if not path.is_file() or not trust.is_zip(path):
        return ""
    with (
        contextlib.suppress(zipfile.BadZipFile, NotImplementedError, ValueError, OSError),
        zipfile.ZipFile(path) as archive,
    ):
        names = {each.partition("/")[2] for each in archive.namelist()} | {*archive.namelist()}
        if "constants.pkl" in names:
            return "torchscript"
        return "pt2" if names & {"archive_format", "serialized_exported_program.json"} else ""
    return ""


def exported_program(path: Path, allowed: Sequence[str], own: Callable[[str], Any]) -> tuple[Any, Specs]:
    """Return a program that torch.export saved, and its inputs. Raises TaskError."""
    import torch

    _not_empty(path)
    if not trust.is_zip(path):
        raise TaskError(f"{path.name} is no exported program, or not whole.", "Copy it again, or export it anew.")
    try:
        names = trust.refuse(path, allowed, members=True)
        with torch.serialization.safe_globals(trust.let_in(names, own)), _weights_only():
            program = torch.export.load(str(path))
    except TaskError:
        raise
    except Exception as error:
        raise _unreadable(path, "an exported program", error) from error
    return program, [*_inputs(program)]


@contextlib.contextmanager
def _weights_only() -> Iterator[None]:
    """Keep torch.export.load from unpickling what it likes: it asks for weights_only=False, and no switch helps."""
    import torch

    real = torch.load

    def load(*args: Any, **kwargs: Any) -> Any:
        return real(*args, **{**kwargs, "weights_only": True})

    torch.load = load
    try:
        with mock.patch("torch.export.pt2_archive._package.pickle", _Refusing()):
            yield
    finally:
        torch.load = real


class _Refusing:
    """The part of pickle that is used for constants of other kinds than tensors."""

    def __getattr__(self, name: str) -> Any:
        raise TaskError("It holds pickled objects that are no tensors, which are not loaded.")


def _inputs(program: Any) -> Iterator[dict[str, Any]]:
    """Yield the inputs of a program; axes that may vary have the names that the program gives their sizes."""
    values = {node.name: node.meta.get("val") for node in program.graph.nodes if node.op == "placeholder"}
    names: dict[str, str] = {}
    for each in program.graph_signature.user_inputs:
        value = values.get(each)
        if value is None or not hasattr(value, "shape"):
            continue
        shape: list[int | str] = []
        for axis, size in enumerate(value.shape):
            if isinstance(size, int):
                shape.append(size)
            else:
                shape.append(names.setdefault(str(size), "batch" if axis == 0 and not names else f"size{len(names)}"))
        kind = str(value.dtype).removeprefix("torch.")
        yield {"name": each, "dtype": kind, "shape": shape, "origin": "from the file", "low": None, "high": None}


def torchscript(path: Path) -> Any:
    """Return a TorchScript module on the CPU. Raises TaskError."""
    import torch

    _not_empty(path)
    try:
        return torch.jit.load(str(path), map_location="cpu")
    except Exception as error:
        raise _unreadable(path, "TorchScript", error) from error


def _not_empty(path: Path) -> None:
    if not path.is_file():
        raise TaskError(f"There is no file {path}.")
    if path.stat().st_size == 0:
        raise TaskError(f"{path.name} is empty: 0 bytes.", "Was its writing interrupted? Take another one.")


def _unreadable(path: Path, what: str, error: Exception) -> TaskError:
    lines = [each for each in str(error).strip().splitlines() if each.strip()]
    said = lines[0][:200].rstrip(".") if lines else type(error).__name__
    return TaskError(f"{path.name} can't be read as {what}: {said}.", "Is it whole, and not of a newer PyTorch?")


def mlflow_model(folder: Path) -> Path:
    """Return the pickled module in a model folder of MLflow. Raises TaskError where its flavour is another."""
    text = (folder / "MLmodel").read_text("utf-8")
    match = re.search(r"^  pytorch:\n((?:    .*\n)*)", text, re.MULTILINE)
    if match is None:
        flavours = ", ".join(re.findall(r"^  (\w+):$", text, re.MULTILINE)) or "none"
        raise TaskError(f"{folder.name} is a model of MLflow without the flavour pytorch; it has {flavours}.")
    data = re.search(r"^    model_data: (\S+)", match[1], re.MULTILINE)
    root = (folder / (data[1] if data else "data")).resolve()
    if not root.is_relative_to(folder.resolve()):
        raise TaskError(f"MLmodel in {folder.name} names data outside of the folder.")
    for name in ("model.pth", "model.pt2", "model.ts"):
        if (root / name).is_file():
            return root / name
    raise TaskError(f"There is no model.pth in {root}.", "Copy the whole folder.")


def mlflow_inputs(path: Path) -> Specs | None:
    """Return the inputs that MLflow's signature tells of, where a file lies in such a folder."""
    file = next((each / "MLmodel" for each in (path, *path.parents[:3]) if (each / "MLmodel").is_file()), None)
    match = re.search(r"^  inputs: '((?:[^']|'')*)'", file.read_text("utf-8"), re.MULTILINE) if file else None
    if match is None:
        return None
    try:
        rows = json.loads(match[1].replace("''", "'"))  # lines may be folded
        return [_of_signature(each, number) for number, each in enumerate(rows)]
    except (ValueError, KeyError, TypeError):
        return None


def _of_signature(row: dict[str, Any], number: int) -> dict[str, Any]:
    tensor = row["tensor-spec"]
    shape = [each if each > 0 else "batch" if axis == 0 else f"size{axis}" for axis, each in enumerate(tensor["shape"])]
    name = row.get("name") or ("input" if not number else f"input{number}")
    return {
        "name": name,
        "dtype": tensor["dtype"],
        "shape": shape,
        "origin": "from the file",
        "low": None,
        "high": None,
    }
