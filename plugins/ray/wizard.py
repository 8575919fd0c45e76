"""The Ray wizard: a head, a worker on every other node, and a script that drives them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from desktop_app.api import (
    Answers,
    Diagnostic,
    Distribution,
    Field,
    FieldKind,
    FormSpec,
    Job,
    JobWizard,
    Value,
    WizardContext,
    WizardStep,
)
from desktop_app.api.kit import JobKind, info, jobs, notes, pages, warning
from desktop_app.api.kit import answers as read

from . import checks
from .cluster import AZURE_PORT, HEAD_ARGUMENTS, WORKER_ARGUMENTS
from .environments import PRESETS, check

DEFAULT_NODES = 2
_MOST_FILES, _LARGEST = 20, 100_000
_NAMES_RAY = re.compile(r"^\s*-\s*[\"']?ray\b(?!-)", re.MULTILINE)
_RAY = JobKind("ray", PRESETS, ("ray",), "ray", "Ray toolchain", "ray")
_FIELDS = {
    f"distribution.{key}": key
    for key in ("port", "dashboard_port", "include_dashboard", HEAD_ARGUMENTS, WORKER_ARGUMENTS)
}


def wizards() -> tuple[JobWizard, ...]:
    """Return the one wizard."""
    return (
        JobWizard(
            name="ray",
            title="Ray cluster",
            summary="Ray runs on every node, and your script drives it from the first one. Right for scripts with "
            "ray.init, Ray Train, Tune or Data.",
            steps=_steps,
            build=build,
            icon="mdi6.graph-outline",
            tags=("ray", "distributed", "actors"),
        ),
    )


def build(answers: Answers, context: WizardContext) -> Job:
    """Return the job; of the cluster it says what was answered and is not the default."""
    said: dict[str, Value] = {}
    port = read.integer(answers, "port", AZURE_PORT)
    if port != AZURE_PORT:
        said["port"] = port
    if answers.get("include_dashboard") is True:
        said["include_dashboard"] = True
    said |= {key: words for key in (HEAD_ARGUMENTS, WORKER_ARGUMENTS) if (words := read.text(answers, key))}
    start = jobs.Start(nodes=_nodes(answers))
    return jobs.build(_with_defaults(answers, context), context, _RAY, Distribution("ray", extra=said), start)


def _with_defaults(answers: Answers, context: WizardContext) -> Answers:
    """Return the answers with an image of one's own, and the project's conda file that holds Ray."""
    conda = _holding_ray(context.folder)
    return {"environment": read.OWN} | ({"conda_file": conda} if conda else {}) | dict(answers)


def _holding_ray(folder: Path) -> str:
    for path in sorted(folder.glob("environment/*.y*ml"))[:_MOST_FILES]:
        try:
            if path.stat().st_size < _LARGEST and _NAMES_RAY.search(path.read_text("utf-8", "replace")):
                return path.relative_to(folder).as_posix()
        except OSError:
            continue
    return ""


def _nodes(answers: Answers) -> int:
    return read.integer(answers, "nodes", DEFAULT_NODES)


def _steps(answers: Answers, context: WizardContext) -> tuple[WizardStep, ...]:
    chosen = _with_defaults(answers, context)
    script = pages.script_form(answers, context, "It drives the cluster, and runs once, beside Ray's head.")
    cluster = _cluster_form(context)
    environment = _environment_form(chosen, context)
    packages = pages.environment_step(environment, _environment_notes(chosen, context, environment))
    own = (
        pages.step("Script", "What drives the cluster", script, notes.script_notes(answers, context, script, _RAY)),
        pages.step(
            "Cluster",
            "How many nodes, and Ray's own settings",
            cluster,
            _cluster_notes(answers, context, cluster),
            shows_topology=True,
        ),
        packages,
    )
    return pages.usual_steps(answers, context, _RAY, own, _sentence(answers))


def _cluster_form(context: WizardContext) -> FormSpec:
    of_head = "Optional, such as --num-cpus=0 to keep work off it."
    of_workers = "Optional, such as --resources with a JSON text."
    return FormSpec(
        (
            pages.nodes_field(
                DEFAULT_NODES, "The first is Ray's head and runs the script; every other one is a worker."
            ),
            pages.compute_field(context),
            pages.vm_size_field(context, "On Azure ML: what a node is. Ray shares out its cores and GPUs itself."),
            Field(
                "include_dashboard",
                "Ray's dashboard",
                FieldKind.BOOLEAN,
                default=False,
                help="Needs ray[default] in the environment. On this machine it is left out.",
            ),
            pages.count_field("port", "Port of the head", AZURE_PORT, "Ray's usual one; rarely changed.", (1, 65535)),
            Field(HEAD_ARGUMENTS, "Arguments of ray start on the head", FieldKind.TEXT, help=of_head),
            Field(WORKER_ARGUMENTS, "Arguments of ray start on workers", FieldKind.TEXT, help=of_workers),
        )
    )


def _cluster_notes(answers: Answers, context: WizardContext, form: FormSpec) -> Iterator[Diagnostic]:
    yield from notes.form_errors(answers, form)
    message = (
        "Ray on Azure ML is experimental: the SDK says it may change, jobs in pipelines don't know it, and what the "
        "script finds in its environment is not documented."
    )
    yield info("ray-experimental", message, "nodes")
    for each in checks.check(build(answers, context)):
        yield replace(each, path=_FIELDS.get(each.path, "nodes"), fix=None)
    nodes = _nodes(answers)
    if nodes > context.host.cpu_count:
        message = f"On this machine {nodes} nodes would share {context.host.cpu_count} cores: good for a try."
        yield info("more-nodes-than-cores", message, "nodes")
    yield from notes.cluster_notes(answers, context, nodes)
    vm = read.vm_size(answers, context)
    if vm is not None and vm.status == "retired":
        yield warning("retired-vm-size", f"{vm.name} is retired; pick a size that is still to be had.", "vm_size")


def _environment_form(answers: Answers, context: WizardContext) -> FormSpec:
    form = pages.environment_form(answers, context, _RAY)
    first, *others = form.fields
    known = answers.get("conda_file")
    own = (replace(each, default=known) if each.name == "conda_file" and known else each for each in others)
    return FormSpec((replace(first, default=read.OWN), *own))


def _environment_notes(answers: Answers, context: WizardContext, form: FormSpec) -> Iterator[Diagnostic]:
    yield from notes.environment_notes(answers, context, form, _RAY)
    job = build(answers, context)
    if isinstance(job.environment, str):
        for each in check(job.environment, job):
            yield replace(each, path="environment")
    elif not read.text(answers, "conda_file"):
        message = "Azure's base images have no Ray: name a conda file with ray among its pip packages."
        yield warning("environment-without-ray", message, "conda_file")


def _sentence(answers: Answers) -> str:
    nodes, script = _nodes(answers), read.script(answers).name or "the script"
    return f"{script} on a Ray cluster of one node" if nodes == 1 else f"{script} on a Ray cluster of {nodes} nodes"
