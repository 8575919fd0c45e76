"""Scans a script that uses Ray: how it finds its cluster, above all.

Source: ray.init of Ray 2.60 (python/ray/_private/worker.py): without an address it takes RAY_ADDRESS, then a cluster
that was started on the same machine, else it starts one of its own; with `auto` it fails instead.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from desktop_app.api import Diagnostic, ScriptScan, ScriptSource
from desktop_app.api.kit import Script, find_arguments, gpu_findings, info, is_in_branch, script_variables, warning

FRAMEWORK = "ray"
_COUNTS = ("num_cpus", "num_gpus", "resources", "object_store_memory")


def scan(source: ScriptSource) -> ScriptScan | None:
    """Read a script from its syntax tree; None for one without Ray, and one too deeply nested to parse.

    Raises SyntaxError for a script that does not parse.
    """
    try:
        script = Script(source.text, source.path)
    except (RecursionError, MemoryError):
        return None
    if "ray" not in script.modules:
        return None
    return ScriptScan(
        imports=script.required_modules,
        arguments=find_arguments(script),
        frameworks=(FRAMEWORK,),
        findings=(*_findings(script), *gpu_findings(script)),
        variables=script_variables(script),
    )


def _findings(script: Script) -> Iterator[Diagnostic]:
    for call in script.calls_of("init"):
        if script.name_of(call.func) == "ray.init":
            yield from _address(call, script)
            if _is_in_a_worker(call, script):
                message = (
                    "ray.init within a task or an actor: it is connected already, and a second ray.init raises. "
                    "Call it once, in the driver."
                )
                yield warning("ray-init-in-worker", message, line=call.lineno)


def _address(call: ast.Call, script: Script) -> Iterator[Diagnostic]:
    given = {each.arg: each.value for each in call.keywords}
    if None in given:
        return  # ray.init(**options): who knows
    value = call.args[0] if call.args else given.get("address")
    address = script.literal(value) if value is not None else None
    counts = [each for each in _COUNTS if each in given]
    if address == "local":
        message = 'address="local" starts a Ray on one node, and the others stay idle: write address="auto".'
        yield warning("ray-init-local", message, line=call.lineno)
    elif counts and _has_another_way(call, script):
        return
    elif counts:
        message = (
            f"ray.init takes no {counts[0]} where the cluster is started by the job, and raises: leave it out, or put "
            "it into distribution.head_node_additional_args."
        )
        yield warning("ray-init-counts", message, line=call.lineno)
    elif isinstance(address, str) and address not in {"", "auto"}:
        message = f'The head will not be at {address}, which nobody knows before the job starts: write address="auto".'
        yield warning("ray-init-fixed-address", message, line=call.lineno)
    elif value is None:
        message = (
            "ray.init() starts a Ray of its own where it finds no cluster, and the other nodes stay idle unnoticed: "
            'with address="auto" it fails instead.'
        )
        yield info("ray-init-without-address", message, line=call.lineno)


def _has_another_way(call: ast.Call, script: Script) -> bool:
    """Whether the script starts Ray otherwise where this call's branch, a smoke test's by custom, is not taken."""
    others = [each for each in script.calls_of("init") if script.name_of(each.func) == "ray.init"]
    return len(others) > 1 and is_in_branch(call, script)


def _is_in_a_worker(node: ast.AST, script: Script) -> bool:
    while node in script.parents:
        node = script.parents[node]
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and any(
            _is_remote(each, script) for each in node.decorator_list
        ):
            return True
    return False


def _is_remote(decorator: ast.expr, script: Script) -> bool:
    return script.name_of(decorator.func if isinstance(decorator, ast.Call) else decorator) == "ray.remote"
