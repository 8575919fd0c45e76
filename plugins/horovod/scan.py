"""Scans a training script: whether it trains with Horovod or speaks MPI, and what is worth saying about that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from desktop_app.api import Diagnostic, ScriptScan, ScriptSource
from desktop_app.api.kit import Script, find_arguments, gpu_findings, script_variables

from . import horovod_findings, mpi_findings
from .horovod_init import INIT_MISSING

HOROVOD, MPI = "horovod", "mpi4py"


def scan(source: ScriptSource) -> ScriptScan | None:
    """Read a script from its syntax tree; None for one without Horovod and MPI, and one too deeply nested to parse.

    Raises SyntaxError for a script that does not parse.
    """
    try:
        script = Script(source.text, source.path)
    except (RecursionError, MemoryError):
        return None
    frameworks = [each for each in (HOROVOD, MPI) if each in script.modules]
    if not frameworks:
        return None
    found = [*horovod_findings.find(script)] if HOROVOD in frameworks else []
    found += [*mpi_findings.find(script)] if frameworks == [MPI] else []
    return ScriptScan(
        imports=script.required_modules,
        arguments=find_arguments(script),
        frameworks=(*frameworks, *(f"horovod-{each}" for each in sorted(bindings(script)))),
        findings=(*found, *gpu_findings(script)),
        variables=script_variables(script),
        unless_started_by=mpi_findings.without_module(script) if frameworks == [MPI] else {},
        settles=tuple(_settles(script, found)),
    )


def _settles(script: Script, found: Sequence[Diagnostic]) -> Iterator[str]:
    """Yield what other files of the project need not do, for this one does."""
    if horovod_findings.calls(script, "init") and INIT_MISSING not in {each.code for each in found}:
        yield INIT_MISSING
    if mpi_findings.ends_all(script):
        yield mpi_findings.EXCEPTION_WAITS


def bindings(script: Script) -> set[str]:
    """Return the frameworks that a script uses Horovod with: pytorch, tensorflow."""
    of_framework = {"torch": "pytorch", "tensorflow": "tensorflow", "keras": "tensorflow"}
    parts = {name.split(".")[1] for name in script.imported if name.startswith("horovod.")}
    return {of_framework[each] for each in parts if each in of_framework}
