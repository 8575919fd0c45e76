"""How likely a difference between two runs is to explain that one went well and the other did not.

The order is that of `Group`. Why: code is what people change between two runs, and a changed line can do anything. Then
what a run stands on (framework, CUDA, packages, image), which breaks whole runs though nobody touched the job. Then
what is told to the code (arguments), how many take part (size), and what is read (data). Variables come after these, as
most of a run's differ without meaning anything, but for those that libraries for communication obey. Settings of the
job itself rarely decide; names and tags never do; a seed last: it differs on purpose. What followed from it all
(metrics, phases, ranks) explains nothing and stands below.
"""

from __future__ import annotations

import re
from enum import IntEnum


class Group(IntEnum):
    """What a difference is about; the lower, the likelier it matters."""

    OUTCOME = 0
    CODE = 1
    FRAMEWORK = 2
    ENVIRONMENT = 3
    ARGUMENTS = 4
    SIZE = 5
    DATA = 6
    COMMUNICATION = 7
    VARIABLES = 8
    SETTINGS = 9
    CONSEQUENCES = 10
    NAMES = 11
    SEEDS = 12

    @property
    def title(self) -> str:
        """What it is called in JSON: `framework`."""
        return self.name.lower()


_SEED = re.compile(r"(?i)\b\w*seed\w*[\s=:\"']{1,3}[+-]?\d+")
_SEED_PATH = re.compile(r"(?i)(?:^|[._\-\[\"])(?:\w*_)?seed(?:_\w+)?(?:$|[.\]\"])")
_TALKING = re.compile(r"^(?:NCCL|GLOO|UCX|FI|OMPI|MPI|HOROVOD|TORCH|PYTORCH|CUDA|MASTER|TF|XLA|RAY|OMP|MKL|KMP)_")
_BASIC = re.compile(
    r"(?i)^(?:torch|pytorch|tensorflow|keras|jax|flax|horovod|deepspeed|lightning|pytorch-lightning|ray|mpi4py|numpy"
    r"|nvidia-.+|triton|accelerate|transformers|mlflow.*|python)$"
)
_OUTCOME = ("status", "exit_code", "cause", "reason", "first_failure", "drills")
_NAMES = ("display_name", "experiment", "experiment_name", "description", "tags", "name", "source", "backend")
_SIZE = ("nodes", "processes_per_node", "ranks", "launched", "topology", "distribution", "resources", "processes",
         "launchers", "node", "local_rank", "role", "limits", "compute", "sweep")  # fmt: skip
_FRAMEWORK = ("framework", "toolchain", "python")


def group_of(part: str, path: str, first: object = None, second: object = None) -> Group:
    """Return what a difference is about: `part` is that of a comparison (result, job, plan, code, …)."""
    if part == "packages":
        return Group.FRAMEWORK if _BASIC.match(path) else Group.ENVIRONMENT
    if part == "code":
        return Group.CODE
    if part in ("metrics", "phases", "ranks"):
        return Group.CONSEQUENCES
    if _SEED_PATH.search(path) or _only_seed(first, second):
        return Group.SEEDS
    inner = path.rpartition(": ")[2]  # `ranks 0, 1: argv[2]`
    return _by_key(part, re.split(r"[.\[]", inner, maxsplit=2))


def _by_key(part: str, keys: list[str]) -> Group:
    top, below = keys[0], keys[1].strip("\"'") if len(keys) > 1 else ""
    if part == "result" and top in _OUTCOME:
        return Group.OUTCOME
    for names, group in ((_FRAMEWORK, Group.FRAMEWORK), (_NAMES, Group.NAMES), (_SIZE, Group.SIZE)):
        if top in names:
            return group
    if top == "environment_variables" or (top == "environment" and part == "plan"):
        return Group.COMMUNICATION if _TALKING.match(below) else Group.VARIABLES
    return Group.ENVIRONMENT if top == "environment" else _of_what_is_told(part, top, len(keys))


def _of_what_is_told(part: str, top: str, depth: int) -> Group:
    if top in ("command", "argv", "code", "trial"):
        return Group.ARGUMENTS
    if top == "inputs":  # a value is told to the script; `path`, `mode` and `type` stand below its name
        return Group.DATA if depth > 2 else Group.ARGUMENTS
    if top == "outputs":
        return Group.DATA
    return Group.SETTINGS if part in ("job", "plan") else Group.CONSEQUENCES


def _only_seed(first: object, second: object) -> bool:
    """Whether two command lines differ by their seeds alone."""
    if not (isinstance(first, str) and isinstance(second, str)) or "seed" not in first.lower():
        return False
    return _SEED.sub("", first) == _SEED.sub("", second)
