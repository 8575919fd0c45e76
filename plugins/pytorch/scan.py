"""Scans a training script: what it imports, which arguments it takes, and what is worth saying about it."""

from __future__ import annotations

from desktop_app.api import ScriptScan, ScriptSource, Severity
from desktop_app.api.kit import Script, find_arguments, gpu_findings, script_variables

from . import deepspeed_scan, findings, findings_ranks

FRAMEWORK = "pytorch"
TORCH_MODULES = frozenset(
    {"torch", "torchvision", "torchaudio", "pytorch_lightning", "lightning", "accelerate", "fastai"}
)
_ORDER = {Severity.ERROR: 0, Severity.WARNING: 1, Severity.INFO: 2}


def scan(source: ScriptSource) -> ScriptScan | None:
    """Read a script from its syntax tree; None for one that Python itself finds too deeply nested to parse.

    Raises SyntaxError for a script that does not parse.
    """
    try:
        script = Script(source.text, source.path)
    except (RecursionError, MemoryError):
        return None
    arguments = (*find_arguments(script), *deepspeed_scan.added_arguments(script))
    trains_with_torch = FRAMEWORK in _frameworks(script)
    found = [*findings.of_any_script(script), *gpu_findings(script)]
    if trains_with_torch:
        found += [*findings.of_launch(script, arguments), *findings_ranks.find(script), *deepspeed_scan.find(script)]
    found.sort(key=lambda each: (_ORDER[each.severity], each.line or 0))
    return ScriptScan(
        imports=script.required_modules,
        arguments=arguments,
        frameworks=_frameworks(script),
        findings=tuple(found),
        variables=script_variables(script),
    )


def _frameworks(script: Script) -> tuple[str, ...]:
    if deepspeed_scan.uses_deepspeed(script):
        return (FRAMEWORK, deepspeed_scan.FRAMEWORK)
    return (FRAMEWORK,) if script.modules & TORCH_MODULES else ()
