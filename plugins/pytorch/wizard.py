"""The two PyTorch wizards: Azure ML starts every rank, or torchrun starts the ranks of each node."""

from __future__ import annotations

from functools import partial

from desktop_app.api import Answers, Diagnostic, JobWizard, WizardContext, WizardStep
from desktop_app.api.kit import JobKind, info, notes, pages
from desktop_app.api.kit import answers as read

from . import job_builder


def wizards() -> tuple[JobWizard, ...]:
    """Return both wizards, most used first."""
    return (
        JobWizard(
            name="ddp",
            title="PyTorch, a process per GPU",
            summary="Azure ML starts every rank. Right for most DistributedDataParallel scripts.",
            steps=partial(_steps, launcher=False),
            build=partial(job_builder.build, launcher=False),
            icon="mdi6.fire",
            tags=("pytorch", "distributed", "lightning", "PyTorchConfiguration", "ScriptRunConfig", "process_count"),
        ),
        JobWizard(
            name="torchrun",
            title="PyTorch, a launcher per node (torchrun)",
            summary="Azure ML starts torchrun once on each node, and torchrun starts its ranks. Right for elastic jobs "
            "and for scripts that read torchrun's own variables.",
            steps=partial(_steps, launcher=True),
            build=partial(job_builder.build, launcher=True),
            icon="mdi6.rocket-launch-outline",
            tags=("pytorch", "distributed", "torchrun", "lightning", "elastic", "PyTorchConfiguration"),
        ),
    )


def _steps(answers: Answers, context: WizardContext, *, launcher: bool) -> tuple[WizardStep, ...]:
    kind = job_builder.TORCHRUN if launcher else job_builder.DDP
    script = pages.script_form(answers, context)
    ranks = pages.ranks_form(answers, context, kind)
    of_script = notes.script_notes(answers, context, script, kind, partial(_told, launcher=launcher))
    of_ranks = notes.ranks_notes(answers, context, ranks, kind)
    own = (
        pages.step("Script", "What every rank runs, and with which arguments", script, of_script),
        pages.step("Ranks", "How many ranks, and where", ranks, of_ranks, shows_topology=True),
    )
    return pages.usual_steps(answers, context, kind, own, _sentence(answers, context, kind))


def _told(finding: Diagnostic, *, launcher: bool) -> Diagnostic:
    """Return what a finding means to the wizard, which passes the local rank where no launcher does."""
    if finding.code != "local-rank-argument" or launcher:
        return finding
    message = (
        "The script learns its local rank from an argument, so the command passes $LOCAL_RANK, which Azure ML sets."
    )
    return info(finding.code, message, "script", finding.line)


def _sentence(answers: Answers, context: WizardContext, kind: JobKind) -> str:
    nodes, per_node = read.topology(answers, context, kind)
    if nodes == 1:
        return f"{per_node} ranks of {read.script(answers).name or 'the script'} on one node"
    return f"{nodes} × {per_node} = {nodes * per_node} ranks of {read.script(answers).name or 'the script'}"
