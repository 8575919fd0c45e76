"""What a command's scripts need, read from their syntax trees: imports that a toolchain has to have."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.api import Diagnostic, Host, Job, ScriptSource, ScriptVariable, Severity, UserError
from desktop_app.api.kit import NEEDS_GPU, launcher_in, variable_findings
from desktop_app.backends.local.data import kind_of
from desktop_app.backends.local.ports import Ports
from desktop_app.core.commands import brings_files, modules_in, scripts_in

MOST_FILES = 200
"""Modules of the code folder that are followed; a bigger project is scanned in part."""
MOST_BYTES = 4 << 20


@dataclass(slots=True)
class Needs:
    """What was found: `imports` are top-level names that are neither the standard library's nor the project's own.

    `is_alone`: the command runs as one process; `nodes` are those of the job. `starters` are the modules that it calls
    by `python -m`; `settled` are codes of findings that one file makes needless in all.
    """

    imports: list[str] = field(default_factory=list)
    frameworks: list[str] = field(default_factory=list)
    findings: list[Diagnostic] = field(default_factory=list)
    variables: dict[str, tuple[ScriptVariable, ...]] = field(default_factory=dict)
    is_alone: bool = False
    nodes: int = 1
    starters: frozenset[str] = frozenset()
    settled: set[str] = field(default_factory=set)


def find_needs(job: Job, code: Path, ports: Ports, host: Host) -> Needs:
    """Scan the scripts that a job's command runs in the folder `code`, and the modules of that folder they import."""
    needs = _found(job, code, ports)
    needs.findings = [each for each in needs.findings if each.code not in needs.settled]
    if len(host.gpus) >= job.topology.processes_per_node:
        needs.findings = [each for each in needs.findings if each.code != NEEDS_GPU]
    needs.findings += _about_variables(job, needs)
    return needs


def _about_variables(job: Job, needs: Needs) -> Iterator[Diagnostic]:
    """Say which variables the scripts want that this job does not set, each file in the light of all."""
    distribution = job.distribution.type if job.distribution else None
    launcher = launcher_in(job.command)
    known = [each for found in needs.variables.values() for each in found]
    known += [ScriptVariable(each, 0, written=True, guarded=True) for each in job.environment_variables]
    for name, found in needs.variables.items():
        for finding in variable_findings(distribution, found, launcher, known):
            yield _placed(finding, name)


def _found(job: Job, code: Path, ports: Ports) -> Needs:
    command = job.command
    needs = Needs(
        is_alone=job.topology.world_size <= 1 and not launcher_in(command),
        nodes=job.topology.nodes,
        starters=modules_in(command),
    )
    waiting = [code / name for name in scripts_in(command)]
    seen = set(waiting)
    severity = Severity.WARNING if brings_files(command) else Severity.ERROR
    for path in (each for each in waiting if kind_of(each) != "file"):
        message = f"The command runs {path.relative_to(code).as_posix()}, which is not in {code}."
        needs.findings.append(Diagnostic(severity, "script-missing", message, "command"))
    while waiting and len(seen) <= MOST_FILES:
        path = waiting.pop(0)
        local = [each for each in _scan(path, code, ports, needs) if each not in seen]
        waiting += local
        seen.update(local)
    return needs


def _scan(path: Path, code: Path, ports: Ports, needs: Needs) -> list[Path]:
    """Add what the file needs; return the project's own modules that it imports."""
    text = _read(path)
    if text is None:
        return []
    name = path.relative_to(code).as_posix()
    try:
        scan = ports.scan_script(ScriptSource(name, text))
    except UserError as error:
        needs.findings.append(Diagnostic(Severity.ERROR, "script-syntax", _in_file(name, error), "command"))
        return []
    of_start = [] if needs.is_alone else [*scan.unless_started_by.items()]
    said = [*scan.findings, *(each for starter, each in of_start if starter not in needs.starters)]
    said += scan.on_several_nodes if needs.nodes > 1 else ()
    needs.findings += [_placed(each, name) for each in said]
    needs.settled.update(scan.settles)
    needs.variables[name] = scan.variables
    needs.frameworks += [each for each in scan.frameworks if each not in needs.frameworks]
    local: list[Path] = []
    for module in scan.imports:
        found = _modules(module, (path.parent, code))
        local += found
        if not found and module not in sys.stdlib_module_names and module not in needs.imports:
            needs.imports.append(module)
    return local


def _modules(name: str, folders: Sequence[Path]) -> list[Path]:
    """Return the files of a module of the project, as Python would find it from a script in the first folder."""
    for folder in folders:
        if (folder / f"{name}.py").is_file():
            return [folder / f"{name}.py"]
        if (folder / name).is_dir():
            return list(_package(folder / name))
    return []


def _package(folder: Path) -> Iterator[Path]:
    for number, path in enumerate(sorted(folder.rglob("*.py"))):
        if number < MOST_FILES:
            yield path


def _read(path: Path) -> str | None:
    try:
        if path.stat().st_size > MOST_BYTES:
            return None
        return path.read_text("utf-8-sig", "replace")
    except (OSError, ValueError):
        return None


def _in_file(name: str, error: UserError) -> str:
    return error.message if name in error.message else f"{name}: {error.message}"


def _placed(finding: Diagnostic, name: str) -> Diagnostic:
    """Return a finding about a script as one about the command; its line is the script's and goes into the text."""
    where = name if finding.line is None else f"{name}, line {finding.line}"
    return dataclasses.replace(
        finding, message=f"{where}: {finding.message}", path="command", line=None, column=None, end_line=None,
        end_column=None, fix=None,
    )  # fmt: skip
