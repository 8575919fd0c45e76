"""What a person reads before a run starts: the plan as rows. The plan itself is what is submitted, untouched."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from desktop_app.api import Diagnostic, ProcessSpec, Severity, SubmissionPlan, ToolchainSpec
from desktop_app.core.rank_words import has_roles, names_of, roles_text, shape_text
from desktop_app.core.words import cost_text, limit_text, size_text
from desktop_app.services.rank_tables import pretty

HIDDEN = "••••••"
CONTROLLER = "controller"
"""The role of the one process that a sweep on this machine has: it starts the trials."""
_SECRET = re.compile(r"TOKEN|SECRET|PASSWORD|PASSWD|CREDENTIAL|(?:^|_)(?:API_?)?KEY$|(?:^|_)SAS(?:_|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Variable:
    """One environment variable of a process; `own` says that it is set for this process alone."""

    name: str
    value: str
    own: bool


@dataclass(frozen=True, slots=True)
class ProcessRow:
    """One process of the plan: what it is called, what there is to know of it, and the line that starts it."""

    process: ProcessSpec
    name: str
    note: str
    starts: str

    @property
    def is_rank(self) -> bool:
        """Whether it counts as a rank: a launcher does not."""
        return self.process.role != "launcher"


@dataclass(frozen=True, slots=True)
class FileRow:
    """A file that goes along, by its place in the working copy; bytes."""

    name: str
    size: int


def title(plan: SubmissionPlan) -> str:
    """Return what the run will be called."""
    return plan.job.display_name or plan.job.name or plan.job.experiment_name or "Job"


def facts(plan: SubmissionPlan) -> tuple[tuple[str, str], ...]:
    """Return (label, value) pairs worth a look: the backend's own, else what the plan itself tells."""
    return plan.facts or tuple(_own_facts(plan))


def _own_facts(plan: SubmissionPlan) -> list[tuple[str, str]]:
    found = [("Ranks", ranks_text(plan))]
    if plan.toolchain or plan.python:
        found.append(("Python", f"{plan.toolchain}  {plan.python}".strip()))
    if plan.timeout:
        found.append(("Time limit", limit_text(plan.timeout)))
    found.append(("Files", files_text(plan)))
    return found


def ranks_text(plan: SubmissionPlan) -> str:
    """Return `2 nodes × 2 processes = 4 ranks`, or `3 workers, 1 parameter server`."""
    roles = [each.role for each in plan.processes]
    return roles_text(roles) if has_roles(roles) else shape_text(plan.topology)


def process_rows(plan: SubmissionPlan) -> tuple[ProcessRow, ...]:
    """Return every process of the plan: launchers such as mpirun first, then the ranks."""
    names = names_of(plan.processes, plan.framework)
    launcher = program_of(plan.launchers[0]) if plan.launchers else "a launcher"
    launched = sum(each.launched for each in plan.processes)
    first = (
        ProcessRow(each, program_of(each), f"starts {launched} ranks", command_text(each)) for each in plan.launchers
    )
    ranks = (
        ProcessRow(each, names[each.rank].name, _note(each, launcher), _starts(plan, each)) for each in plan.processes
    )
    return (*first, *ranks)


def _starts(plan: SubmissionPlan, process: ProcessSpec) -> str:
    """Return the line that starts a process; of a sweep's controller, what it starts."""
    if plan.job.sweep is None or process.role != CONTROLLER:
        return command_text(process)
    return f"each trial: {' '.join(plan.job.command.split())}"


def program_of(process: ProcessSpec) -> str:
    """Return the program that a process starts: `mpirun`."""
    return PurePath(process.argv[0]).name if process.argv else process.role


def _note(process: ProcessSpec, launcher: str) -> str:
    told = (process.launched and f"started by {launcher}", process.serves and "ends when the others are done")
    return ", ".join(each for each in told if each)


def command_to_copy(process: ProcessSpec) -> str:
    """Return a process' command line as a shell takes it; of `bash -c COMMAND`, the command as it was written."""
    if len(process.argv) == 1:  # a line that the workspace gives to its shell
        return process.argv[0]
    if len(process.argv) == 3 and process.argv[1] == "-c":
        return process.argv[2]
    return shlex.join(process.argv)


def long_texts(found: Sequence[Variable]) -> tuple[tuple[str, str], ...]:
    """Return the variables that are read better with a line for each part: JSON such as TF_CONFIG."""
    return tuple((each.name, each.value) for each in found if pretty(each.value) != each.value)


def files_text(plan: SubmissionPlan) -> str:
    """Return `3 files, 14 kB`."""
    count = len(plan.files)
    return f"{count} {'file' if count == 1 else 'files'}, {size_text(plan.bytes)}" if count else "no files"


def file_rows(plan: SubmissionPlan) -> tuple[FileRow, ...]:
    """Return the files that go along, by name."""
    return tuple(sorted((FileRow(each.target, each.size) for each in plan.files), key=lambda each: each.name))


def command_text(process: ProcessSpec) -> str:
    """Return a process' command line in one line; of `bash -c COMMAND`, what is said to the shell."""
    if len(process.argv) == 1 or (len(process.argv) == 3 and process.argv[1] == "-c"):
        lines = (" ".join(each.split()) for each in process.argv[-1].replace("\\\n", " ").splitlines())
        return " ↵ ".join(each for each in lines if each)
    return shlex.join(process.argv)


def variables(plan: SubmissionPlan, process: ProcessSpec) -> tuple[Variable, ...]:
    """Return what is set for a process: its own variables first, then what all have; secrets are covered."""
    own = [Variable(name, _shown(name, value), True) for name, value in sorted(process.environment.items())]
    shared = sorted((name, value) for name, value in plan.environment.items() if name not in process.environment)
    return (*own, *(Variable(name, _shown(name, value), False) for name, value in shared))


def _shown(name: str, value: str) -> str:
    return HIDDEN if value and _SECRET.search(name) else value


def errors(plan: SubmissionPlan) -> tuple[Diagnostic, ...]:
    """Return what keeps the plan from being submitted."""
    return tuple(each for each in plan.diagnostics if each.severity is Severity.ERROR)


def why_not(plan: SubmissionPlan) -> str:
    """Return why the plan can't be submitted; empty where it can."""
    count = len(errors(plan))
    if not count:
        return ""
    return "An error stands in the way: mend it first." if count == 1 else f"{count} errors stand in the way."


def by_severity(diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return findings, gravest first."""
    order = list(Severity)
    return tuple(sorted(diagnostics, key=lambda each: order.index(each.severity)))


@dataclass(frozen=True, slots=True)
class Mend:
    """What one click does about a toolchain that is missing or lacks packages."""

    verb: str  # create or add
    toolchain: str
    packages: tuple[str, ...] = ()
    cost: str = ""  # about 4 minutes, 1.1 GB

    @property
    def title(self) -> str:
        """What is done."""
        if self.verb == "create":
            return f"Set up the {self.toolchain} toolchain"
        return f"Add {', '.join(self.packages)} to {self.toolchain}"

    @property
    def text(self) -> str:
        """What the button says: what is done, and what that costs."""
        return f"{self.title} ({self.cost})" if self.cost else self.title


def mends(plan: SubmissionPlan, specs: Sequence[ToolchainSpec] = ()) -> tuple[Mend, ...]:
    """Return what can be done here about the plan's toolchain; packages that are lacking are added together."""
    costs = {each.name: cost_text(each.minutes, each.size_mb) for each in specs}
    found = [_mend(each) for each in errors(plan) if each.code in _TOOLCHAIN_CODES]
    creates = {
        each.toolchain: replace(each, cost=costs.get(each.toolchain, ""))
        for each in found
        if each and each.verb == "create"
    }
    adds: dict[str, list[str]] = {}
    for each in found:
        if each and each.verb == "add":
            adds.setdefault(each.toolchain, []).extend(name for name in each.packages)
    return (*creates.values(), *(Mend("add", name, tuple(dict.fromkeys(packages))) for name, packages in adds.items()))


_TOOLCHAIN_CODES = frozenset({"toolchain-missing", "toolchain-broken", "missing-package"})
_COMMAND = re.compile(r"`rankzero toolchains (create|add) (\S+?)((?: \S+)*?)`")


def _mend(found: Diagnostic) -> Mend | None:
    command = _COMMAND.search(found.message)
    return Mend(command.group(1), command.group(2), tuple(command.group(3).split())) if command else None
