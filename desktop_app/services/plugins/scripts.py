"""A training script as all plugins together see it; read from its syntax tree and never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence

from desktop_app.api import Diagnostic, ScriptArgument, ScriptScan, ScriptSource, UserError


def parse_script(source: ScriptSource) -> ast.Module:
    """Return the script's syntax tree. Raises UserError with the line where it does not parse."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in a person's string is no news of ours
            return ast.parse(source.text, source.path)
    except SyntaxError as error:
        place = f"{source.path}, line {error.lineno}" if error.lineno else source.path
        raise UserError(f"{place}: {error.msg}.", details=(error.text or "").rstrip()) from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise UserError(f"{source.path} can't be read as Python: {str(error) or 'it is nested too deeply'}.") from error


def own_scan(tree: ast.Module) -> ScriptScan:
    """Return the imports and variables of a script in which no plugin saw anything, but imports that may fail."""
    from desktop_app.api.kit import Script, script_variables  # when there is a script to read, not at the start

    return ScriptScan(imports=tuple(dict.fromkeys(_imports(tree.body))), variables=script_variables(Script(tree)))


def merged_scan(scans: Sequence[ScriptScan]) -> ScriptScan:
    """Return the scans of several plugins as one, each fact once, in the plugins' order."""
    from desktop_app.api.kit import merged_variables

    arguments: dict[str, ScriptArgument] = {}
    for each in (argument for scan in scans for argument in scan.arguments):
        arguments.setdefault(each.flag, each)
    findings: dict[object, Diagnostic] = {}
    for found in (finding for scan in scans for finding in scan.findings):
        findings.setdefault((found.code, found.line, found.message), found)
    return ScriptScan(
        imports=tuple(dict.fromkeys(each for scan in scans for each in scan.imports)),
        arguments=tuple(arguments.values()),
        frameworks=tuple(dict.fromkeys(each for scan in scans for each in scan.frameworks)),
        findings=tuple(sorted(findings.values(), key=lambda each: each.line or 0)),
        variables=merged_variables(each for scan in scans for each in scan.variables),
        unless_started_by={name: each for scan in scans for name, each in scan.unless_started_by.items()},
        settles=tuple(dict.fromkeys(each for scan in scans for each in scan.settles)),
        metrics=tuple(dict.fromkeys(each for scan in scans for each in scan.metrics)),
        on_several_nodes=tuple(dict.fromkeys(each for scan in scans for each in scan.on_several_nodes)),
    )


def _imports(body: Sequence[ast.stmt]) -> list[str]:
    found: list[str] = []
    for node in body:
        if isinstance(node, ast.Import):
            found += [each.name.partition(".")[0] for each in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module.partition(".")[0])
    return found
