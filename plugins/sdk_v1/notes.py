"""What each page says: what became of v1's words, what could not be carried over, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from desktop_app.api import Diagnostic, FormSpec, WizardContext
from desktop_app.api.kit import Script, error, info, notes, script_variables, variable_findings, warning

from . import environments, horovod
from .code_file import read_code
from .counts import counts_of, kind_of
from .job import UNNAMED, inputs_of
from .launchers import launched_by_torch, per_node_of_launcher
from .leftovers import leftovers
from .slips import slips
from .words import COUNTS, V1

_PYTORCH_VERSIONS = {"1.0", "1.1", "1.2", "1.3", "1.4", "1.5", "1.6"}
"""Of v1's PyTorch estimator: azureml-train-core 1.18.0."""
_FIELDS = {
    "entry_script": "script", "source_directory": "code", "environment": "v1_environment",
    "arguments": "more_arguments", "conda_dependencies_file": "conda_file", "custom_docker_image": "base_image",
}  # fmt: skip


def code_notes(v1: V1) -> Iterator[Diagnostic]:
    """Say what was found in the file, and what of it a job does not hold."""
    if not v1.text("v1_file"):
        yield info("no-code", "Without a file, type v1's values on the next pages.", "v1_file")
        return
    if not v1.code.is_read:
        yield warning("not-read", v1.code.fault, "v1_file")
        return
    yield from (slipped := list(_slips(v1)))
    if v1.chosen is None:
        message = "No estimator and no ScriptRunConfig was found in it; pick the file that submits, or type the values."
        if not slipped:
            yield warning("nothing-found", message, "v1_file")
    else:
        count = (
            f", the first of {len(v1.submissions)}"
            if len(v1.submissions) > 1 and v1.text("submission") in {"", "1"}
            else ""
        )
        yield info("found", f"Found {v1.chosen.title}{count}.", "v1_file", v1.chosen.line)
    for each in leftovers(v1.code.tree) if v1.code.tree is not None else ():
        yield info(each.code, f"Line {each.line}: {each.text}", "v1_file", each.line)


def _slips(v1: V1) -> Iterator[Diagnostic]:
    """Say which names are not quite v1's: what they stand for would be missed without a word."""
    file = PurePosixPath(v1.text("v1_file").replace("\\", "/")).name
    for each in slips(v1.code.tree) if v1.code.tree is not None else ():
        yield warning("slip", f"{file}, line {each.line}: {each.text}", "v1_file", each.line)


def unread_notes(v1: V1, form: FormSpec, *, others: bool = False) -> Iterator[Diagnostic]:
    """Say which words the code makes only when it runs, at the page that asks for them."""
    if v1.chosen is None:
        return
    names = {each.name for each in form.fields}
    for word, text in v1.chosen.unread.items():
        field = _FIELDS.get(word, word)
        if word.startswith(("-", "arguments", "command[")):
            field = "script_params"
        if field in COUNTS and v1.filled.get(field) != v1.defaults.get(field):
            continue  # a person has said it
        if field in names or (others and field not in v1.defaults):
            message = f"{word} is {text} in the code, which only running it would tell: fill it in."
            yield warning("not-known", message, field if field in names else "")


def _wrong_counts(v1: V1) -> Iterator[Diagnostic]:
    """Say which counts of the code are none, and that v1's default takes their place."""
    for name, text in (v1.chosen.wrong if v1.chosen is not None else {}).items():
        if v1.filled.get(name) == v1.defaults.get(name):
            yield warning("no-count", f"{name} is {text} in the code, which is no count: fill it in.", name)


def _taken(v1: V1) -> Iterator[Diagnostic]:
    """Say what is made of counts that could not be read, so that nobody takes it for what the code says."""
    if v1.chosen is None or launched_by_torch(v1):
        return
    unknown = [
        name
        for name in COUNTS
        if (name in v1.chosen.unread or name in v1.chosen.wrong) and v1.filled.get(name) == v1.defaults.get(name)
    ]
    if unknown and kind_of(v1) in {"mpi", "pytorch"}:
        counts = counts_of(v1)
        made = f"{counts.per_node} on each of {counts.nodes} node{'s' if counts.nodes > 1 else ''}"
        message = f"Until somebody says {' and '.join(unknown)}, the number of processes is a guess: {made}."
        yield warning("count-taken", message, unknown[0])


def script_notes(v1: V1, context: WizardContext, form: FormSpec) -> Iterator[Diagnostic]:
    """Check script and folder, and warn of what the script still takes from v1."""
    yield from notes.form_errors(v1.filled, form)
    yield from unread_notes(v1, form)
    script, code = v1.text("script"), v1.text("code") or "."
    if not script and not v1.text("launch_command"):
        return
    if not (context.folder / code).is_dir():
        yield warning("code-missing", f"There is no folder {code} in {context.folder.name}; pick another.", "code")
    path = PurePosixPath(script.replace("\\", "/"))
    if script and not (context.folder / path).is_file():
        yield warning("script-missing", f"There is no file {script} in {context.folder.name}; pick another.", "script")
    elif script and not path.is_relative_to(PurePosixPath(code)):
        yield error(
            "script-outside", f"{script} lies outside {code} and would not go along; pick a folder above it.", "code"
        )
    elif script:
        yield from _of_script(v1, context, path)
    if launched_by_torch(v1):
        message = "torch.distributed.launch became torchrun, which Azure ML starts once on each node."
        yield info("torchrun", message, "launch_command")


def _of_script(v1: V1, context: WizardContext, path: PurePosixPath) -> Iterator[Diagnostic]:
    code = read_code(context.folder / path)
    if code.tree is None:
        yield warning("not-read", code.fault, "script")
        return
    script = Script(code.tree, str(path))
    if any(each == "azureml" or each.startswith("azureml.core") for each in (*script.modules, *script.imported)):
        line = script.import_line("azureml")
        message = (
            "the script uses azureml.core, which SDK v2 does not have: log with mlflow (mlflow.log_metric) instead."
        )
        yield warning("azureml-core", f"Line {line}: {message}", "script", line)
    launcher = "torchrun" if launched_by_torch(v1) else ""
    kind = "pytorch" if launcher else kind_of(v1)
    for each in variable_findings(kind, script_variables(script), launcher):
        yield notes.at_script(each)


def processes_notes(v1: V1, context: WizardContext, form: FormSpec) -> Iterator[Diagnostic]:
    """Say what v1's counts are in v2."""
    yield from notes.form_errors(v1.filled, form)
    yield from unread_notes(v1, form)
    yield from (*_wrong_counts(v1), *_taken(v1))
    counts, kind = counts_of(v1), kind_of(v1)
    total, per_node = v1.count("process_count"), v1.count("process_count_per_node")
    if launched_by_torch(v1):
        count = per_node_of_launcher(v1)
        message = (
            f"torchrun starts {count} processes on each of {counts.nodes} nodes; process_count_per_instance stays 1."
        )
        yield info("per-node", message, "process_count_per_node")
    elif kind in {"mpi", "pytorch"}:
        ranks = counts.nodes * counts.per_node
        message = f"In v2: process_count_per_instance {counts.per_node} on {counts.nodes} nodes, {ranks} ranks in all."
        yield info("per-node", message, "process_count_per_node" if per_node else "process_count")
    if counts.uneven:
        made = f"{counts.per_node} on each makes {counts.nodes * counts.per_node}"
        message = f"{total} processes can't be shared out evenly over {counts.nodes} nodes: {made}."
        yield warning("uneven", message, "process_count")
    if total and per_node and total != per_node * counts.nodes:
        message = f"{per_node} processes on each of {counts.nodes} nodes make {per_node * counts.nodes}, not {total}."
        yield warning("contradicted", message, "process_count")
    yield from _kind_notes(v1, context, kind)


def _speaks_mpi_itself(v1: V1, context: WizardContext) -> bool:
    """Whether the script is known to use mpi4py and not Horovod."""
    script = v1.text("script").replace("\\", "/")
    tree = read_code(context.folder / script).tree if script and (context.folder / script).is_file() else None
    if tree is None:
        return False
    read = Script(tree, script)
    packages = {each.partition(".")[0] for each in (*read.modules, *read.imported)}
    return "mpi4py" in packages and "horovod" not in packages


def _kind_notes(v1: V1, context: WizardContext, kind: str) -> Iterator[Diagnostic]:
    counts = counts_of(v1)
    if not kind and counts.nodes * counts.per_node > 1 and not launched_by_torch(v1):
        message = "Without distributed_training one process runs, on one of the nodes: choose how they talk."
        yield warning("no-distribution", message, "distributed_training")
    if kind == "pytorch":
        message = "The backend is chosen in the script now: init_process_group('nccl') on GPUs, 'gloo' without."
        yield info("backend", message, "distributed_training")
    if kind == "mpi" and not _speaks_mpi_itself(v1, context):
        has = "the curated TensorFlow one does, the curated PyTorch one does not."
        message = f"v1 put Horovod into the image by itself; now the environment must hold it: {has}"
        yield info("horovod", message, "distributed_training")
    if kind == "tensorflow" and (v1.count("parameter_server_count") or 0) > counts.nodes:
        yield warning(
            "servers", "A node takes at most one parameter server: ask for more nodes.", "parameter_server_count"
        )
    if v1.text("compute_target") and v1.text("vm_size"):
        yield info("vm-size", "The cluster has its own VM size; this one is left out.", "vm_size")


def environment_notes(v1: V1, context: WizardContext, form: FormSpec) -> Iterator[Diagnostic]:
    """Say what takes the place of v1's environment."""
    yield from notes.form_errors(v1.filled, form)
    yield from unread_notes(v1, form)
    if horovod.is_wanted(v1, context):
        yield from horovod.notes(v1, context)
    if horovod.environment_of(v1, context) is None:
        yield from _version_notes(v1)
        yield from _package_notes(v1, context)


def _package_notes(v1: V1, context: WizardContext) -> Iterator[Diagnostic]:
    named, own = v1.text("v1_environment"), environments.wants_own(v1)
    if named and (own or environments.successor(v1, context) != named):
        instead = "the packages below are" if own else f"{environments.successor(v1, context)} is"
        yield warning("retired-environment", f"{named} is gone; {instead} taken instead.", "v1_environment")
    if own and environments.is_retired_image(v1.text("base_image")):
        state = "is gone" if environments.is_gone(v1.text("base_image")) else "is no longer kept up"
        message = f"{v1.text('base_image')} {state}; {environments.image_of(v1)} is taken instead."
        yield warning("retired-image", message, "base_image")
    if own and (v1.text("pip_packages") or v1.text("conda_packages")):
        told = (("pip_packages", environments.package_notes(v1)), ("conda_packages", environments.conda_notes(v1)))
        yield from (warning("package", text, field) for field, texts in told for text in dict.fromkeys(texts))
        if any("=" in each.text for each in (*environments.pip_packages(v1), *environments.conda_packages(v1))):
            python = environments.python_of(v1)
            message = f"Versions are kept as v1 had them: leave out those that Python {python} can't install any more."
            yield info("versions-kept", message, "pip_packages")
        if v1.text("conda_file"):
            message = "Packages and a conda file are both named: the packages are taken; add those of the file to them."
            yield warning("conda-file-left", message, "conda_file")
    elif v1.text("conda_file") and not (context.folder / v1.text("conda_file")).is_file():
        message = f"There is no file {v1.text('conda_file')} in {context.folder.name}; pick another."
        yield warning("conda-file-missing", message, "conda_file")
    for name in ("pip_requirements_file", "framework_word"):
        if v1.chosen is not None and name == "pip_requirements_file" and v1.chosen.words.get(name):
            message = f"{v1.chosen.words[name]} is not read: put its packages into pip_packages."
            yield warning("requirements", message, "pip_packages")


def _version_notes(v1: V1) -> Iterator[Diagnostic]:
    framework, version = v1.text("framework"), v1.text("framework_version")
    if not version:
        return
    release = ".".join(version.split(".")[:2])
    old = framework == "pytorch" and v1.chosen is not None and v1.chosen.kind == "PyTorch"
    if old and release not in _PYTORCH_VERSIONS and re.match(r"1\.1[0-5]$", release):
        message = (
            f"framework_version {version} was one of TensorFlow's: v1's PyTorch estimator went up to 1.6. "
            "An article of Microsoft's has this slip."
        )
        yield warning("version-of-another", message, "framework_version")
    elif not environments.wants_own(v1):
        message = f"framework_version {version} is not carried over: the curated environment has its own version."
        yield info("version-left", message, "framework_version")
    elif framework in {"pytorch", "tensorflow"} and (why := environments.framework_package(v1).why):
        yield warning("version-ended", why, "framework_version")


def data_notes(v1: V1, form: FormSpec) -> Iterator[Diagnostic]:
    """Say what to fill in for data that v1 made when it ran, and which placeholders have no input."""
    yield from notes.form_errors(v1.filled, form)
    inputs = inputs_of(v1)
    for name, each in inputs.items():
        if each.path == UNNAMED:
            message = f"Say where {name} lies: azureml:NAME@latest for a data asset, a URL, or a folder here."
            yield warning("data-unnamed", message, "data")
    texts = (*v1.pairs("script_params").values(), v1.text("more_arguments"), v1.text("launch_command"))
    used = {each for text in texts for each in re.findall(r"\$\{\{\s*inputs\.(\w+)\s*\}\}", text)}
    for name in sorted(used - inputs.keys()):
        yield error("no-input", f"The arguments name the input {name}, which is not among the inputs: add it.", "data")
    for name in sorted(inputs.keys() - used):
        yield info("unused-input", f"No argument takes the path of {name}: the script won't find it by itself.", "data")
