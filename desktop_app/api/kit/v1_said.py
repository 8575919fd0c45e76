"""What a wizard's page says about SDK v1's words: their translation, and where they clash with the other answers."""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.api.diagnostics import Diagnostic
from desktop_app.api.forms import Answers, Field, FormSpec
from desktop_app.api.kit import answers as read
from desktop_app.api.kit.kinds import JobKind
from desktop_app.api.kit.said import info, warning
from desktop_app.api.kit.v1_words import V1Words

WIZARDS = {"pytorch": "a PyTorch wizard", "mpi": "the Horovod and MPI wizards", "tensorflow": "a TensorFlow wizard"}
EXAMPLES = {
    "pytorch": "PyTorchConfiguration(process_count=8, node_count=2)",
    "mpi": "MpiConfiguration(process_count_per_node=4, node_count=2)",
    "tensorflow": "TensorflowConfiguration(worker_count=2, parameter_server_count=1)",
}


def example(kind: JobKind | None) -> str:
    """Return what SDK v1 said of such a job."""
    return EXAMPLES.get(kind.distribution if kind is not None else "", EXAMPLES["pytorch"])


def count_note(nodes: int, per_node: int, kind: JobKind | None = None) -> Diagnostic:
    """Say what SDK v1 called the count of processes: a total for PyTorch, as many on each node for MPI."""
    message = f"SDK v1's process_count_per_node means the same: {per_node} on each node."
    if kind is None or kind.distribution != "mpi":
        total = f"SDK v1 called this process_count = {nodes * per_node} (the total)."
        message = f"{total} Azure ML v2 counts per node: {per_node}."
    return info("v1-process-count", message, "processes_per_node")


def v1_notes(answers: Answers, form: FormSpec, kind: JobKind | None = None) -> Iterator[Diagnostic]:
    """Translate SDK v1's words, as far as the form asks for what they say.

    The form's fields for counts are called `nodes`, `processes_per_node`, `workers` and `parameter_servers`.
    """
    fields = {each.name: each for each in form.fields}
    words = read.v1_words(answers)
    if "v1_words" not in fields or not read.text(answers, "v1_words"):
        return
    if not words:
        message = f"Nothing here is known from SDK v1; paste its words, such as {example(kind)}."
        yield info("v1-not-understood", message, "v1_words")
        return
    if kind is not None and words.distribution and words.distribution != kind.distribution:
        message = f"{words.config or 'worker_count'} belongs to {WIZARDS[words.distribution]}: go on there."
        yield warning("v1-other-wizard", message, "v1_words")
    for name in words.unread:
        yield warning("v1-no-number", f"The value of {name} is no number here: give it as one.", "v1_words")
    yield from _translation(words, answers, fields, kind)
    yield from _clashes(words, answers, fields, kind)
    if "workers" in fields:
        yield from _of_workers(words, answers, fields)
    if words.backend:
        message = (
            f"communication_backend={words.backend} is not said any more: the script's process group picks its backend."
        )
        yield info("v1-backend", message, "v1_words")


def _translation(
    words: V1Words, answers: Answers, fields: dict[str, Field], kind: JobKind | None
) -> Iterator[Diagnostic]:
    nodes = words.nodes or read.nodes(answers)
    if "processes_per_node" in fields and (words.process_count is not None or words.process_count_per_node is not None):
        yield _of_processes(words, nodes)
    elif "processes_per_node" in fields and words.is_one_by_default and read.v1_per_node(answers, kind):
        message = f"{words.config} started 1 process per node where nothing else is said: {_places(nodes, 1)}."
        yield info("v1-translated", message, "v1_words")
    elif "workers" in fields and words.worker_count is not None:
        yield info("v1-translated", _workers_text(words), "v1_words")
    elif words.node_count is not None and "workers" not in fields:
        yield info("v1-translated", f"SDK v1's node_count={words.node_count} means the same here.", "v1_words")


def _of_workers(words: V1Words, answers: Answers, fields: dict[str, Field]) -> Iterator[Diagnostic]:
    """Warn of counts that a TensorFlow job does not have, or that its tasks contradict."""
    for name in ("process_count", "process_count_per_node"):
        count = getattr(words, name)
        if count is not None and words.distribution in {"", "tensorflow"}:
            message = f"A TensorFlow job has no {name}: give worker_count and parameter_server_count instead."
            yield warning("v1-no-process-count", message, "v1_words")
    workers, servers = (
        read.integer(answers, each, int(str(fields[each].default))) if each in fields else 0
        for each in ("workers", "parameter_servers")
    )
    if words.node_count is not None and words.node_count != workers + servers:
        both = _plural(workers, "worker") + (f" and {_plural(servers, 'parameter server')}" if servers else "")
        verb = "makes" if workers + servers == 1 else "make"
        message = f"SDK v1's node_count={words.node_count}, but {both} {verb} {workers + servers}: each is a node here."
        yield warning("v1-nodes-differ", message, "v1_words")


def _of_processes(words: V1Words, nodes: int) -> Diagnostic:
    per_node = words.per_node(nodes)
    if words.process_count_per_node is not None:
        message = f"SDK v1's process_count_per_node={per_node} means the same here: {_places(nodes, per_node or 0)}."
        return info("v1-translated", message, "v1_words")
    total = words.process_count
    if per_node is None:
        message = f"SDK v1's process_count={total} was the total and can't be parted evenly over {nodes} nodes."
        return warning(
            "v1-uneven", f"{message} Azure ML v2 starts as many on each: set the processes yourself.", "v1_words"
        )
    return info(
        "v1-translated", f"SDK v1's process_count={total} was the total: {_places(nodes, per_node)}.", "v1_words"
    )


def _places(nodes: int, per_node: int) -> str:
    return f"{_plural(nodes, 'node')} × {_plural(per_node, 'process')}"


def _workers_text(words: V1Words) -> str:
    servers = words.parameter_servers
    if servers is None:
        return f"SDK v1's worker_count={words.worker_count} means the same here."
    if words.parameter_server_count is None:
        return (
            f"SDK v1's worker_count={words.worker_count} means the same here; TensorflowConfiguration added "
            "1 parameter server where parameter_server_count is left out."
        )
    both = f"{_plural(words.worker_count or 0, 'worker')}, {_plural(servers, 'parameter server')}"
    return f"SDK v1's words mean the same here: {both}."


def _clashes(words: V1Words, answers: Answers, fields: dict[str, Field], kind: JobKind | None) -> Iterator[Diagnostic]:
    said = {
        "nodes": words.nodes,
        "processes_per_node": words.per_node(read.nodes(answers)),
        "workers": words.worker_count,
        "parameter_servers": words.parameter_server_count,
    }
    if kind is not None and kind.launcher and words.is_one_by_default:
        del said["processes_per_node"]
    for name, count in said.items():
        field = fields.get(name)
        if field is None or count is None:
            continue
        if read.within(count, (int(field.minimum or 0), int(field.maximum or 1000)), -1) != count:
            message = (
                f"SDK v1's words mean {count} for {field.title}, which takes {field.minimum:g} to {field.maximum:g}."
            )
            yield warning("v1-out-of-range", message, "v1_words")
        elif name in answers and read.integer(answers, name, count) != count:
            message = f"{field.title} is {answers[name]}, SDK v1's words mean {count}: correct one of them."
            yield warning("v1-contradicted", message, name)


def _plural(count: int, noun: str) -> str:
    several = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"1 {noun}" if count == 1 else f"{count} {several}"
