"""Environments of one's own: an image, a conda file or a folder with a Dockerfile, and how Horovod gets into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from desktop_app.api import Answers, Diagnostic, Field, FieldKind, FormSpec, Job, Value, WizardContext
from desktop_app.api.kit import JobKind, Presets, file_naming, info, jobs, notes, pages, warning
from desktop_app.api.kit import answers as read

_DATA = Path(__file__).parent / "data"
OWN_ONLY = Presets(_DATA / "environments.json")
OF_TENSORFLOW = Presets(_DATA / "tensorflow.json")
BUILD = "build_folder"
HOW = (
    "Horovod has no wheels and is compiled after the framework that it is for, which a conda file alone can't do: "
    "name a folder with a Dockerfile that does both in turn, or an image of yours that has both."
)


def of(context: WizardContext) -> WizardContext:
    """Return the context without what other plugins offer: their images hold neither Horovod nor mpi4py."""
    return replace(context, presets=())


def with_defaults(answers: Answers, context: WizardContext, kind: JobKind) -> dict[str, Value]:
    """Return the answers with the files of the project that bring what the wizard is for, where nothing was said."""
    found: dict[str, Value] = {}
    if kind.module == "mpi4py":
        found["conda_file"] = file_naming(context.folder, "environment/*.y*ml", "mpi4py")
    else:
        found[BUILD] = file_naming(context.folder, "environment/*/Dockerfile", "horovod").removesuffix("/Dockerfile")
    return {name: value for name, value in found.items() if value} | dict(answers)


def form(answers: Answers, context: WizardContext, kind: JobKind) -> FormSpec:
    """Ask for the environment; of one's own, for a folder with a Dockerfile too where Horovod is compiled."""
    asked = pages.environment_form(answers, of(context), kind)
    hidden = {"image", "conda_file"} if read.text(answers, BUILD) else set[str]()
    first, *rest = (each for each in asked.fields if each.name not in hidden)
    if kind.module != "mpi4py":
        first = _with_folder(first)
    fields = [first, *(with_default(each, answers) for each in rest)]
    if _is_own(answers, context, kind) and kind.module != "mpi4py":
        why = "Azure ML builds its image once, before the first run. Empty: an image and a conda file instead."
        fields.append(Field(BUILD, "Dockerfile's folder", FieldKind.FOLDER, default=answers.get(BUILD), help=why))
    return FormSpec(tuple(fields))


def _with_folder(field: Field) -> Field:
    own = "My own: a Dockerfile's folder, or an image and a conda file"
    choices = tuple(replace(each, title=own) if each.value == read.OWN else each for each in field.choices)
    return replace(field, choices=choices)


def with_default(field: Field, answers: Answers) -> Field:
    """Return a field with the conda file that is known as its default."""
    known = field.name == "conda_file" and answers.get("conda_file")
    return replace(field, default=known) if known else field


def _is_own(answers: Answers, context: WizardContext, kind: JobKind) -> bool:
    return read.text(answers, "environment", jobs.default_environment(of(context), kind)) == read.OWN


def said(answers: Answers, context: WizardContext, form: FormSpec, kind: JobKind) -> Iterator[Diagnostic]:
    """Check the environment, and say what it takes for the ranks to find Horovod or mpi4py in it."""
    asked = {each.name for each in form.fields}
    shown = {name: each for name, each in answers.items() if name != "conda_file" or name in asked}
    yield from notes.environment_notes(shown, of(context), form, kind)
    environment = jobs.environment(answers, of(context), kind)
    folder = read.text(answers, BUILD)
    if isinstance(environment, str):
        if "acpt-pytorch" in environment:
            yield warning(
                "no-horovod-inside", f"Azure's PyTorch images are not known to hold Horovod. {HOW}", "environment"
            )
    elif kind.module == "mpi4py":
        if not read.text(answers, "conda_file"):
            message = "The base image has Open MPI, but neither mpi4py nor NumPy: name a conda file that brings them."
            yield info("no-mpi4py-inside", message, "conda_file")
    elif not folder:
        yield warning("no-horovod-inside", HOW, BUILD)
    elif not (context.folder / folder / "Dockerfile").is_file():
        yield warning("dockerfile-missing", f"There is no Dockerfile in {folder}; pick another folder.", BUILD)


def built(job: Job, answers: Answers) -> Job:
    """Return the job with its image built from the folder that was named."""
    folder = read.text(answers, BUILD)
    if not folder or isinstance(job.environment, str):
        return job
    return replace(job, environment={"build": {"path": folder}})
