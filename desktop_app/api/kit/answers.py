"""Reads a wizard's answers: typed, forgiving, with the page's own defaults for what was not answered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath

from desktop_app.api.forms import Answers
from desktop_app.api.kit.kinds import JobKind
from desktop_app.api.kit.v1_words import V1Words, parse_v1
from desktop_app.api.scripts import ScriptArgument
from desktop_app.api.wizards import Cluster, VmSize, WizardContext

NODES, PROCESSES = (1, 1000), (1, 64)
"""The fewest and most nodes of a job, and processes on a node."""
OWN = "own"
"""The answer to `environment` that asks for an image of one's own."""
LAUNCHER_ARGUMENTS = frozenset({"local_rank", "local-rank"})
"""Arguments that a launcher passes; nobody types them."""


def text(answers: Answers, name: str, default: str = "") -> str:
    """Return an answer as text without space around it."""
    value = answers.get(name)
    return default if value is None else str(value).strip()


def integer(answers: Answers, name: str, default: int) -> int:
    """Return an answer as a whole number, or the default for what is none."""
    value = answers.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    digits = str(value).strip().removeprefix("-")
    return int(str(value)) if digits.isascii() and digits.isdigit() else default


def texts(answers: Answers, name: str) -> dict[str, str]:
    """Return an answer of names and texts."""
    value = answers.get(name)
    return {str(key): str(each) for key, each in value.items()} if isinstance(value, Mapping) else {}


def script(answers: Answers) -> PurePosixPath:
    """Return the script relative to the project folder."""
    return PurePosixPath(text(answers, "script").replace("\\", "/"))


def code_folder(answers: Answers) -> PurePosixPath:
    """Return the folder that goes along: the answer, else the script's own folder."""
    chosen = text(answers, "code").replace("\\", "/")
    return PurePosixPath(chosen) if chosen else script(answers).parent


def compute(answers: Answers, context: WizardContext) -> str:
    """Return the name of the compute target: the answer, else the person's own default; empty for none."""
    return text(answers, "compute", text(context.settings, "job_compute")).removeprefix("azureml:")


def cluster(answers: Answers, context: WizardContext) -> Cluster | None:
    """Return the cluster that was named, where it is one of those that are known."""
    name = compute(answers, context).lower()
    return next((each for each in context.clusters if each.name.lower() == name), None)


def vm_size(answers: Answers, context: WizardContext) -> VmSize | None:
    """Return the VM size of the nodes, whatever its letters' case: the cluster's, where one is named that is known."""
    named = cluster(answers, context)
    name = (named.vm_size if named and named.vm_size else text(answers, "vm_size")).lower()
    return next((each for each in context.vm_sizes if each.name.lower() == name), None)


def v1_words(answers: Answers) -> V1Words:
    """Return what the answer to `v1_words` says, nothing where it was not asked."""
    return parse_v1(text(answers, "v1_words"))


def within(count: int | None, limits: tuple[int, int], default: int) -> int:
    """Return a count if it is one and within its limits, else the default."""
    return count if count is not None and limits[0] <= count <= limits[1] else default


def v1_per_node(answers: Answers, kind: JobKind | None = None) -> int | None:
    """Return the processes per node that SDK v1's words mean, None where they mean none that can be asked for.

    Under a launcher, that v1 started one process per node says nothing of the launcher's own.
    """
    words = v1_words(answers)
    if kind is not None and kind.launcher and words.is_one_by_default:
        return None
    return within(words.per_node(integer(answers, "nodes", 1)), PROCESSES, 0) or None


def default_processes(answers: Answers, context: WizardContext, kind: JobKind | None = None) -> tuple[int, str]:
    """Return how many processes a node should get, and why."""
    of_v1 = v1_per_node(answers, kind)
    if of_v1 is not None:
        return of_v1, f"{of_v1} per node, as SDK v1 had it"
    vm = vm_size(answers, context)
    if vm is not None and vm.gpus:
        return vm.gpus, f"{vm.gpus} per node: {vm.name} has {gpus_text(vm.gpus)}"
    if vm is not None:
        return 1, f"1 per node: {vm.name} has no GPU, and one process uses all of its cores"
    if context.host.gpus:
        return len(
            context.host.gpus
        ), f"{len(context.host.gpus)} per node: this machine has {gpus_text(len(context.host.gpus))}"
    if context.host.cpu_count > 1:
        return 2, "2 per node: enough to try a distributed script on a machine without GPUs"
    return 1, "1 per node: this machine has one core and no GPU"


def nodes(answers: Answers) -> int:
    """Return the number of nodes: as answered, else as SDK v1 had it, else one."""
    return integer(answers, "nodes", within(v1_words(answers).nodes, NODES, 1))


def topology(answers: Answers, context: WizardContext, kind: JobKind | None = None) -> tuple[int, int]:
    """Return nodes and processes per node."""
    per_node = default_processes(answers, context, kind)[0]
    return nodes(answers), integer(answers, "processes_per_node", per_node)


def arguments(context: WizardContext) -> tuple[ScriptArgument, ...]:
    """Return the script's arguments that a person answers."""
    found = context.scan.arguments if context.scan else ()
    return tuple(each for each in found if each.name not in LAUNCHER_ARGUMENTS)


def is_data_argument(argument: ScriptArgument) -> bool:
    """Whether an argument looks as if it took the training data's path."""
    words = argument.name.lower().replace("-", "_").split("_")
    takes_path = argument.type == "str" and not argument.choices
    return takes_path and any(each in {"data", "dataset", "datadir", "datapath"} for each in words)


def data_argument(answers: Answers, context: WizardContext) -> ScriptArgument | None:
    """Return the argument that takes the data's path: the answer, else the one that looks like it."""
    chosen = answers.get("data_argument")
    candidates = arguments(context)
    if chosen is None:
        return next((each for each in candidates if is_data_argument(each)), None)
    return next((each for each in candidates if chosen in {each.flag, each.name}), None)


def gpus_text(count: int) -> str:
    """Return `1 GPU`, `4 GPUs`."""
    return "1 GPU" if count == 1 else f"{count} GPUs"
