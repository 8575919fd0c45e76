"""The wizard: pages as data, and a function from the answers to a job."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from desktop_app.api import (
    Answers,
    Diagnostic,
    Distribution,
    Field,
    FormSpec,
    Job,
    JobWizard,
    Resources,
    Severity,
    WizardContext,
    WizardStep,
)

from . import questions as ask
from .answers import Chosen, defaults, with_default
from .environments import CURATED


def steps(answers: Answers, context: WizardContext) -> tuple[WizardStep, ...]:
    """Return every page for the answers so far; called on each keystroke."""
    known = defaults(answers, context)
    chosen = Chosen.of(answers, context)

    def page(name: str, title: str, *fields: Field, notes: Iterator[Diagnostic], topology: bool = False) -> WizardStep:
        form = FormSpec(tuple(with_default(each, known) for each in fields))
        return WizardStep(name, title, form, notes=tuple(notes), shows_topology=topology)

    memory = (ask.PARAMETERS, ask.STAGE, ask.OFFLOAD_OPTIMIZER, ask.OFFLOAD_PARAMETERS, ask.PRECISION)
    return (
        page("script", "Script", ask.SCRIPT, ask.ARGUMENTS, ask.STYLE, notes=_script_notes(answers, context, chosen)),
        page("gpus", "GPUs", ask.NODES, ask.GPUS, ask.COMPUTE, notes=_gpu_notes(context, chosen), topology=True),
        page("memory", "Memory", *memory, notes=_memory_notes(chosen)),
        page("batch", "Batch and time", ask.MICRO, ask.ACCUMULATION, ask.HOURS, notes=_batch_notes(chosen)),
    )


def _script_notes(answers: Answers, context: WizardContext, chosen: Chosen) -> Iterator[Diagnostic]:
    """Say where the script does not look like one for DeepSpeed, and the arguments are no shell words."""
    try:
        shlex.split(str(answers.get("arguments", "")))
    except ValueError:
        yield Diagnostic(Severity.ERROR, "deepspeed-zero-quote", "Close the quote that was opened.", "arguments")
    if context.scan and chosen.style == "deepspeed" and "deepspeed" not in context.scan.imports:
        message = "The script does not import deepspeed: it may not take its configuration."
        yield Diagnostic(Severity.WARNING, "deepspeed-zero-import", message, "style")


def _gpu_notes(context: WizardContext, chosen: Chosen) -> Iterator[Diagnostic]:
    """Say where this machine is small for a try."""
    have = len(context.host.gpus)
    if chosen.gpus > have:
        message = f"This machine has fewer GPUs ({have}) than a node of the job: that is for Azure ML."
        yield Diagnostic(Severity.INFO, "deepspeed-zero-gpus", message, "gpus")


def _memory_notes(chosen: Chosen) -> Iterator[Diagnostic]:
    """Say what the stage means for memory, and where offloading does not go with it."""
    plan = chosen.plan
    message = f"Roughly {plan.gpu:.1f} GiB per GPU for weights, gradients and optimizer; activations come on top."
    yield Diagnostic(Severity.INFO, "deepspeed-zero-memory", message, "stage")
    if plan.host:
        message = f"Roughly {plan.host * chosen.gpus:.1f} GiB of each node's own memory besides."
        yield Diagnostic(Severity.INFO, "deepspeed-zero-host-memory", message, "offload_optimizer")
    if chosen.offload_optimizer and chosen.stage < 1:
        message = "Stage 0 can't offload the optimizer: take stage 1 or more."
        yield Diagnostic(Severity.ERROR, "deepspeed-zero-offload", message, "offload_optimizer")
    if chosen.offload_parameters and chosen.stage < 3:
        message = "Only stage 3 can offload parameters."
        yield Diagnostic(Severity.ERROR, "deepspeed-zero-offload", message, "offload_parameters")


def _batch_notes(chosen: Chosen) -> Iterator[Diagnostic]:
    """Say the global batch size."""
    factors = f"{chosen.micro} × {chosen.accumulation} × {chosen.ranks}"
    message = f"The global batch is {chosen.global_batch} samples: {factors} GPUs. The learning rate belongs to it."
    yield Diagnostic(Severity.INFO, "deepspeed-zero-global-batch", message, "micro_batch")


def build(answers: Answers, context: WizardContext) -> Job:
    """Return the job; also for answers that are not finished, because the preview shows it."""
    chosen = Chosen.of(answers, context)
    hours = answers.get("hours", defaults(answers, context)["hours"])
    script = shlex.quote(str(answers.get("script") or "train.py"))
    given = str(answers.get("arguments") or "").strip()
    words = ["python", "-u", script, *([given] if given else []), *chosen.words]
    return Job(
        command=" ".join(words),
        code=".",
        environment=CURATED,
        compute=str(answers.get("compute") or "") or None,
        distribution=Distribution("pytorch", process_count_per_instance=chosen.gpus),
        resources=Resources(instance_count=chosen.nodes),
        timeout=hours * 3600 if isinstance(hours, int) else None,
    )


WIZARD = JobWizard(
    "deepspeed-zero",
    "DeepSpeed ZeRO",
    "A process per GPU; optimizer, gradients and parameters are split among them.",
    steps,
    build,
    icon="mdi6.layers-triple-outline",
)
