"""Checks whether an environment fits together, alone or with a job, before anything is built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Diagnostic, Severity, UserError
from desktop_app.core import environment_fit
from desktop_app.core.environment_fit import Setting
from desktop_app.core.environments import Environment
from desktop_app.core.rules import conda, environments
from desktop_app.core.rules.bodies import Body, bodies
from desktop_app.core.rules.facts import Facts, Size
from desktop_app.core.rules.notes import Notes
from desktop_app.core.rules.values import mapping, text
from desktop_app.documents.declared import declared
from desktop_app.documents.kinds import kind_of
from desktop_app.documents.local_paths import is_file, local_path
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.yaml_text import parse
from desktop_app.services.catalogues import facts, gpu_architecture

_RANK = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found; `not_looked_at` are sentences on what could not be."""

    environment: Environment
    findings: tuple[Diagnostic, ...]
    not_looked_at: tuple[str, ...]

    def count(self, severity: Severity) -> int:
        """Return how many findings are that bad."""
        return sum(each.severity is severity for each in self.findings)


def check(environment: Environment, job: Path | None = None) -> Checked:
    """Return what does not fit together, the worst first. Raises UserError for a job that can't be read."""
    body, setting = setting_of(job) if job else (None, Setting())
    return check_within(environment, body, setting)


def check_within(environment: Environment, body: Body | None, setting: Setting) -> Checked:
    """Return what does not fit together, with what the environment is to run in."""
    known, notes = facts(), Notes()
    _by_the_rules(environment, body, known, notes)
    environment_fit.check(environment_fit.parts_of(environment, setting, known, gpu_architecture, notes))
    found: dict[tuple[str, str, str], Diagnostic] = {}
    for each in (note.diagnostic for note in notes.made):
        found.setdefault((each.code, each.path, each.message), each)
    unknown = list(environment.unknown)
    if setting.size is None:
        unknown.append("No VM size is known, so GPUs were not compared with CUDA.")
    return Checked(environment, tuple(sorted(found.values(), key=lambda each: _RANK[each.severity])), tuple(unknown))


def _by_the_rules(environment: Environment, body: Body | None, known: Facts, notes: Notes) -> None:
    """Check what the rules of the files say."""
    curated = environment.curated
    if curated is not None:
        environments.check_reference(("environment",), curated.written, known, notes)
    if environment.origin in {"conda", "requirements"}:
        conda.check((), environment.data, known, notes)
    elif environment.origin != "curated":
        environments.check_own((), environment.data, known, notes, inline=environment.origin == "job")
    if body is not None:
        data = {**body.data, "environment": curated.written if curated else dict(environment.data)}
        own = Body(body.kind, (), data, resources=body.resources, compute=body.compute)
        inner = Notes()
        environments.check(own, known, inner)
        notes.made += [each for each in inner.made if each.diagnostic.code == "image-without-cuda"]


def job_in(target: str) -> Path | None:
    """Return the file that an environment was read from, where it is a job: it says where the environment runs."""
    path = local_path(target)
    if path.suffix.lower() not in {".yml", ".yaml"} or not is_file(path):
        return None
    parsed = parse(TextFile.load(path).text)
    return path if any(bodies(kind_of(path, parsed.data, parsed.text), parsed.data)) else None


def setting_of(job: Path) -> tuple[Body | None, Setting]:
    """Return what a job file says of where its environment runs. Raises UserError."""
    parsed = parse(TextFile.load(job).text)
    kind = kind_of(job, parsed.data, parsed.text)
    found = list(bodies(kind, parsed.data))
    if not found:
        raise UserError(f"{job} is no job that runs anything.", hint="Give a command job, a sweep or a pipeline.")
    return found[0], Setting(_size(found, job), _launch(found))


def _size(found: Sequence[Body], job: Path) -> Size | None:
    """Return the VM size that a job names, itself or by a compute that a file beside it declares."""
    known = facts()
    for body in found:
        size = known.size(text(body.resources.get("instance_type")))
        name = body.compute.removeprefix("azureml:")
        beside = (
            each.size for each in declared(job.absolute().parent) if each.family == "compute" and each.name == name
        )
        size = size or next((each for each in map(known.size, beside) if each), None)
        if size is not None:
            return size
    return None


def _launch(found: Sequence[Body]) -> str:
    types = (text(mapping(each.data.get("distribution")).get("type")).lower() for each in found)
    return next((each for each in types if each), "")
