"""The two PyTorch wizards: Azure ML starts every rank, or torchrun starts the ranks of each node."""

from __future__ import annotations

from functools import partial

from desktop_app.api import Answers, Job, JobWizard, WizardContext, WizardStep

from . import answers as read
from . import job_builder, notes, pages


def wizards() -> tuple[JobWizard, ...]:
    """Return both wizards, most used first."""
    return (
        JobWizard(
            name="ddp",
            title="PyTorch, a process per GPU",
            summary="Azure ML starts every rank. Right for most DistributedDataParallel scripts.",
            steps=partial(_steps, launcher=False),
            build=partial(_build, launcher=False),
            icon="mdi6.fire",
            tags=("pytorch", "distributed"),
        ),
        JobWizard(
            name="torchrun",
            title="PyTorch, a launcher per node (torchrun)",
            summary="Azure ML starts torchrun once on each node, and torchrun starts its ranks. Right for elastic jobs "
            "and for scripts that read torchrun's own variables.",
            steps=partial(_steps, launcher=True),
            build=partial(_build, launcher=True),
            icon="mdi6.rocket-launch-outline",
            tags=("pytorch", "distributed", "torchrun"),
        ),
    )


def _build(answers: Answers, context: WizardContext, *, launcher: bool) -> Job:
    return job_builder.build(answers, context, launcher=launcher)


def _steps(answers: Answers, context: WizardContext, *, launcher: bool) -> tuple[WizardStep, ...]:
    script = pages.script_form(answers, context)
    ranks = pages.ranks_form(answers, context)
    environment = pages.environment_form(answers, context)
    data = pages.data_form(answers, context)
    review = pages.review_form(context)
    return (
        WizardStep(
            "script",
            "Script",
            script,
            tuple(notes.script_notes(answers, context, script, launcher=launcher)),
            summary="What every rank runs, and with which arguments",
        ),
        WizardStep(
            "ranks",
            "Ranks",
            ranks,
            tuple(notes.ranks_notes(answers, context, ranks)),
            shows_topology=True,
            summary="How many ranks, and where",
        ),
        WizardStep(
            "environment",
            "Environment",
            environment,
            tuple(notes.environment_notes(answers, context, environment)),
            summary="The packages it runs with",
        ),
        WizardStep(
            "data",
            "Data",
            data,
            tuple(notes.data_notes(answers, context, data)),
            summary="What it learns from, and on which compute",
        ),
        WizardStep(
            "review",
            "Review",
            review,
            tuple(notes.review_notes(answers, context, review)),
            summary=_sentence(answers, context),
        ),
    )


def _sentence(answers: Answers, context: WizardContext) -> str:
    nodes, per_node = read.topology(answers, context)
    if nodes == 1:
        return f"{per_node} ranks of {read.script(answers).name or 'the script'} on one node"
    return f"{nodes} × {per_node} = {nodes * per_node} ranks of {read.script(answers).name or 'the script'}"
