"""A model folder of Hugging Face's transformers: read from this disk alone, never with code of the folder's own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rankzero_kit.errors import TaskError

from . import matching, trust

Request = Mapping[str, Any]
OFFLINE = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "TOKENIZERS_PARALLELISM": "false",
}


def load(folder: Path, request: Request) -> tuple[Any, str, dict[str, Any], list[tuple[str, str]]]:
    """Return the model, its class, what was done to names, and notes (level, text). Raises TaskError."""
    folder = folder.parent if folder.is_file() else folder
    config = _config(folder)
    os.environ.update(OFFLINE)
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    name = str(request["options"].get("class") or "").rpartition(":")[2] or _architecture(config, folder)
    cls = getattr(transformers, name, None)
    if cls is None:
        raise TaskError(
            f"transformers {transformers.__version__} knows no {name}.", "Was it written by a newer version?"
        )
    safe = _check_weights(folder, request["allowed"])
    try:
        model, told = cls.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False, use_safetensors=safe, dtype=torch.float32,
            output_loading_info=True,
        )  # fmt: skip
    except MemoryError as error:
        raise TaskError(f"The model in {folder.name} takes more memory than there is.") from error
    except Exception as error:
        text = " ".join(str(error).split())[:300]
        raise TaskError(f"transformers can't load {folder.name} as {name}: {text.rstrip('.')}.") from error
    notes = [*_other_types(config)]
    keys = _keys(model, told, name)
    if keys["unexpected"]:
        spare = matching.shown(keys["unexpected"])
        notes.append(("warning", f"The file holds weights that {name} has no place for, left out: {spare}."))
    if keys["tied"]:
        notes.append(("info", f"Tied, so that one is in the file for both: {matching.shown(keys['tied'])}."))
    return model, name, keys, notes


def _config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    if not file.is_file():
        if (folder / "adapter_config.json").is_file():
            hint = "Merge it into its model first: model.merge_and_unload().save_pretrained(folder)."
            raise TaskError(f"{folder.name} holds an adapter, no whole model.", hint)
        if (folder / "model_index.json").is_file():
            raise TaskError(
                f"{folder.name} is a pipeline of several models.", "Choose one of its folders, such as unet."
            )
        raise TaskError(f"There is no config.json in {folder.name}.", "Choose a folder that save_pretrained wrote.")
    try:
        config = json.loads(file.read_text("utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise TaskError(f"config.json of {folder.name} is no JSON: {error}.") from error
    if not isinstance(config, dict):
        raise TaskError(f"config.json of {folder.name} is no configuration.")
    if config.get("auto_map"):
        files = sorted({str(each).partition(".")[0] for each in config["auto_map"].values()})
        hint = "Load it in code of yours that you trust, and export FILE.py:CALLABLE."
        raise TaskError(f"{folder.name} brings Python code of its own ({', '.join(files)}), which is not run.", hint)
    if config.get("quantization_config"):
        kind = config["quantization_config"].get("quant_method", "")
        hint = "Export the model that it was made from; it can be quantised for ONNX Runtime after that."
        raise TaskError(f"The weights in {folder.name} are quantised already ({kind}), in a form ONNX has not.", hint)
    return config


def _architecture(config: Mapping[str, Any], folder: Path) -> str:
    names = config.get("architectures") or []
    if len(names) == 1 and isinstance(names[0], str):
        return names[0]
    rows = [{"name": str(each), "fits": False, "why": "named in config.json"} for each in names]
    raise TaskError(
        f"config.json of {folder.name} does not say which class the model is.",
        "Name it, for example BertForSequenceClassification.", ask={"kind": "class", "candidates": rows},
    )  # fmt: skip


def _check_weights(folder: Path, allowed: Sequence[str]) -> bool:
    """Whether there are safetensors; pickled weights are looked into before anything unpickles them."""
    if [*folder.glob("*.safetensors")]:
        return True
    pickles = sorted(folder.glob("pytorch_model*.bin"))
    if not pickles:
        raise TaskError(f"There are no weights in {folder.name}.", "model.safetensors or pytorch_model.bin is missing.")
    for each in pickles:
        trust.refuse(each, allowed)
    return False


def _keys(model: Any, told: Mapping[str, Any], name: str) -> dict[str, Any]:
    missing, unexpected = ([*map(str, told.get(f"{each}_keys") or ())] for each in ("missing", "unexpected"))
    shapes = [*(told.get("mismatched_keys") or ())]
    found = matching.Fit({}, missing=[each for each in missing if not matching.COUNTERS.search(each)])
    found.unexpected = [each for each in unexpected if not matching.COUNTERS.search(each)]
    found.shapes = [(str(each[0]), tuple(each[1]), tuple(each[2])) for each in shapes]
    found.told = [each for each in (*missing, *unexpected) if matching.COUNTERS.search(each)]
    found.tied = sorted(map(str, getattr(model, "all_tied_weights_keys", None) or ()))
    if found.missing or found.shapes:
        raise matching.misfit(found, name)
    # What a larger model than this class had besides: its heads. Shown, as nothing of this network lacks them.
    return found.document()


def _other_types(config: Mapping[str, Any]) -> list[tuple[str, str]]:
    kind = str(config.get("dtype") or config.get("torch_dtype") or "float32")
    if kind in ("float32", "None"):
        return []
    return [("info", f"The weights are {kind}; they were widened to float32, which ONNX Runtime computes everywhere.")]
