"""The wizard: pages as data, and a function from the answers to a job."""

import dataclasses
import shlex

from desktop_app.api import (
    Diagnostic,
    Distribution,
    Field,
    FieldKind,
    FormSpec,
    Job,
    JobWizard,
    Resources,
    Severity,
    WizardStep,
)

from .environments import TRAINING
from .settings import COMPUTE, HOURS

SCRIPT = Field("script", "Script", FieldKind.FILE, required=True, patterns=("*.py",), help="What every process runs.")
NODES = Field("nodes", "Nodes", FieldKind.INTEGER, default=1, minimum=1, maximum=64)
PROCESSES = Field("processes", "Processes per node", FieldKind.INTEGER, default=1, minimum=1, maximum=16)


def steps(answers, context):
    """Return every page for the answers so far; called on each keystroke."""
    usual = [dataclasses.replace(each, default=context.settings[each.name]) for each in (HOURS, COMPUTE)]
    size = FormSpec((NODES, PROCESSES, *usual))
    return (
        WizardStep("script", "Script", FormSpec((SCRIPT,))),
        WizardStep("size", "Size", size, notes=notes(answers, context), shows_topology=True),
    )


def notes(answers, context):
    """Return what there is to say about the answers."""
    ranks, cores = answers.get("nodes", 1) * answers.get("processes", 1), context.host.cpu_count
    if ranks <= cores:
        return ()
    message = f"{ranks} processes are more than this machine has cores ({cores}): a try here will be slow."
    return (Diagnostic(Severity.INFO, "my-plugin-cores", message, path="processes"),)


def build(answers, context):
    """Return the job; also for answers that are not finished, because the preview shows it."""
    given = {**context.settings, **answers}
    return Job(
        command=f"python -u {shlex.quote(given.get('script', 'train.py'))}",
        code=".",
        environment=TRAINING,
        compute=given["compute"] or None,
        distribution=Distribution("pytorch", given.get("processes", 1)),
        resources=Resources(instance_count=given.get("nodes", 1)),
        timeout=given["hours"] * 3600,
    )


WIZARD = JobWizard("my-plugin", "My plugin: a training job", "The team's environment and time limit.", steps, build)
