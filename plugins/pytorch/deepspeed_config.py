"""Reads DeepSpeed's configuration file, and says where its batch sizes don't fit the ranks.

Source: deepspeed 0.19.8, runtime/config.py (_set_batch_related_parameters, _do_error_check).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from desktop_app.api import Diagnostic, UserError
from desktop_app.api.kit import error, info, warning

TOTAL, MICRO, STEPS = "train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps"
MOST_BYTES = 1 << 20
_OTHER_PARALLELISM = ("tensor_parallel", "sequence_parallel_size", "pipeline", "mesh_param")


def read_config(path: Path) -> Mapping[str, Any]:
    """Return what a configuration says; raises UserError for a file that is none."""
    try:
        text = path.read_text("utf-8") if path.stat().st_size <= MOST_BYTES else ""
    except (OSError, UnicodeDecodeError):
        raise UserError(f"{path.name} can't be read.", hint="Pick the JSON file with DeepSpeed's settings.") from None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as problem:
        where = f" (line {problem.lineno})" if isinstance(problem, json.JSONDecodeError) else ""
        raise UserError(f"{path.name} is no JSON{where}.", hint="DeepSpeed allows no comments in it.") from None
    if not isinstance(found, dict):
        raise UserError(f"{path.name} holds no settings.", hint="DeepSpeed wants one object: { … }.")
    return found


def check_config(config: Mapping[str, Any], ranks: int, path: str) -> Iterator[Diagnostic]:
    """Yield what is wrong with a configuration on so many ranks, and what its batches come to; `path` is the field."""
    yield from _batches(config, ranks, path)
    stage = _part(config, "zero_optimization").get("stage", 0)
    if stage not in (0, 1, 2, 3, "auto"):  # a set would hash what may be a list
        yield error("deepspeed-stage", f"zero_optimization.stage is {stage}: it is 0, 1, 2 or 3.", path)
    if all(_part(config, each).get("enabled") is True for each in ("fp16", "bf16")):
        yield error("deepspeed-precision", "fp16 and bf16 can't both be enabled: keep one.", path)


def _batches(config: Mapping[str, Any], ranks: int, path: str) -> Iterator[Diagnostic]:
    said: list[Any] = [config.get(each) for each in (TOTAL, MICRO, STEPS)]
    if "auto" in said or any(each in config for each in _OTHER_PARALLELISM):
        return  # another program fills it in, or the ranks are not all data parallel
    for name, value in zip((TOTAL, MICRO, STEPS), said, strict=True):
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            yield error("deepspeed-batch", f"{name} is {value}: it must be a whole number from 1 on.", path)
            return
    total, micro, steps = said
    if total is None and micro is None:
        yield error("deepspeed-batch", f"{TOTAL} or {MICRO} must be in the file: add one of them.", path)
    elif total is None:
        says = f"{micro} × {steps or 1} × {_ranks(ranks)} = {micro * (steps or 1) * ranks} samples a step"
        yield info("deepspeed-batch-size", f"{MICRO} × accumulation × ranks: {says}.", path)
    else:
        yield _fitting(total, micro, steps, ranks, path)


def _fitting(total: int, micro: int | None, steps: int | None, ranks: int, path: str) -> Diagnostic:
    """Return whether a total is what its parts make; DeepSpeed works out the parts that are not given."""
    share = (micro or 1) * (steps or 1) * ranks
    fits = total == share if micro and steps else total % share == 0
    parts = f"{micro or '?'} per rank × {steps or '?'} accumulated × {_ranks(ranks)}"
    if not fits:
        near = share if micro and steps else max(share, total // share * share)
        message = f"{TOTAL} is {total}, which is not {parts}: write {near}, or change the number of ranks."
        return error("deepspeed-batch-mismatch", message, path)
    micro = micro or total // share
    steps = steps or total // (micro * ranks)
    return info("deepspeed-batch-size", f"{TOTAL} {total} = {micro} per rank × {steps} × {_ranks(ranks)}.", path)


def _ranks(count: int) -> str:
    return "1 rank" if count == 1 else f"{count} ranks"


def _part(config: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = config.get(name)
    return found if isinstance(found, dict) else {}


def compile_note(config: Mapping[str, Any], path: str) -> Iterator[Diagnostic]:
    """Say where DeepSpeed compiles its own optimizer when it starts."""
    optimizer = _part(config, "optimizer")
    uses_own = str(optimizer.get("type", "")).lower() in {"adam", "adamw"} and not _part(optimizer, "params").get(
        "torch_adam"
    )
    if uses_own:
        message = (
            "DeepSpeed compiles its own Adam when it starts, which takes a minute and a compiler (nvcc, or g++ on "
            'CPUs): "torch_adam": true among the optimizer\'s params does without.'
        )
        yield warning("deepspeed-compiles", message, path)
