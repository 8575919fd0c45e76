"""What a folder of files is: Hugging Face's, a SavedModel, TensorFlow's checkpoints, MLflow's."""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.api import ModelFile, UserError

_MODELS = (".pt", ".pth", ".ckpt", ".pt2", ".bin", ".safetensors", ".keras", ".h5", ".hdf5", ".onnx", ".ts")
_SHARD = re.compile(r"(.+)\.(index|meta|data-\d{5}-of-\d{5})")
_LARGEST_CONFIG = 16 * 1024 * 1024
_WEIGHTS = ("model.safetensors", "pytorch_model.bin")
_INDEXES = ("model.safetensors.index.json", "pytorch_model.bin.index.json")


@dataclass(frozen=True, slots=True)
class Inner:
    """The model within a folder that is a wrapper of it."""

    path: Path
    facts: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


def look_at_folder(path: Path) -> ModelFile | Inner:
    """Return what a folder is, or what in it is the model. Raises UserError where neither can be said."""
    names = {each.name for each in path.iterdir()}
    if not names:
        raise UserError(f"{path.name} is an empty folder.", hint="The run may have been stopped before it saved.")
    if "MLmodel" in names:
        return _mlflow(path)
    if "saved_model.pb" in names or "saved_model.pbtxt" in names:
        return _saved_model(path, names)
    _refuse_known(path, names)
    if "config.json" in names:
        return _hugging_face(path, names)
    if "checkpoint" in names:
        return _latest(path)
    return _only(path, names)


def _refuse_known(path: Path, names: set[str]) -> None:
    """Raise UserError for folders that hold a model in parts, or one that belongs to another."""
    if "model_index.json" in names:
        hint = "Choose one of its parts (unet, text_encoder, vae): each is a model of its own."
        raise UserError(f"{path.name} is a pipeline of several models.", hint=hint)
    if "adapter_config.json" in names:
        hint = "Merge it into its base model first: model.merge_and_unload().save_pretrained(FOLDER)."
        raise UserError(f"{path.name} holds an adapter (PEFT), not a whole model.", hint=hint)
    if ".metadata" in names and any(each.endswith(".distcp") for each in names):
        hint = (
            f"`python -m torch.distributed.checkpoint.format_utils dcp_to_torch {path} model.pt` makes one file of it."
        )
        raise UserError(f"{path.name} is a checkpoint in parts, of many ranks.", hint=hint)
    if "zero_to_fp32.py" in names:
        hint = "`python zero_to_fp32.py . model` in it makes one of it."
        raise UserError(f"{path.name} is a checkpoint of DeepSpeed, in parts of many ranks.", hint=hint)


def _start(path: Path, most: int = 1_000_000) -> bytes:
    """Return how a file begins: under a text's name may lie a checkpoint of many gigabytes."""
    with path.open("rb") as stream:
        return stream.read(most)


def _read(path: Path) -> dict[str, Any]:
    if path.stat().st_size > _LARGEST_CONFIG:
        raise UserError(
            f"{path.name} in {path.parent.name} is too large for what it should be.", hint="Fetch it again."
        )
    try:
        value = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        message = f"{path.name} in {path.parent.name} can't be read: it is no JSON."
        raise UserError(message, hint="The download isn't complete: fetch the folder again.") from None
    return value if isinstance(value, dict) else {}


def _hugging_face(path: Path, names: set[str]) -> ModelFile | Inner:
    config = _read(path / "config.json")
    if "model_type" not in config and "architectures" not in config:
        return _only(path, names)
    weights = _shards(path, names)
    named = config.get("architectures")
    classes = ", ".join(map(str, named)) if isinstance(named, list) else ""
    facts = [("Model type", str(config.get("model_type", ""))), ("Class", classes)]
    facts.append(
        ("Written by", f"transformers {config['transformers_version']}" if "transformers_version" in config else "")
    )
    warnings: tuple[str, ...] = ()
    if config.get("auto_map"):
        warnings = ("It brings Python code of its own (auto_map), which is not run.",)
    size = sum(each.stat().st_size for each in weights)
    shown = tuple(each for each in facts if each[1])
    return ModelFile("huggingface", path, bytes=size, facts=shown, warnings=warnings)


def _shards(path: Path, names: set[str]) -> list[Path]:
    """Return the files with the weights. Raises UserError where some are missing or are pointers."""
    index = next((each for each in _INDEXES if each in names), "")
    if index:
        listed = _read(path / index).get("weight_map")
        shards = sorted({str(each) for each in listed.values()}) if isinstance(listed, dict) else []
        missing = [each for each in shards if not (path / each).is_file()]
        if missing:
            few = ", ".join(missing[:3])
            raise UserError(
                f"{path.name} lacks {few}, of {len(shards)} files of weights.", hint="Fetch the rest of it."
            )
    else:
        shards = [next((each for each in _WEIGHTS if each in names), "")]
    if not any(shards):
        other = " It has weights of TensorFlow or Flax alone." if {"tf_model.h5", "flax_model.msgpack"} & names else ""
        hint = "Fetch model.safetensors as well, or save it with save_pretrained()."
        raise UserError(f"{path.name} has a config.json, but no weights for PyTorch beside it.{other}", hint=hint)
    found = [path / each for each in shards]
    _refuse_pointers(found)
    return found


def _refuse_pointers(files: Iterable[Path]) -> None:
    from desktop_app.services.exports.formats.binary_heads import refuse_nothing

    for each in files:
        with each.open("rb") as stream:
            refuse_nothing(each, stream.read(4096))


def _saved_model(path: Path, names: set[str]) -> ModelFile:
    size = sum(each.stat().st_size for each in path.rglob("*") if each.is_file())
    variables = path / "variables"
    if "variables" in names and not (variables / "variables.index").is_file() and any(variables.iterdir()):
        raise UserError(f"{path.name} lacks variables/variables.index.", hint="Copy the whole folder again.")
    facts = (("Made by", "Keras" if "keras_metadata.pb" in names else "TensorFlow"),)
    return ModelFile("saved-model", path, bytes=size, facts=facts)


def part_of_a_folder(path: Path) -> ModelFile | None:
    """Return the model that a file is a part of: a shard or an index of TensorFlow, a SavedModel's graph."""
    if path.name in {"saved_model.pb", "saved_model.pbtxt"}:
        return _saved_model(path.parent, {each.name for each in path.parent.iterdir()})
    shard = _SHARD.fullmatch(path.name)
    if shard and path.with_name(f"{shard[1]}.index").is_file() and _data(path.with_name(shard[1])):
        return checkpoint(path.with_name(shard[1]))
    if path.name == "checkpoint" and b"model_checkpoint_path" in _start(path, 4096):
        return _latest(path.parent)
    return None


def _data(prefix: Path) -> list[Path]:
    return sorted(each for each in prefix.parent.iterdir() if each.name.startswith(f"{prefix.name}.data-"))


def checkpoint(prefix: Path) -> ModelFile:
    """Return TensorFlow's checkpoint of a prefix. Raises UserError where parts of it are missing."""
    index, data = prefix.with_name(f"{prefix.name}.index"), _data(prefix)
    whole = int(data[0].name.rsplit("-", 1)[1]) if data and data[0].name[-5:].isdigit() else 1
    if not index.is_file() or len(data) < whole:
        lacking = index.name if not index.is_file() else f"{whole - len(data)} of {whole} files with its data"
        raise UserError(f"The checkpoint {prefix.name} lacks {lacking}.", hint="Copy all files of that name again.")
    size = index.stat().st_size + sum(each.stat().st_size for each in data)
    if not index.stat().st_size:
        raise UserError(
            f"{index.name} is empty: the run may have been stopped while it saved.", hint="Take an earlier."
        )
    return ModelFile("tf-checkpoint", prefix, bytes=size, facts=(("Files", f"{1 + len(data)}"),))


def is_prefix(path: Path) -> bool:
    """Whether a path is no file, but what the names of a TensorFlow checkpoint's files begin with."""
    return not path.exists() and path.with_name(f"{path.name}.index").is_file()


def _latest(path: Path) -> ModelFile:
    """Return the checkpoint that TensorFlow's `checkpoint` file says is the latest."""
    text = _start(path / "checkpoint").decode("utf-8", "replace")
    named = re.search(r'^model_checkpoint_path:\s*"([^"]+)"', text, re.MULTILINE)
    if not named:
        raise UserError(f"The file checkpoint in {path.name} names no checkpoint.", hint="Name one: FOLDER/ckpt-1.")
    # The folder may have been moved since: only the name is believed.
    return checkpoint(path / Path(named[1]).name)


def _mlflow(path: Path) -> Inner:
    """Return the model within a folder that MLflow wrote."""
    text = _start(path / "MLmodel").decode("utf-8", "replace")
    flavors = re.findall(r"^  (\w+):\s*$", text, re.MULTILINE)
    names = ("model.pth", "model.pt2", "model.keras", "model.h5", "model")
    places = [*(path / "data" / each for each in names), path / "model", path / "tfmodel"]
    found = next((each for each in places if each.exists()), None)
    if found is None or not {"pytorch", "keras", "tensorflow", "transformers", "python_function"} & set(flavors):
        named = ", ".join(each for each in flavors if each != "python_function") or "no flavor that is known"
        raise UserError(f"{path.name} is an MLflow model of {named}, which can't be turned into ONNX here.")
    return Inner(found, (("Written by", f"MLflow ({', '.join(flavors)})"),))


def _only(path: Path, names: set[str]) -> Inner:
    """Return the only model in a folder. Raises UserError where there is none, or are several."""
    models = sorted(each for each in names if Path(each).suffix.lower() in _MODELS or _saved(path / each))
    if len(models) == 1:
        return Inner(path / models[0], (("Found in", path.name),))
    if models:
        few = ", ".join(models[:6]) + " …" * (len(models) > 6)
        raise UserError(f"{path.name} holds several models: {few}.", hint="Choose one of them.")
    indexes = sorted(each for each in names if each.endswith(".index"))
    if len(indexes) == 1:
        return Inner(path / indexes[0], (("Found in", path.name),))
    raise UserError(f"No model was found in the folder {path.name}.", hint="Choose the model's own file or folder.")


def _saved(path: Path) -> bool:
    return (path / "saved_model.pb").is_file()


def similar(path: Path) -> str:
    """Return what lies in a folder under a name much like one that isn't there, or a checkpoint's prefix."""
    try:
        names = [each.name for each in path.parent.iterdir()]
    except OSError:
        return ""
    close = difflib.get_close_matches(path.name, names, 1, 0.7)
    return close[0] if close else ""
