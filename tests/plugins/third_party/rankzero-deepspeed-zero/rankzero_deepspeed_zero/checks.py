"""What is wrong with the DeepSpeed configurations in a job's command."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from desktop_app.api import Diagnostic, Fix, Job, Severity
from desktop_app.api.kit import launcher_in

from .configuration import Found, encode, found_in

BATCH, MICRO, STEPS = "train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps"


def check(job: Job) -> Iterator[Diagnostic]:
    """Check each configuration that stands in the command; one in a file is not to be seen from here."""
    starts_ranks = bool(launcher_in(job.command))  # torchrun and its like: the job's own counts are not the ranks'
    for found in found_in(job):
        if not starts_ranks and job.topology.world_size > 0:
            yield from _batch(job, found)
            yield from _one_gpu(job, found)
        yield from _offload(job, found)
        yield from _precision(found)


def _batch(job: Job, found: Found) -> Iterator[Diagnostic]:
    """Say where the three sizes don't multiply; a warning, because what splits the model counts fewer processes."""
    batch, micro, steps = (found.count(key) for key in (BATCH, MICRO, STEPS))
    ranks = job.topology.world_size
    if batch is None or micro is None or steps is None or batch == micro * steps * ranks:
        return
    product = f"{micro} × {steps} × {ranks} processes are {micro * steps * ranks}"
    message = f"DeepSpeed refuses a batch of {batch}, unless the model itself is split: {product}."
    title = f"Set the batch to {micro * steps * ranks}"
    fix = _changed(job, found, title, lambda says: says.update({BATCH: micro * steps * ranks}))
    yield Diagnostic(Severity.WARNING, "deepspeed-zero-batch", message, "command", fix=fix)


def _offload(job: Job, found: Found) -> Iterator[Diagnostic]:
    """Say where something is offloaded at a stage that can't."""
    if found.offloads("param") and found.stage < 3:
        message = f"Stage {found.stage} does not offload parameters: take stage 3."
        fix = _at_stage(job, found, 3)
    elif found.offloads("optimizer") and found.stage < 1:
        message = "Stage 0 does not offload the optimizer: take stage 2."
        fix = _at_stage(job, found, 2)
    else:
        return
    yield Diagnostic(Severity.WARNING, "deepspeed-zero-offload", message, "command", fix=fix)


def _one_gpu(job: Job, found: Found) -> Iterator[Diagnostic]:
    """Say where there is nobody to split with, unless it is for offloading."""
    if found.stage and job.topology.world_size == 1 and not (found.offloads("optimizer") or found.offloads("param")):
        message = f"With one process, stage {found.stage} has nothing to split and only costs time: take stage 0."
        fix = _at_stage(job, found, 0)
        yield Diagnostic(Severity.WARNING, "deepspeed-zero-one-gpu", message, "command", fix=fix)


def _precision(found: Found) -> Iterator[Diagnostic]:
    """Say where both halves are on, which DeepSpeed refuses."""
    if found.is_on("fp16") and found.is_on("bf16"):
        message = "DeepSpeed takes fp16 or bf16, not both."
        yield Diagnostic(Severity.ERROR, "deepspeed-zero-precision", message, "command")


def _at_stage(job: Job, found: Found, stage: int) -> Fix:
    """Return a change of the stage."""
    return _changed(job, found, f"Take stage {stage}", lambda says: says["zero_optimization"].update({"stage": stage}))


def _changed(job: Job, found: Found, title: str, change: Callable[[dict[str, Any]], None]) -> Fix:
    """Return a change of the word in the command that the configuration stands in."""
    says = copy.deepcopy(dict(found.says))
    change(says)
    return Fix(title, {"command": job.command.replace(found.word, encode(says))})
