"""Who sets which environment variables for a job's processes, and what a script makes of that."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from desktop_app.api.commands import simple_commands
from desktop_app.api.diagnostics import Diagnostic
from desktop_app.api.kit.said import warning
from desktop_app.api.scripts import ScriptVariable


@dataclass(frozen=True, slots=True)
class VariableSetter:
    """What sets variables: a distribution type of Azure ML v2, or a `launcher` in the command; a dated fact.

    A name in `names` that ends with `*` stands for all that begin so.
    """

    key: str
    says: str
    names: tuple[str, ...]
    launcher: bool
    as_of: str
    source: str

    def sets(self, name: str) -> bool:
        """Whether it sets a variable."""
        return any(name.startswith(each[:-1]) if each.endswith("*") else name == each for each in self.names)


_SIX = ("MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "WORLD_SIZE", "RANK", "LOCAL_RANK")
_ELASTIC = (
    *("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK", "LOCAL_RANK", "LOCAL_WORLD_SIZE", "GROUP_RANK"),
    *("GROUP_WORLD_SIZE", "ROLE_RANK", "ROLE_WORLD_SIZE", "ROLE_NAME", "TORCHELASTIC_*"),
)
_DEEPSPEED = (
    *("MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE", "RANK", "LOCAL_RANK"),
    *("CROSS_RANK", "CROSS_SIZE", "LOCAL_SIZE"),
)
_OPEN_MPI = ("OMPI_*", "PMIX_*")
_AZURE = "Azure ML, distributed GPU training guide"
_SEEN = "Open MPI 4.1.4, as seen in a run"
_TORCHRUN = "torch.distributed.run of torch 2.13 (elastic/agent/server/local_elastic_agent.py)"
_LAUNCH = "deepspeed 0.19.8, launcher/launch.py"
SETTERS = (
    VariableSetter("pytorch", "distribution type pytorch", _SIX, False, "2026-11", _AZURE),
    VariableSetter("mpi", "distribution type mpi (mpirun)", _OPEN_MPI, False, "2026-11", _SEEN),
    VariableSetter("tensorflow", "distribution type tensorflow", ("TF_CONFIG",), False, "2026-11", _AZURE),
    VariableSetter("torchrun", "torchrun", _ELASTIC, True, "2026-11", _TORCHRUN),
    VariableSetter("mpirun", "mpirun", _OPEN_MPI, True, "2026-11", _SEEN),
    VariableSetter("deepspeed", "the deepspeed launcher", _DEEPSPEED, True, "2026-11", _LAUNCH),
    VariableSetter("accelerate", "accelerate launch", (*_ELASTIC, "ACCELERATE_*"), True, "2026-11", _TORCHRUN),
)
"""For distribution type ray no variable is known for sure; what Ray itself sets in its workers, its imports tell."""
GONE = ("AZ_BATCHAI_", "AZ_BATCH_MASTER_NODE")
"""What Azure Batch AI set until SDK v1; nothing on Azure ML sets it any more (distributed GPU guide, 2026-11)."""
_SETTINGS = ("ACCELERATE_",)
_MEANINGS = {
    "rank": ("RANK", "OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK", "AZ_BATCHAI_TASK_INDEX"),
    "size": ("WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "AZ_BATCHAI_NUM_GPUS"),
    "local rank": ("LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_NODE_RANK", "MPI_LOCALRANKID"),
    "local size": ("LOCAL_WORLD_SIZE", "OMPI_COMM_WORLD_LOCAL_SIZE", "LOCAL_SIZE"),
    "node": ("NODE_RANK", "GROUP_RANK"),
    "address": ("MASTER_ADDR", "AZ_BATCHAI_MPI_MASTER_NODE", "AZ_BATCH_MASTER_NODE", "AZ_BATCHAI_PYTORCH_INIT_METHOD"),
    "port": ("MASTER_PORT",),
    "cluster": ("TF_CONFIG", "AZ_BATCHAI_WORKER_HOSTS", "AZ_BATCHAI_PS_HOSTS"),
}
_LAUNCHERS = {
    "torchrun": "torchrun", "mpirun": "mpirun", "mpiexec": "mpirun", "horovodrun": "mpirun", "deepspeed": "deepspeed",
    "accelerate": "accelerate", "torch.distributed.run": "torchrun", "torch.distributed.launch": "torchrun",
}  # fmt: skip
_CODES = {"torchrun": "launcher-variable", "mpi": "mpi-variable"}


def launcher_in(command: str) -> str:
    """Return what in a command starts ranks by itself: torchrun, mpirun, deepspeed, accelerate, or nothing."""
    for words in simple_commands(command):
        rest = list(itertools.dropwhile(_comes_before, words))
        name = rest[0].replace("\\", "/").rpartition("/")[2].removesuffix(".exe") if rest else ""
        if name.startswith("python") and "-m" in rest[:-1]:
            name = rest[rest.index("-m") + 1]
        if name in _LAUNCHERS:
            return _LAUNCHERS[name]
    return ""


def _comes_before(word: str) -> bool:
    return word in {"exec", "env", "time", "nohup"} or (word.partition("=")[0].isidentifier() and "=" in word)


def setters_of(name: str) -> tuple[VariableSetter, ...]:
    """Return what is known to set a variable."""
    return tuple(each for each in SETTERS if each.sets(name))


def variable_findings(
    distribution: str | None,
    variables: Iterable[ScriptVariable],
    launcher: str = "",
    others: Iterable[ScriptVariable] = (),
) -> Iterator[Diagnostic]:
    """Say which variables a script wants that nothing sets for it, and which it overwrites.

    `distribution` is the job's type, None or empty for a job without; `launcher` what the command starts ranks by;
    `others` are the variables of the script's other files, which may set what this one reads.
    """
    here = _Here((distribution or "").strip().lower(), launcher)
    found = tuple(variables)
    named = {each.name for each in (*found, *others)}
    written = {each.name for each in (*found, *others) if each.written}
    for each in found:
        if each.written:
            if not each.guarded and here.sets(each.name):
                yield _overwritten(each)
        elif each.name.startswith(GONE):
            yield _gone(each, here)
        elif each.name not in written and here.is_known and not here.sets(each.name) and setters_of(each.name):
            yield from _not_set(each, here, named)


@dataclass(frozen=True, slots=True)
class _Here:
    """Where the script would run."""

    distribution: str
    launcher: str

    @property
    def setters(self) -> tuple[VariableSetter, ...]:
        wanted = {(self.distribution, False), (self.launcher, True)}
        return tuple(each for each in SETTERS if (each.key, each.launcher) in wanted)

    @property
    def is_known(self) -> bool:
        return self.distribution in {"", "pytorch", "mpi", "tensorflow"}

    def sets(self, name: str) -> bool:
        return any(each.sets(name) for each in self.setters)

    def alternatives(self, name: str) -> list[str]:
        """Return the variables of the same meaning that are set here."""
        same = next((names for names in _MEANINGS.values() if name in names), ())
        found = [each for each in same if self.sets(each)]
        return found or (["TF_CONFIG"] if same and self.sets("TF_CONFIG") else [])

    def __str__(self) -> str:
        if self.launcher:
            return next(each.says for each in SETTERS if each.key == self.launcher)
        return f"distribution type {self.distribution}" if self.distribution else "a job without distribution"


def _overwritten(variable: ScriptVariable) -> Diagnostic:
    what = "with another value on each rank" if variable.apart else "which is set for each process"
    says = f"The script overwrites {variable.name}, {what}, so they miss each other"
    message = f"{says}: leave it, or use os.environ.setdefault."
    return warning("rank-variable-fixed", message, line=variable.line)


def _gone(variable: ScriptVariable, here: _Here) -> Diagnostic:
    instead = here.alternatives(variable.name)
    what = (
        f"read {instead[0]} instead" if instead else "with distribution type pytorch read RANK, WORLD_SIZE, MASTER_ADDR"
    )
    if "INIT_METHOD" in variable.name and "MASTER_ADDR" in instead:
        what = "leave init_method out (env://), and MASTER_ADDR and MASTER_PORT say it"
    return warning("batch-ai-variable", f"{variable.name} is no longer set on Azure ML: {what}.", line=variable.line)


def _not_set(variable: ScriptVariable, here: _Here, named: set[str]) -> Iterator[Diagnostic]:
    instead = here.alternatives(variable.name)
    is_alone = not here.setters  # one process: what it falls back to is right
    if not variable.required and (variable.guarded or is_alone or named & {*instead}):
        return
    setters = setters_of(variable.name)
    if not variable.required and variable.name.startswith(_SETTINGS):
        return  # a switch that is off unless its launcher turns it on
    code = next((_CODES[each.key] for each in setters if each.key in _CODES), "variable-not-set")
    code = "variable-not-set" if any(each.key == "pytorch" for each in setters) else code
    fallback = "" if variable.required else ", so every process takes the fallback"
    what = f"read {instead[0]} instead" if instead else f"take {_ways(setters)}, or do without it"
    says = f"{variable.name} is set by {_ways(setters)}, not by {here}{fallback}: {what}."
    yield warning(code, says, line=variable.line)


def _ways(setters: Iterable[VariableSetter]) -> str:
    says = [each.says for each in setters if each.key in {"pytorch", "mpi", "tensorflow", "torchrun"}]
    return " or ".join(says or [each.says for each in setters])
