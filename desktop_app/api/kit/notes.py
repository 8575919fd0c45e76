"""What a wizard's page says about the answers so far: errors that keep it, warnings, and facts worth knowing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from desktop_app.api.diagnostics import Diagnostic, Severity
from desktop_app.api.forms import Answers, FieldKind, FormSpec
from desktop_app.api.kit import answers as read
from desktop_app.api.kit import jobs
from desktop_app.api.kit.gpu_use import NEEDS_GPU
from desktop_app.api.kit.kinds import JobKind
from desktop_app.api.kit.other_wizards import other_wizard
from desktop_app.api.kit.said import error, info, warning
from desktop_app.api.kit.v1_said import count_note, v1_notes
from desktop_app.api.kit.variables import variable_findings
from desktop_app.api.wizards import WizardContext

_TYPES: dict[FieldKind, tuple[type, ...]] = {
    FieldKind.INTEGER: (int,),
    FieldKind.NUMBER: (int, float),
    FieldKind.BOOLEAN: (bool,),
}
_MANY_RANKS, _MANY_PER_CORE = 16, 4
"""Ranks from which on this machine is no place for a try, in all and for each core."""


def script_notes(
    answers: Answers,
    context: WizardContext,
    form: FormSpec,
    kind: JobKind,
    told: Callable[[Diagnostic], Diagnostic | None] = lambda finding: finding,
) -> Iterator[Diagnostic]:
    """Check the script and its arguments, and pass on what its scan found, as `told` says it or leaves it out."""
    script = read.text(answers, "script")
    if not script:
        yield error("script-missing", "Pick the training script.", "script")
        return
    yield from _file_notes(answers, context)
    yield from form_errors(answers, form)
    yield from _scan_notes(context, kind, told)


def _file_notes(answers: Answers, context: WizardContext) -> Iterator[Diagnostic]:
    script, code = read.script(answers), read.code_folder(answers)
    if not (context.folder / script).is_file():
        yield error("script-missing", f"There is no file {script} in {context.folder.name}; pick another.", "script")
    if not (context.folder / code).is_dir():
        yield error("code-missing", f"There is no folder {code} in {context.folder.name}; pick another.", "code")
    elif not PurePosixPath(script).is_relative_to(code):
        yield error(
            "script-outside", f"{script} lies outside {code} and would not go along; pick a folder above it.", "code"
        )


def _scan_notes(
    context: WizardContext, kind: JobKind, told: Callable[[Diagnostic], Diagnostic | None]
) -> Iterator[Diagnostic]:
    if context.scan is None:
        return
    elsewhere = other_wizard(context.scan, kind)
    if elsewhere is not None:
        yield elsewhere
    could_be_read = elsewhere is None and all(each.severity is not Severity.ERROR for each in context.scan.findings)
    if could_be_read and kind.frameworks and not set(kind.frameworks) & set(context.scan.frameworks):
        message = f"The script does not import {kind.module} itself; that is fine if a module of yours does."
        yield info(f"no-{kind.frameworks[0]}", message, "script")
    wanted = variable_findings(kind.distribution, context.scan.variables, kind.launcher)
    for finding in (*context.scan.findings, *wanted):
        said = None if finding.code == NEEDS_GPU else told(finding)
        if said is finding:
            yield at_script(finding)
        elif said is not None:
            yield said


def at_script(finding: Diagnostic) -> Diagnostic:
    """Return a finding about a script as a note at the script's field, with its line in the text."""
    line = f"Line {finding.line}: " if finding.line else ""
    return replace(finding, message=line + finding.message, path="script", fix=None)


def ranks_notes(
    answers: Answers, context: WizardContext, form: FormSpec, kind: JobKind | None = None
) -> Iterator[Diagnostic]:
    """Say what v1 called the counts, and where they do not fit the VM size or this machine."""
    yield from form_errors(answers, form)
    yield from v1_notes(answers, form, kind)
    nodes, per_node = read.topology(answers, context, kind)
    if nodes < 1 or per_node < 1:
        return
    if not read.v1_words(answers):
        yield count_note(nodes, per_node, kind)
    yield from vm_notes(answers, context, per_node)
    yield from host_notes(nodes * per_node, context, per_node=per_node)


def cluster_notes(answers: Answers, context: WizardContext, nodes: int) -> Iterator[Diagnostic]:
    """Say what a cluster that is known can't give, and that its own VM size counts."""
    cluster = read.cluster(answers, context)
    if cluster is None:
        return
    if 0 < cluster.maximum < nodes:
        message = f"{cluster.name} has {cluster.maximum} nodes at most: a job of {nodes} would wait for ever."
        yield warning("more-nodes-than-cluster", message, "nodes")
    asked = read.text(answers, "vm_size")
    if asked and cluster.vm_size and asked.lower() != cluster.vm_size.lower():
        message = f"Leave it empty: the nodes of {cluster.name} are {cluster.vm_size}."
        yield info("size-of-the-cluster", message, "vm_size")


def vm_notes(
    answers: Answers, context: WizardContext, per_node: int, path: str = "processes_per_node", noun: str = "processes"
) -> Iterator[Diagnostic]:
    """Say where a node's processes and the GPUs of the VM size don't fit; `path` is the field that counts them."""
    nodes = read.nodes(answers)
    vm = read.vm_size(answers, context)
    yield from cluster_notes(answers, context, nodes)
    if vm is None:
        if read.text(answers, "vm_size") and context.vm_sizes:
            yield info(
                "unknown-vm-size",
                f"This VM size is not in the list of GPU sizes; set the {noun} yourself.",
                "vm_size",
            )
        return
    if vm.status == "retired":
        yield warning("retired-vm-size", f"{vm.name} is retired; pick a size that is still to be had.", "vm_size")
    if vm.gpus and per_node > vm.gpus:
        yield warning(
            "more-processes-than-gpus",
            f"{vm.name} has {read.gpus_text(vm.gpus)} for {per_node} {noun}; NCCL refuses to share one: "
            f"start {vm.gpus} per node.",
            path,
        )
    elif per_node < vm.gpus:
        yield warning(
            "idle-gpus",
            f"{vm.gpus - per_node} of {vm.gpus} GPUs of {vm.name} would stay idle; start {vm.gpus} per node.",
            path,
        )
    if nodes > 1 and vm.gpus and not vm.infiniband:
        yield info(
            "no-infiniband", f"{vm.name} has no InfiniBand: gradients travel between nodes over Ethernet.", "vm_size"
        )


def host_notes(
    ranks: int, context: WizardContext, path: str = "processes_per_node", per_node: int | None = None
) -> Iterator[Diagnostic]:
    """Say where this machine is small for a try: few cores for the ranks, too few GPUs for a script that wants them.

    `path` is the field that counts them; `per_node` how many are on one node, all unless said.
    """
    cores = context.host.cpu_count
    if ranks > max(_MANY_RANKS, _MANY_PER_CORE * cores):
        message = (
            f"{ranks:,} ranks are too many to try on this machine: each is a process of its own, and there are "
            f"{cores} cores. On Azure ML's nodes it is only a matter of quota."
        )
        yield warning("far-more-ranks-than-cores", message, path)
    elif ranks > cores:
        message = f"On this machine {ranks} ranks would share {cores} cores: good for a try, slow for training."
        yield info("more-ranks-than-cores", message, path)
    yield from _gpu_notes(ranks, ranks if per_node is None else per_node, context, path)


def _gpu_notes(ranks: int, per_node: int, context: WizardContext, path: str) -> Iterator[Diagnostic]:
    found = {each.code: each for each in reversed(context.scan.findings)} if context.scan else {}
    has = f"has {len(context.host.gpus)}" if context.host.gpus else "has none"
    if "backend-nccl" in found and len(context.host.gpus) < ranks:
        message = (
            f"The script asks for NCCL, which needs a GPU for each rank; this machine {has}. "
            "It runs here once it takes gloo where there is no GPU."
        )
        yield warning("backend-nccl-here", message, path)
    if NEEDS_GPU in found and len(context.host.gpus) < per_node:
        takes = found[NEEDS_GPU]
        line = f"Line {takes.line}: " if takes.line else ""
        yield warning(NEEDS_GPU, f"{line}{takes.message} This machine {has}, of {per_node} that it would take.", path)


def environment_notes(answers: Answers, context: WizardContext, form: FormSpec, kind: JobKind) -> Iterator[Diagnostic]:
    """Check an own image and conda file, and say where a curated one is retired."""
    yield from form_errors(answers, form)
    environment = jobs.environment(answers, context, kind)
    if isinstance(environment, str):
        known = kind.presets.retired(environment)
        if known is not None:
            yield warning(
                "retired-environment", f"{known.name} is {known.status}; take {known.successor}.", "environment"
            )
        return
    conda = read.text(answers, "conda_file")
    if conda and not (context.folder / conda).is_file():
        yield error(
            "conda-file-missing", f"There is no file {conda} in {context.folder.name}; pick another.", "conda_file"
        )


def data_notes(answers: Answers, context: WizardContext, form: FormSpec) -> Iterator[Diagnostic]:
    """Check that data the script requires is there, and that the script gets to see it."""
    yield from form_errors(answers, form)
    path = read.text(answers, "data_path")
    taker = read.data_argument(answers, context)
    for argument in read.arguments(context):
        asked = argument.required and read.is_data_argument(argument)
        if asked and not answers.get(f"arg.{argument.name}") and not (path and taker == argument):
            yield error("data-missing", f"The script requires {argument.flag}: name its data here.", "data_path")
    if path and taker is None:
        yield warning("data-not-passed", _not_passed(context), "data_argument")
    is_local = path and ":" not in path
    if is_local and not (context.folder / path).exists():
        yield error("data-missing", f"There is no {path} in {context.folder.name}; correct the path.", "data_path")


def _not_passed(context: WizardContext) -> str:
    if any(each.type == "str" and not each.choices for each in read.arguments(context)):
        return "No argument takes the data's path, so the script would not find it; pick one."
    return "The script takes no path as an argument, so it would not find the data; give it one, such as --data."


def review_notes(answers: Answers, context: WizardContext, form: FormSpec) -> Iterator[Diagnostic]:
    """Check the names and the time limit."""
    yield from form_errors(answers, form)
    if len(read.text(answers, "experiment")) > 255:
        yield error("experiment-too-long", "An experiment's name has at most 255 characters; shorten it.", "experiment")


def form_errors(answers: Answers, form: FormSpec) -> Iterator[Diagnostic]:
    """Check each answer against its question: kind, limits, choices, and what is required."""
    for field in form.fields:
        value = answers.get(field.name)
        if value is None or value == "":
            if field.required and (value == "" or field.default is None):
                yield error("required", f"{field.title} has no default: give a value.", field.name)
            continue
        wanted = _TYPES.get(field.kind)
        if wanted and (
            not isinstance(value, wanted) or (isinstance(value, bool) and field.kind is not FieldKind.BOOLEAN)
        ):
            yield error("wrong-type", f"{field.title} takes {_words(field.kind)}, not {value!r}.", field.name)
        elif isinstance(value, int | float) and _is_outside(value, field.minimum, field.maximum):
            yield error(
                "out-of-range",
                f"{field.title} takes {field.minimum:g} to {field.maximum or float('inf'):g}.",
                field.name,
            )
        elif field.choices and not field.editable and value not in {each.value for each in field.choices}:
            allowed = ", ".join(each.value or "nothing" for each in field.choices)
            yield error("not-a-choice", f"{field.title} takes one of: {allowed}.", field.name)


def _is_outside(value: float, minimum: float | None, maximum: float | None) -> bool:
    return (minimum is not None and value < minimum) or (maximum is not None and value > maximum)


def _words(kind: FieldKind) -> str:
    return {"integer": "a whole number", "number": "a number", "boolean": "yes or no"}[kind]
