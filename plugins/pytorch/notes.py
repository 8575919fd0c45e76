"""What a wizard's page says about the answers so far: errors that keep it, warnings, and facts worth knowing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from desktop_app.api import Answers, Diagnostic, FieldKind, FormSpec, Severity, WizardContext

from . import answers as read
from . import job_builder
from .environments import retired

_TYPES: dict[FieldKind, tuple[type, ...]] = {
    FieldKind.INTEGER: (int,),
    FieldKind.NUMBER: (int, float),
    FieldKind.BOOLEAN: (bool,),
}
_MANY_RANKS, _MANY_PER_CORE = 16, 4
"""Ranks from which on this machine is no place for a try, in all and for each core."""
_LAUNCHER_ONLY = frozenset({"launcher-variable"})
_REPLACED = frozenset({"local-rank-argument"})


def script_notes(answers: Answers, context: WizardContext, form: FormSpec, *, launcher: bool) -> Iterator[Diagnostic]:
    """Check the script and its arguments, and pass on what its scan found."""
    script = read.text(answers, "script")
    if not script:
        yield _error("script-missing", "Pick the training script.", "script")
        return
    yield from _file_notes(answers, context)
    yield from _form_errors(answers, form)
    yield from _scan_notes(context, launcher=launcher)


def _file_notes(answers: Answers, context: WizardContext) -> Iterator[Diagnostic]:
    script, code = read.script(answers), read.code_folder(answers)
    if not (context.folder / script).is_file():
        yield _error("script-missing", f"There is no file {script} in {context.folder.name}; pick another.", "script")
    if not (context.folder / code).is_dir():
        yield _error("code-missing", f"There is no folder {code} in {context.folder.name}; pick another.", "code")
    elif not PurePosixPath(script).is_relative_to(code):
        yield _error(
            "script-outside", f"{script} lies outside {code} and would not go along; pick a folder above it.", "code"
        )


def _scan_notes(context: WizardContext, *, launcher: bool) -> Iterator[Diagnostic]:
    if context.scan is None:
        return
    could_be_read = all(each.severity is not Severity.ERROR for each in context.scan.findings)
    if could_be_read and "pytorch" not in context.scan.frameworks:
        yield _info(
            "no-pytorch", "The script does not import torch itself; that is fine if a module of yours does.", "script"
        )
    for finding in context.scan.findings:
        if finding.code in _REPLACED:
            yield _local_rank_note(finding, launcher=launcher)
        elif not (launcher and finding.code in _LAUNCHER_ONLY):
            yield _at_script(finding)


def _local_rank_note(finding: Diagnostic, *, launcher: bool) -> Diagnostic:
    if launcher:
        return _at_script(finding)
    message = (
        "The script learns its local rank from an argument, so the command passes $LOCAL_RANK, which Azure ML sets."
    )
    return Diagnostic(Severity.INFO, finding.code, message, "script", finding.line)


def _at_script(finding: Diagnostic) -> Diagnostic:
    line = f"Line {finding.line}: " if finding.line else ""
    return Diagnostic(finding.severity, finding.code, line + finding.message, "script", finding.line)


def ranks_notes(answers: Answers, context: WizardContext, form: FormSpec) -> Iterator[Diagnostic]:
    """Say what v1 called the count, and where it does not fit the VM size or this machine."""
    yield from _form_errors(answers, form)
    nodes, per_node = read.topology(answers, context)
    if nodes < 1 or per_node < 1:
        return
    yield _info(
        "v1-process-count",
        f"SDK v1 called this process_count = {nodes * per_node} (the total). Azure ML v2 counts per node: {per_node}.",
        "processes_per_node",
    )
    yield from _vm_notes(answers, context)
    yield from _host_notes(nodes * per_node, context)


def _vm_notes(answers: Answers, context: WizardContext) -> Iterator[Diagnostic]:
    nodes, per_node = read.topology(answers, context)
    vm = read.vm_size(answers, context)
    if vm is None:
        if read.text(answers, "vm_size") and context.vm_sizes:
            yield _info(
                "unknown-vm-size",
                "This VM size is not in the list of GPU sizes; set the processes yourself.",
                "vm_size",
            )
        return
    if vm.status == "retired":
        yield _warning("retired-vm-size", f"{vm.name} is retired; pick a size that is still to be had.", "vm_size")
    if vm.gpus and per_node > vm.gpus:
        yield _warning(
            "more-processes-than-gpus",
            f"{vm.name} has {read.gpus_text(vm.gpus)} for {per_node} processes; NCCL refuses to share one: "
            f"take {vm.gpus}.",
            "processes_per_node",
        )
    elif per_node < vm.gpus:
        yield _warning(
            "idle-gpus",
            f"{vm.gpus - per_node} of {vm.gpus} GPUs of {vm.name} would stay idle; take {vm.gpus} processes.",
            "processes_per_node",
        )
    if nodes > 1 and vm.gpus and not vm.infiniband:
        yield _info(
            "no-infiniband", f"{vm.name} has no InfiniBand: gradients travel between nodes over Ethernet.", "vm_size"
        )


def _host_notes(ranks: int, context: WizardContext) -> Iterator[Diagnostic]:
    host = context.host
    codes = {each.code for each in context.scan.findings} if context.scan else set()
    if ranks > max(_MANY_RANKS, _MANY_PER_CORE * host.cpu_count):
        yield _warning(
            "far-more-ranks-than-cores",
            f"{ranks:,} ranks are too many to try on this machine: each is a process of its own, and there are "
            f"{host.cpu_count} cores. On Azure ML's nodes it is only a matter of quota.",
            "processes_per_node",
        )
    elif ranks > host.cpu_count:
        yield _info(
            "more-ranks-than-cores",
            f"On this machine {ranks} ranks would share {host.cpu_count} cores: good for a try, slow for training.",
            "processes_per_node",
        )
    if "backend-nccl" in codes and len(host.gpus) < ranks:
        has = f"has {len(host.gpus)}" if host.gpus else "has none"
        yield _warning(
            "backend-nccl-here",
            f"The script asks for NCCL, which needs a GPU for each rank; this machine {has}. "
            "It runs here once it takes gloo where there is no GPU.",
            "processes_per_node",
        )


def environment_notes(answers: Answers, context: WizardContext, form: FormSpec) -> Iterator[Diagnostic]:
    """Check an own image and conda file, and say where a curated one is retired."""
    yield from _form_errors(answers, form)
    environment = job_builder.environment(answers, context)
    if isinstance(environment, str):
        known = retired(environment)
        if known is not None:
            yield _warning(
                "retired-environment", f"{known.name} is {known.status}; take {known.successor}.", "environment"
            )
        return
    conda = read.text(answers, "conda_file")
    if conda and not (context.folder / conda).is_file():
        yield _error(
            "conda-file-missing", f"There is no file {conda} in {context.folder.name}; pick another.", "conda_file"
        )


def data_notes(answers: Answers, context: WizardContext, form: FormSpec) -> Iterator[Diagnostic]:
    """Check that data the script requires is there, and that the script gets to see it."""
    yield from _form_errors(answers, form)
    path = read.text(answers, "data_path")
    taker = read.data_argument(answers, context)
    for argument in read.arguments(context):
        asked = argument.required and read.is_data_argument(argument)
        if asked and not answers.get(f"arg.{argument.name}") and not (path and taker == argument):
            yield _error("data-missing", f"The script requires {argument.flag}: name its data here.", "data_path")
    if path and taker is None:
        yield _warning("data-not-passed", _not_passed(context), "data_argument")
    is_local = path and ":" not in path
    if is_local and not (context.folder / path).exists():
        yield _error("data-missing", f"There is no {path} in {context.folder.name}; correct the path.", "data_path")


def _not_passed(context: WizardContext) -> str:
    if any(each.type == "str" and not each.choices for each in read.arguments(context)):
        return "No argument takes the data's path, so the script would not find it; pick one."
    return "The script takes no path as an argument, so it would not find the data; give it one, such as --data."


def review_notes(answers: Answers, context: WizardContext, form: FormSpec) -> Iterator[Diagnostic]:
    """Check the names and the time limit."""
    yield from _form_errors(answers, form)
    if len(read.text(answers, "experiment")) > 255:
        yield _error(
            "experiment-too-long", "An experiment's name has at most 255 characters; shorten it.", "experiment"
        )


def _form_errors(answers: Answers, form: FormSpec) -> Iterator[Diagnostic]:
    for field in form.fields:
        value = answers.get(field.name)
        if value is None or value == "":
            if field.required and (value == "" or field.default is None):
                yield _error("required", f"{field.title} has no default: give a value.", field.name)
            continue
        wanted = _TYPES.get(field.kind)
        if wanted and (
            not isinstance(value, wanted) or (isinstance(value, bool) and field.kind is not FieldKind.BOOLEAN)
        ):
            yield _error("wrong-type", f"{field.title} takes {_words(field.kind)}, not {value!r}.", field.name)
        elif isinstance(value, int | float) and _is_outside(value, field.minimum, field.maximum):
            yield _error(
                "out-of-range",
                f"{field.title} takes {field.minimum:g} to {field.maximum or float('inf'):g}.",
                field.name,
            )
        elif field.choices and not field.editable and value not in {each.value for each in field.choices}:
            allowed = ", ".join(each.value or "nothing" for each in field.choices)
            yield _error("not-a-choice", f"{field.title} takes one of: {allowed}.", field.name)


def _is_outside(value: float, minimum: float | None, maximum: float | None) -> bool:
    return (minimum is not None and value < minimum) or (maximum is not None and value > maximum)


def _words(kind: FieldKind) -> str:
    return {"integer": "a whole number", "number": "a number", "boolean": "yes or no"}[kind]


def _error(code: str, message: str, path: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, code, message, path)


def _warning(code: str, message: str, path: str) -> Diagnostic:
    return Diagnostic(Severity.WARNING, code, message, path)


def _info(code: str, message: str, path: str) -> Diagnostic:
    return Diagnostic(Severity.INFO, code, message, path)
