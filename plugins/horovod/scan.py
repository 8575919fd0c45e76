"""Scans a training script: whether it trains with Horovod or speaks MPI, and what is worth saying about that."""

from __future__ import annotations

from desktop_app.api import ScriptScan, ScriptSource
from desktop_app.api.kit import Script, find_arguments, gpu_findings, script_variables

from . import horovod_findings, mpi_findings

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
    )


def bindings(script: Script) -> set[str]:
    """Return the frameworks that a script uses Horovod with: pytorch, tensorflow."""
    of_framework = {"torch": "pytorch", "tensorflow": "tensorflow", "keras": "tensorflow"}
    parts = {name.split(".")[1] for name in script.imported if name.startswith("horovod.")}
    return {of_framework[each] for each in parts if each in of_framework}
