"""Understands what people type or paste from Azure ML SDK v1 about a job's processes. Nothing of it is ever run.

Source of names and defaults: azureml-core 1.61.0 (runconfig.py, script_run_config.py), read 2026-11; the estimators of
azureml-train-core 1.18.0. SDK v1's support ended on 2026-06-30.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_LONGEST = 20_000
"""Letters of a paste that are read; a run configuration has some 3,000."""
_DIGITS = re.compile(r"[0-9]{1,6}")
_NONE = "none"
"""A communicator by which a run has one process."""
_BACKEND = "communication_backend"
_CONSTRUCTORS = {
    "mpiconfiguration": "mpi", "mpi": "mpi", "horovodconfiguration": "mpi", "intelmpi": "mpi", "openmpi": "mpi",
    "pytorchconfiguration": "pytorch", "nccl": "pytorch", "gloo": "pytorch",
    "tensorflowconfiguration": "tensorflow", "parameterserver": "tensorflow",
}  # fmt: skip
_COMMUNICATORS = {
    "intelmpi": "mpi", "openmpi": "mpi", "mpi": "mpi", "horovod": "mpi", "nccl": "pytorch", "gloo": "pytorch",
    "parameterserver": "tensorflow", "ps": "tensorflow", "none": _NONE,
}  # fmt: skip
_COMMUNICATOR_KEYS = frozenset({"communicator", "communication_backend", "distributed_backend", "distributed_training"})
_COUNTS = {
    "mpi": frozenset({"node_count", "process_count_per_node"}),
    "pytorch": frozenset({"node_count", "process_count", "nproc_per_node"}),
    "tensorflow": frozenset({"node_count", "worker_count", "parameter_server_count"}),
    _NONE: frozenset({"node_count"}),
}
"""What counts in each configuration; a `.runconfig` holds the others' defaults too."""
_ANY_COUNT = frozenset[str]().union(*_COUNTS.values())
_CLASS = re.compile(
    r"\b((?:Mpi|Horovod|Py[Tt]orch|Tensor[Ff]low)Configuration)\b|\b(Mpi|Nccl|Gloo|ParameterServer)\s*\("
)
_KEYS = (
    r"node_?count|process_?count(?:_?per_?node)?|worker_?count|parameter_?server_?count|nproc[_-]per[_-]node"
    r"|communicator|communication_?backend|distributed_?backend|distributed_?training"
)
_ENTRY = re.compile(
    rf"(?<!\w)(?:--)?[\"']?(?P<key>{_KEYS})[\"']?\s*(?:[:=]\s*|\s(?=[0-9]))"
    r"(?P<value>[^\s,()}\]\\]*(?:\s*(?:[*/+%]+|-(?=\s))\s*[^\s,()}\]\\]+)*)",
    re.IGNORECASE,
)
_SECTION = re.compile(r"(?P<indent>\s*)[\"']?(?P<name>mpi|tensorflow|pytorch)[\"']?\s*:\s*\{?\s*")
_COMMENT = re.compile(r"(?:^|\s)#.*")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class V1Words:
    """What SDK v1 said about a job's processes; None where it was not said.

    `config` is the class or communicator as v1 called it (`PyTorchConfiguration`, `IntelMpi`), `distribution` what
    Azure ML v2 calls that, empty where the words tell neither. `process_count` is the **total** of all nodes.
    `unread` names the counts whose value is no number that stands there, such as `node_count` in `node_count=nodes`.
    """

    config: str = ""
    distribution: str = ""
    node_count: int | None = None
    process_count: int | None = None
    process_count_per_node: int | None = None
    worker_count: int | None = None
    parameter_server_count: int | None = None
    backend: str = ""
    unread: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything was understood."""
        return self != V1Words()

    @property
    def nodes(self) -> int | None:
        """The nodes: as said, else a TensorFlow job's workers, since v1 gave each worker a node."""
        return self.node_count if self.node_count is not None else self.worker_count

    def per_node(self, nodes: int | None = None) -> int | None:
        """Return the processes on each node, of `nodes` where v1 names no number; None where it can't be told.

        It can't where nothing was said of processes, or where their total can't be parted evenly.
        """
        if self.process_count_per_node is not None:
            return self.process_count_per_node
        nodes = self.nodes or nodes or 1
        if self.process_count is not None:
            return self.process_count // nodes if self.process_count % nodes == 0 else None
        return 1 if self.is_one_by_default else None

    @property
    def is_one_by_default(self) -> bool:
        """Whether v1 would start one process per node because its configuration leaves the count out."""
        said = self.process_count is not None or self.process_count_per_node is not None
        return not said and self.config.lower() in {"mpiconfiguration", "pytorchconfiguration"}

    @property
    def parameter_servers(self) -> int | None:
        """The parameter servers: as said, else the one that `TensorflowConfiguration` had by default."""
        if self.parameter_server_count is None and self.config.lower() == "tensorflowconfiguration":
            return 1
        return self.parameter_server_count


@lru_cache(maxsize=32)
def parse_v1(text: str) -> V1Words:
    """Return what is known of a text: a configuration's call, plain `name=value` words, or a `.runconfig`.

    Anything is taken and nothing raises: what is not known is passed over.
    """
    lines = [_COMMENT.sub("", line) for line in text[:_LONGEST].splitlines()]
    entries = [*_entries(lines)]
    config, distribution = _named("\n".join(lines), entries)
    counts, unread = _counted(entries, distribution)
    if not distribution and {"worker_count", "parameter_server_count"} & counts.keys():
        distribution = "tensorflow"
    per_node = counts.get("process_count_per_node", counts.get("nproc_per_node"))
    return V1Words(
        config=config,
        distribution=distribution.removeprefix(_NONE),
        node_count=counts.get("node_count"),
        process_count=counts.get("process_count"),
        process_count_per_node=per_node,
        worker_count=counts.get("worker_count"),
        parameter_server_count=counts.get("parameter_server_count"),
        backend=next((_bare(value) for section, key, value in entries if key == _BACKEND and not section), ""),
        unread=unread,
    )


def _counted(entries: Iterable[tuple[str, str, str]], distribution: str) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the counts that the distribution's configuration has, those of the whole run first, and what is unread."""
    wanted = _COUNTS.get(distribution, _ANY_COUNT)
    fitting = [each for each in entries if each[0] in {"", distribution} and each[1] in wanted]
    counts: dict[str, int] = {}
    for _, key, value in sorted(fitting, key=lambda each: each[0]):
        number = _number(value)
        if number is not None:
            counts.setdefault(key, number)
    return counts, tuple(dict.fromkeys(key for _, key, value in fitting if value and key not in counts))


def _entries(lines: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield (section of a run configuration or nothing, name in v1's Python spelling, value)."""
    section, depth = "", 0
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if section and line.strip() and indent <= depth:
            section = ""
        opened = _SECTION.fullmatch(line)
        if opened is not None:
            section, depth = opened["name"], len(opened["indent"])
            continue
        for each in _ENTRY.finditer(line):
            key = _HUMP.sub("_", each["key"]).replace("-", "_").lower()
            yield section, key, each["value"]


def _named(text: str, entries: Iterable[tuple[str, str, str]]) -> tuple[str, str]:
    """Return the configuration as v1 calls it, and its distribution in v2: `none` where v1 says that there is none."""
    called = _CLASS.search(text)
    if called is not None:
        name = called[1] or called[2]
        return name, _CONSTRUCTORS[name.lower()]
    for section, key, value in entries:
        name = _bare(value)
        if key in _COMMUNICATOR_KEYS and not section and name.lower() in _COMMUNICATORS:
            distribution = _COMMUNICATORS[name.lower()]
            return "" if distribution == _NONE else name, distribution
    return "", ""


def _number(value: str) -> int | None:
    """Return a whole number, or the product of two, as in `process_count=4*2`; None for what is none."""
    factors = [each.strip() for each in _bare(value).split("*")]
    if len(factors) > 2 or not all(_DIGITS.fullmatch(each) for each in factors):
        return None
    return math.prod(int(each) for each in factors)


def _bare(value: str) -> str:
    return value.strip("\"'")
