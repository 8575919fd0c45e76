"""Reads files of weights without running anything of them, and finds the state_dict in what was saved around it."""

from __future__ import annotations

import json
import pickle
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rankzero_kit.errors import TaskError

from . import trust

# What the weights are called in checkpoints that hold more than them, the likeliest first.
WRAPPED = (
    "model_state_dict", "state_dict", "model_state", "model", "module", "net", "network", "net_state_dict", "weights",
    "params", "state", "model_weights", "generator", "encoder", "student", "ema", "model_ema",
)  # fmt: skip
SETTINGS = (
    "hyper_parameters", "model_args", "model_kwargs", "model_config", "hparams", "hyperparameters", "args", "config",
    "cfg", "opt", "options", "arguments", "kwargs",
)  # fmt: skip
OF_MODEL = ("model", "net", "network")  # where settings are sorted by what they are for: {"model": {"hidden": 64}, …}
LEGACY = b"\x80\x02\x8a\nl\xfc\x9c"  # how a file begins that torch.save wrote before it wrote zips
NOT_WEIGHTS = ("optimizer", "optim", "scheduler", "lr_sched", "scaler", "amp", "rng", "callbacks", "loops")


@dataclass
class Weights:
    """What a file holds: the state_dict by where in the file it was (empty: the file is one), likeliest first.

    `whole` is a module that was pickled with its class; `settings` are the arguments that a trainer saved along, and
    `holders` what held them, by its name: there are networks that take that as it is, `Net(args)`.
    """

    found: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    whole: Any = None
    settings: dict[str, Any] = field(default_factory=dict)
    holders: dict[str, Any] = field(default_factory=dict)


def read(path: Path, allowed: Sequence[str], own: Callable[[str], Any]) -> Weights:
    """Read a file. Raises TaskError for what is no weights, and where names would have to be allowed first."""
    if not path.exists():
        raise TaskError(f"There is no file {path}.")
    if path.is_dir():
        return read(_in_folder(path), allowed, own)
    if path.stat().st_size == 0:
        raise TaskError(f"{path.name} is empty: 0 bytes.", "Was its writing interrupted? Take another checkpoint.")
    if path.name.endswith(".index.json"):
        return _of_tree(_shards(path, allowed, own))
    if is_safetensors(path):
        return _of_tree(_safetensors(path))
    return _of_tree(_pickled(path, allowed, own))


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as safetensors do: the length of a JSON object, and that object."""
    with path.open("rb") as file:
        head = file.read(16)
    return head[8:9] == b"{" and 2 <= int.from_bytes(head[:8], "little") < 100_000_000


def _safetensors(path: Path) -> dict[str, Any]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(str(path), device="cpu"))
    except SafetensorError as error:
        raise TaskError(f"{path.name} is no whole safetensors file: {error}.", "Copy it again.") from error


def _shards(path: Path, allowed: Sequence[str], own: Callable[[str], Any]) -> dict[str, Any]:
    named = json.loads(path.read_text("utf-8"))["weight_map"]
    parts: dict[str, Any] = {}
    for name in sorted({*named.values()}):
        if Path(name).name != name:
            raise TaskError(f"{path.name} names a part outside its folder: {name}.")
        parts.update(dict(read(path.parent / name, allowed, own).found[0][1]))
    return parts


def _in_folder(folder: Path) -> Path:
    """Return the file with the weights in a folder that a trainer wrote."""
    if (folder / ".metadata").exists() or [*folder.glob("*.distcp")]:
        hint = f"Join them: python -m torch.distributed.checkpoint.format_utils dcp_to_torch {folder.name} model.pt"
        raise TaskError(f"{folder.name} holds the pieces of a distributed checkpoint.", hint)
    if (folder / "latest").is_file():  # DeepSpeed's pointer
        named = (folder / "latest").read_text("utf-8").strip()
        folder = folder / named if Path(named).name == named else folder
    pieces = [*folder.glob("zero_pp_rank_*_model_states.pt")]
    if pieces:
        hint = "Join them with the script that DeepSpeed left beside them: python zero_to_fp32.py . model.pt"
        raise TaskError(f"{folder.name} holds the pieces of a ZeRO 3 checkpoint, {len(pieces)} ranks' of it.", hint)
    for pattern in ("*.index.json", "mp_rank_00_model_states.pt", "*.safetensors", "*.bin", "*.ckpt", "*.pth", "*.pt"):
        if found := sorted(folder.glob(pattern)):
            return found[0]
    raise TaskError(f"There are no weights in {folder}.", "Choose the file with the weights.")


def _pickled(path: Path, allowed: Sequence[str], own: Callable[[str], Any]) -> Any:
    import torch

    zipped = trust.is_zip(path)
    try:
        _head(path, zipped)
        names = trust.refuse(path, allowed)
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, RuntimeError) as error:
        raise _broken(path, error) from error
    # Beyond the names in the file: those that torch asked for while it unpickled, such as numpy's types.
    names += [each for each in allowed if each not in names and not each.startswith("__main__.")]
    try:
        with torch.serialization.safe_globals(trust.let_in(names, own)), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickle protocols: what can't be read is an error
            return torch.load(str(path), map_location="cpu", weights_only=True, mmap=zipped)
    except pickle.UnpicklingError as error:
        raise _refused(path, str(error), allowed) from error
    except TaskError:
        raise
    except Exception as error:  # what a damaged pickle raises may be anything
        raise _broken(path, error) from error


def _head(path: Path, zipped: bool) -> None:
    with path.open("rb") as file:
        head = file.read(8)
    if zipped:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
        if any(each.flag_bits & 1 for each in entries):
            raise TaskError(f"{path.name} is encrypted.", "Unpack it first.")
        names = {each.filename.rpartition("/")[2] for each in entries}
        if {"metadata.json", "config.json"} <= names:
            raise TaskError(f"{path.name} is a Keras model, not PyTorch's.", "Export it as a Keras model.")
        if "data.pkl" not in names:
            raise TaskError(f"{path.name} is a zip, but not one that PyTorch wrote.", "Choose the checkpoint in it.")
    elif head.startswith(b"\x89HDF"):
        raise TaskError(f"{path.name} is HDF5: weights of Keras, not PyTorch's.", "Export it as a Keras model.")
    elif head.startswith(b"PK"):
        raise TaskError(f"{path.name} is not whole: its end is missing.", "Copy it again, or take another checkpoint.")
    elif head.startswith(b"\x80") and not head.startswith(LEGACY):
        hint = "Save the weights with torch.save(model.state_dict(), path)."
        raise TaskError(f"{path.name} is a pickle that torch.save did not write: it can't be loaded safely.", hint)
    elif not head.startswith(LEGACY):
        raise TaskError(f"{path.name} is no checkpoint of PyTorch's.", "Choose what torch.save wrote, or safetensors.")


def _refused(path: Path, text: str, allowed: Sequence[str]) -> TaskError:
    """Return what weights_only refused: names that only show in unpickling are asked for as the others are."""
    match = re.search(r"but got <(?:class|function) '?([\w.]+)'?", text) or re.search(r"GLOBAL ([\w.]+) was not", text)
    if match and match[1] not in allowed and "." in match[1] and not trust.forbidden(match[1]):
        return trust.asked(path, [match[1]])
    if "persistent_load" in text:
        hint = "Save its state_dict with today's PyTorch: torch.save(model.state_dict(), path)."
        return TaskError(f"{path.name} holds a module in a format of before 2020, which can't be loaded safely.", hint)
    if "Invalid magic number" in text or "invalid load key" in text:
        return TaskError(f"{path.name} is no checkpoint of PyTorch's.", "Choose what torch.save wrote.")
    reason = text.strip().splitlines()[-1] if "WeightsUnpickler error" in text else text.strip().splitlines()[0]
    found = re.search(r"WeightsUnpickler error: ([^\n]+)", text)
    hint = "Save the weights alone: torch.save(model.state_dict(), path)."
    said = (found[1] if found else reason).rstrip(". ")
    return TaskError(f"{path.name} can't be loaded as weights: {said}.", hint)


def _broken(path: Path, error: Exception) -> TaskError:
    text = str(error)
    if "Invalid magic number" in text:
        return TaskError(f"{path.name} is a pickle that torch.save did not write.", "Choose what torch.save wrote.")
    if "can't allocate memory" in text or isinstance(error, MemoryError):
        return TaskError(f"{path.name} takes more memory than there is.", "Free some, or use a machine with more.")
    if "legacy .tar" in text:
        hint = "Save its state_dict with today's PyTorch: torch.save(model.state_dict(), path)."
        return TaskError(f"{path.name} is in PyTorch's format of before 2017, which can't be loaded safely.", hint)
    said = text.strip().splitlines()[0][:200] if text.strip() else type(error).__name__
    return TaskError(f"{path.name} is damaged or not whole: {said}.", "Copy it again, or take another checkpoint.")


def _of_tree(tree: Any) -> Weights:
    import torch

    if isinstance(tree, torch.nn.Module):
        return Weights(whole=tree)
    if not isinstance(tree, Mapping):
        hint = "A checkpoint is a state_dict, or a dictionary with one in it."
        raise TaskError(f"The file holds a {type(tree).__name__}, no weights.", hint)
    whole = next((each for _, each in _inside(tree) if isinstance(each, torch.nn.Module)), None)
    found = sorted(_state_dicts(tree), key=lambda each: _likely(each[0]))
    if not found and whole is None:
        has = ", ".join(str(each) for each in [*tree][:8]) or "nothing"
        raise TaskError(f"There is no state_dict in the file; it has {has}.", "Choose the checkpoint with the weights.")
    holders = {name: tree[name] for name in SETTINGS if _named_values(tree.get(name))}
    return Weights(found, None if found else whole, _settings(holders), holders)


def _inside(tree: Mapping[Any, Any], where: str = "", depth: int = 3) -> Iterator[tuple[str, Any]]:
    yield where, tree
    for key, each in tree.items():
        name = f"{where}.{key}" if where else str(key)
        if isinstance(each, Mapping) and depth:
            yield from _inside(each, name, depth - 1)
        else:
            yield name, each


def _state_dicts(tree: Mapping[Any, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    import torch

    for where, each in _inside(tree):
        if not isinstance(each, Mapping) or any(part in where.lower() for part in NOT_WEIGHTS):
            continue
        tensors = sum(isinstance(value, torch.Tensor) for value in each.values())
        if tensors and tensors * 2 > len(each) and all(isinstance(key, str) for key in each):
            yield where, each


def _likely(where: str) -> tuple[int, int]:
    last = where.rpartition(".")[2]
    return (0 if not where else 1 + WRAPPED.index(last) if last in WRAPPED else 99, len(where))


def _settings(holders: Mapping[str, Any]) -> dict[str, Any]:
    """Return all values that were saved with the weights by name; of one that is there twice, the likeliest."""
    found: dict[str, Any] = {}
    for each in (_named_values(one) for one in holders.values()):
        inner = (_named_values(each.get(name)) for name in OF_MODEL)
        for values in (each, *inner):
            found = {**values, **found}
    return found


def _named_values(held: Any) -> dict[str, Any]:
    """Return what a dictionary, or a namespace of argparse and the like, holds; nothing of what is neither."""
    values = held if isinstance(held, Mapping) else getattr(held, "__dict__", {})
    return {str(key): value for key, value in values.items()}
