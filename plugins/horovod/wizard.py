"""The three wizards of ranks that mpirun starts: Horovod with PyTorch, with TensorFlow, and any program with MPI."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from desktop_app.api import (
    Answers,
    Diagnostic,
    Distribution,
    Field,
    FieldKind,
    FormSpec,
    Job,
    JobWizard,
    WizardContext,
    WizardStep,
)
from desktop_app.api.kit import JobKind, jobs, notes, pages, warning
from desktop_app.api.kit import answers as read

from . import own_environments
from .checks import most_nodes, too_many_nodes

PYTORCH = JobKind(
    "mpi", own_environments.OWN_ONLY, ("horovod",), "horovod.torch", "toolchain for Horovod with PyTorch", "horovod"
)
TENSORFLOW = JobKind(
    "mpi", own_environments.OF_TENSORFLOW, ("horovod",), "horovod.tensorflow", "toolchain for Horovod with TensorFlow",
    "horovod",
)  # fmt: skip
MPI = JobKind("mpi", own_environments.OWN_ONLY, ("mpi4py",), "mpi4py", "MPI toolchain", "mpi")
PROGRAM = "program"
_OF_V1 = ("MpiConfiguration", "ScriptRunConfig", "process_count_per_node")
_OTHER = {PYTORCH.module: ("tensorflow", "TensorFlow"), TENSORFLOW.module: ("pytorch", "PyTorch")}


def wizards() -> tuple[JobWizard, ...]:
    """Return the wizards, most used first."""
    return (
        JobWizard(
            name="horovod-pytorch",
            title="Horovod with PyTorch",
            summary="mpirun starts a process per GPU, and Horovod averages their gradients. Right for scripts with "
            "hvd.init().",
            steps=partial(_steps, kind=PYTORCH),
            build=partial(build, kind=PYTORCH),
            icon="mdi6.ring",
            tags=("horovod", "pytorch", "mpi", "distributed", *_OF_V1),
        ),
        JobWizard(
            name="horovod-tensorflow",
            title="Horovod with TensorFlow",
            summary="mpirun starts a process per GPU, and Horovod averages their gradients. Azure ML has an image "
            "with both.",
            steps=partial(_steps, kind=TENSORFLOW),
            build=partial(build, kind=TENSORFLOW),
            icon="mdi6.ring",
            tags=("horovod", "tensorflow", "keras", "mpi", "distributed", *_OF_V1),
        ),
        JobWizard(
            name="mpi",
            title="MPI, any program",
            summary="mpirun starts every rank of a program that speaks MPI itself: mpi4py, or one of your own.",
            steps=partial(_steps, kind=MPI),
            build=partial(build, kind=MPI),
            icon="mdi6.lan",
            tags=("mpi", "mpi4py", "distributed", *_OF_V1),
        ),
    )


def build(answers: Answers, context: WizardContext, *, kind: JobKind) -> Job:
    """Return the job. Its command is what one rank runs; that mpirun starts it is the distribution's to say.

    With -m mpi4py an exception in one rank ends all of them: without, the others would wait for it.
    """
    answers = own_environments.with_defaults(answers, context, kind)
    _, per_node = read.topology(answers, context)
    imports = context.scan.imports if context.scan else ()
    start = jobs.Start(("python", "-m", "mpi4py") if kind is MPI and "mpi4py" in imports else ("python",))
    job = jobs.build(answers, own_environments.of(context), kind, Distribution("mpi", per_node), start)
    program = read.text(answers, PROGRAM) if kind is MPI else ""
    job = replace(job, command=program, inputs={}) if program and not read.text(answers, "script") else job
    return own_environments.built(job, answers)


def _steps(answers: Answers, context: WizardContext, *, kind: JobKind) -> tuple[WizardStep, ...]:
    answers = own_environments.with_defaults(answers, context, kind)
    script = _script_form(answers, context, kind)
    ranks = pages.ranks_form(answers, context, kind)
    environment = own_environments.form(answers, context, kind)
    packages = pages.environment_step(environment, own_environments.said(answers, context, environment, kind))
    own = (
        pages.step(
            "Script", "What every rank runs, and with which arguments", script,
            _script_notes(answers, context, script, kind),
        ),
        pages.step(
            "Ranks", "How many ranks mpirun starts, and where", ranks, _ranks_notes(answers, context, ranks, kind),
            shows_topology=True,
        ),
        packages,
    )  # fmt: skip
    return pages.usual_steps(answers, context, kind, own, _sentence(answers, context))


def _script_form(answers: Answers, context: WizardContext, kind: JobKind) -> FormSpec:
    asked = pages.script_form(answers, context)
    if kind is not MPI:
        return asked
    script, *rest = asked.fields
    why = "Instead of a Python script: the command that every rank runs, such as ./solver --steps 100. No mpirun in it."
    program = Field(PROGRAM, "Program", FieldKind.TEXT, help=why)
    return FormSpec((replace(script, required=not read.text(answers, PROGRAM)), program, *rest))


def _script_notes(answers: Answers, context: WizardContext, form: FormSpec, kind: JobKind) -> Iterator[Diagnostic]:
    if kind is MPI and read.text(answers, PROGRAM) and not read.text(answers, "script"):
        yield from notes.form_errors(answers, form)
        return
    yield from notes.script_notes(answers, context, form, kind)
    frameworks = context.scan.frameworks if context.scan else ()
    other, title = _OTHER.get(kind.module, ("", ""))
    mine = next((name for name, _ in _OTHER.values() if name != other), "")
    if other and f"horovod-{other}" in frameworks and f"horovod-{mine}" not in frameworks:
        message = f"The script uses Horovod with {title}: go on in the wizard Horovod with {title}."
        yield warning("other-horovod", message, "script")


def _ranks_notes(answers: Answers, context: WizardContext, form: FormSpec, kind: JobKind) -> Iterator[Diagnostic]:
    yield from notes.ranks_notes(answers, context, form, kind)
    nodes = read.nodes(answers)
    if nodes > most_nodes():
        yield too_many_nodes(nodes, "nodes")


def _sentence(answers: Answers, context: WizardContext) -> str:
    nodes, per_node = read.topology(answers, context)
    name = read.script(answers).name or read.text(answers, PROGRAM).partition(" ")[0] or "the script"
    return (
        f"{per_node} ranks of {name} on one node"
        if nodes == 1
        else f"{nodes} × {per_node} = {nodes * per_node} ranks of {name}"
    )
