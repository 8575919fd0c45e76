"""The two TensorFlow wizards: workers that mirror the weights, or workers and parameter servers that keep them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from desktop_app.api import (
    Answers,
    Diagnostic,
    Distribution,
    FormSpec,
    Job,
    JobWizard,
    WizardContext,
    WizardStep,
)
from desktop_app.api.kit import JobKind, info, jobs, notes, pages, v1_notes, warning
from desktop_app.api.kit import answers as read

from .environments import PRESETS
from .strategies import ALONE, CODES, MIRRORED, OF_ONE_MACHINE, SERVED
from .tasks import Cluster

MOST = 1000
_MIRRORED = JobKind("tensorflow", PRESETS, ("tensorflow",), "tensorflow", "TensorFlow toolchain", "tensorflow")
_SERVED = JobKind("tensorflow", PRESETS, ("tensorflow",), "tensorflow", "TensorFlow toolchain", "tensorflow-ps")


def wizards() -> tuple[JobWizard, ...]:
    """Return both wizards, most used first."""
    return (
        JobWizard(
            name="tensorflow",
            title="TensorFlow, a worker per node (MultiWorkerMirrored)",
            summary="Every worker has all weights and uses all GPUs of its node; gradients are summed over all. "
            "Right for most scripts with MultiWorkerMirroredStrategy.",
            steps=partial(_steps, served=False),
            build=partial(build, served=False),
            icon="mdi6.graph-outline",
            tags=("tensorflow", "keras", "distributed", "TensorflowConfiguration", "ScriptRunConfig", "worker_count"),
        ),
        JobWizard(
            name="tensorflow-ps",
            title="TensorFlow, parameter servers",
            summary="Servers keep the weights, workers compute each at its own pace. Right for scripts with "
            "ParameterServerStrategy: large embeddings, nodes of unequal speed.",
            steps=partial(_steps, served=True),
            build=partial(build, served=True),
            icon="mdi6.server-network-outline",
            tags=(
                "tensorflow",
                "keras",
                "distributed",
                "parameter server",
                "TensorflowConfiguration",
                "ScriptRunConfig",
                "worker_count",
                "parameter_server_count",
            ),
        ),
    )


def build(answers: Answers, context: WizardContext, *, served: bool) -> Job:
    """Return the job: workers and parameter servers together are its nodes."""
    cluster = _cluster(answers, served=served)
    servers = cluster.servers if served else None
    distribution = Distribution("tensorflow", worker_count=cluster.workers, parameter_server_count=servers)
    kind = _SERVED if served else _MIRRORED
    return jobs.build(answers, context, kind, distribution, jobs.Start(nodes=cluster.size))


def _steps(answers: Answers, context: WizardContext, *, served: bool) -> tuple[WizardStep, ...]:
    kind = _SERVED if served else _MIRRORED
    script = pages.script_form(answers, context, "The training script; every task runs it.")
    workers = _workers_form(answers, context, served=served)
    alone = _alone(context) if _cluster(answers, served=served).size > 1 else ()
    told = partial(_told, served=served, is_alone=bool(alone))
    of_script = [*notes.script_notes(answers, context, script, kind, told), *map(notes.at_script, alone)]
    of_script += _script_notes(context, served=served)
    of_workers = _workers_notes(answers, context, workers, kind, served=served)
    own = (
        pages.step("Script", "What every task runs, and with which arguments", script, of_script),
        pages.step("Workers", "How many tasks, each on a node of its own", workers, of_workers, shows_topology=True),
    )
    return pages.usual_steps(answers, context, kind, own, _sentence(answers, served=served))


def _defaults(answers: Answers, *, served: bool) -> tuple[tuple[int, str], tuple[int, str]]:
    """Return how many workers and parameter servers an expert would take, each with the reason."""
    words = read.v1_words(answers)
    workers, why = (3, "3: the first coordinates, two compute") if served else (2, "2: the fewest that share the work")
    servers, why_servers = 1, "1: enough while all weights fit into one node's memory"
    if read.within(words.worker_count, (1, MOST), 0):
        workers, why = words.worker_count or workers, f"{words.worker_count}, as SDK v1 had it"
    if read.within(words.parameter_servers, (1, MOST), 0):
        servers, why_servers = words.parameter_servers or servers, f"{words.parameter_servers}, as SDK v1 had it"
    return (workers, why), (servers, why_servers)


def _cluster(answers: Answers, *, served: bool) -> Cluster:
    (workers, _), (servers, _) = _defaults(answers, served=served)
    return Cluster(
        read.integer(answers, "parameter_servers", servers) if served else 0, read.integer(answers, "workers", workers)
    )


def _workers_form(answers: Answers, context: WizardContext, *, served: bool) -> FormSpec:
    (workers, why), (servers, why_servers) = _defaults(answers, served=served)
    limits = (1, MOST)
    both = f"Workers {why}. Servers {why_servers}"  # the window shows the reason of the last count beside others
    fields = [pages.count_field("workers", "Workers", workers, f"{why}. Each is a node and uses all its GPUs.", limits)]
    if served:
        fields.append(
            pages.count_field(
                "parameter_servers", "Parameter servers", servers, f"{both}. Each task is a node.", limits
            )
        )
    size = pages.vm_size_field(context, "On Azure ML: what a node is. A worker uses all of its GPUs.")
    said = pages.v1_words_field(_SERVED if served else _MIRRORED)
    return FormSpec((*fields, pages.compute_field(context), size, said))


def _workers_notes(
    answers: Answers, context: WizardContext, form: FormSpec, kind: JobKind, *, served: bool
) -> Iterator[Diagnostic]:
    yield from notes.form_errors(answers, form)
    yield from v1_notes(answers, form, kind)
    cluster = _cluster(answers, served=served)
    if cluster.workers < 1 or cluster.servers < 0:
        return
    vm = read.vm_size(answers, context)
    gpus = vm.gpus if vm is not None else 0
    of_nodes = {**answers, "nodes": cluster.size}
    yield from notes.vm_notes(of_nodes, context, gpus, "workers", "workers")
    yield from notes.host_notes(cluster.size, context, "workers")
    if served:
        yield from _served_notes(cluster, gpus)
        return
    if read.v1_words(answers).parameter_servers:
        message = "SDK v1's words have parameter servers too: if the script needs them, go on in the wizard for those."
        yield warning("v1-parameter-servers", message, "v1_words")
    if cluster.workers == 1:
        message = "One worker shares with nobody: it mirrors the weights over the GPUs of its one node."
        yield info("one-worker", message, "workers")


def _served_notes(cluster: Cluster, gpus: int) -> Iterator[Diagnostic]:
    if cluster.workers == 1:
        message = (
            "TensorFlow 2 makes the first worker the coordinator, and then none is left to compute: take 2 or more."
        )
        yield warning("no-worker-left", message, "workers")
    if gpus:
        idle = cluster.servers + 1
        message = f"{idle} of {cluster.size} nodes serve and coordinate: their GPUs stay idle."
        yield info("idle-gpus-of-servers", message, "parameter_servers")


def _script_notes(context: WizardContext, *, served: bool) -> Iterator[Diagnostic]:
    """Say what the script as a whole lacks for this way; only of a script that imports TensorFlow itself."""
    if context.scan is None or "tensorflow" not in context.scan.frameworks:
        return
    with_strategy = any(each.code.startswith("strategy-") for each in context.scan.findings)
    if not with_strategy and "horovod" not in context.scan.imports:
        name = SERVED if served else MIRRORED
        message = f"The script makes no {name}: unless a module of yours does, every worker would train for itself."
        yield info("no-strategy", message, "script")


def _alone(context: WizardContext) -> tuple[Diagnostic, ...]:
    """Return what is said of a script whose strategy knows one machine."""
    found = context.scan.on_several_nodes if context.scan is not None else ()
    return tuple(each for each in found if each.code == ALONE)


def _told(finding: Diagnostic, *, served: bool, is_alone: bool) -> Diagnostic | None:
    """Return what a finding means to the wizard, which knows its strategy, and whether each of many nodes is alone."""
    if is_alone and finding.code in {CODES[each] for each in OF_ONE_MACHINE}:
        return None
    if finding.code == "strategy-parameter-server" and not served:
        message = f"The script makes a {SERVED}: go on in the wizard for parameter servers."
        return warning("other-strategy", message, "script", finding.line)
    if finding.code == "strategy-multi-worker" and served:
        message = f"The script makes a {MIRRORED}, which has no parameter servers: go on in the wizard for workers."
        return warning("other-strategy", message, "script", finding.line)
    return finding


def _sentence(answers: Answers, *, served: bool) -> str:
    cluster = _cluster(answers, served=served)
    name = read.script(answers).name or "the script"
    workers = f"{cluster.workers} worker{'' if cluster.workers == 1 else 's'}"
    servers = f"{cluster.servers} parameter server{'' if cluster.servers == 1 else 's'}"
    return f"{workers} and {servers} of {name}" if served else f"{workers} of {name}, each on a node of its own"
