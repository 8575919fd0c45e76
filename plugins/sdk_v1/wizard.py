"""The wizard "I have v1 code": takes SDK v1's words, found in code or typed, and ends in a v2 job."""

from __future__ import annotations

from desktop_app.api import Answers, JobWizard, WizardContext, WizardStep
from desktop_app.api.kit import notes as said
from desktop_app.api.kit import pages as kit

from . import notes, pages
from .counts import counts_of
from .job import build
from .words import V1, read_v1


def wizards() -> tuple[JobWizard, ...]:
    """Return the one wizard."""
    return (
        JobWizard(
            name="v1",
            title="I have v1 code",
            summary="An SDK v1 script or notebook, or its words (estimators, script_params, MpiConfiguration, …), "
            "as a v2 job. Nothing of it is run.",
            steps=_steps,
            build=build,
            icon="mdi6.history",
            tags=("v1", "ScriptRunConfig", "PyTorchConfiguration", "TensorflowConfiguration", "process_count_per_node"),
        ),
    )


def _steps(answers: Answers, context: WizardContext) -> tuple[WizardStep, ...]:
    v1 = read_v1(answers, context)
    code, script, processes = pages.code_form(v1), pages.script_form(v1), pages.processes_form(v1, context)
    environment, data, review = pages.environment_form(v1, context), pages.data_form(v1), pages.review_form(v1, context)
    return (
        kit.step("Your v1 code", "What submits the job; read, never run", code, notes.code_notes(v1)),
        kit.step("Script", "What runs, with which arguments", script, notes.script_notes(v1, context, script)),
        kit.step(
            "Processes", "v1's counts and what they are in v2", processes,
            notes.processes_notes(v1, context, processes), shows_topology=True,
        ),
        kit.step(
            "Environment", "The packages it runs with", environment, notes.environment_notes(v1, context, environment)
        ),
        kit.step("Data", "What v1 mounted or downloaded", data, notes.data_notes(v1, data)),
        kit.step("Review", _sentence(v1), review, said.review_notes(answers, context, review)),
    )  # fmt: skip


def _sentence(v1: V1) -> str:
    counts = counts_of(v1)
    return f"{v1.text('script') or 'the script'} on {counts.nodes} × {counts.per_node} processes"
