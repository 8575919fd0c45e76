"""The environment variables that a script names, and how much they mean to it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace

from desktop_app.api.kit.script_tree import Script, Variable
from desktop_app.api.kit.variables import GONE
from desktop_app.api.scripts import ScriptVariable

SET_BY_LIBRARIES = {
    "deepspeed": ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT"),
    "ray": (
        "RANK",
        "WORLD_SIZE",
        "LOCAL_RANK",
        "LOCAL_WORLD_SIZE",
        "NODE_RANK",
        "MASTER_ADDR",
        "MASTER_PORT",
        "TF_CONFIG",
    ),
}
"""What a library sets in the processes of a script that imports it.

Sources: deepspeed 0.19.8, comm/comm.py (mpi_discovery); ray 2.60.0, train/torch/config.py and
train/tensorflow/config.py; read 2026-11.
"""

_MEETING = "MASTER_PORT"
"""Where ranks meet: what differs from rank to rank is as wrong there as what overwrites another variable."""
_RANKS = frozenset({"rank", "local_rank", "global_rank", "world_rank"})
_RANK_CALLS = frozenset({"get_rank", "get_local_rank", "get_global_rank", "Get_rank", "rank", "local_rank"})
_RANK_VARIABLES = frozenset({"RANK", "LOCAL_RANK"})
_DEEPEST = 6


def script_variables(script: Script) -> tuple[ScriptVariable, ...]:
    """Return every environment variable that a script names, each once as read and once as written, by line."""
    asked = {each.name for each in script.variables_asked}
    found = [
        *(_read(each, script, asked) for each in script.variables_read),
        *(_written(each, script, asked) for each in script.variables_set),
        *(_asked(each) for each in script.variables_asked),
        *_by_libraries(script),
        *(ScriptVariable(text, line) for text, line in script.texts if text.startswith(GONE)),
    ]
    return tuple(sorted(merged_variables(found), key=lambda each: (each.line, each.name)))


def merged_variables(found: Iterable[ScriptVariable]) -> tuple[ScriptVariable, ...]:
    """Return each variable once as read and once as written: from its first line on, as much as it means anywhere."""
    merged: dict[tuple[str, bool], ScriptVariable] = {}
    for each in found:
        one = merged.setdefault((each.name, each.written), each)
        merged[each.name, each.written] = replace(
            min(one, each, key=lambda variable: variable.line),
            required=one.required or each.required,
            guarded=one.guarded and each.guarded,
            apart=one.apart or each.apart,
        )
    return tuple(merged.values())


def _read(variable: Variable, script: Script, asked: set[str]) -> ScriptVariable:
    guarded = variable.name in asked or is_in_branch(variable.node, script)
    return ScriptVariable(variable.name, variable.line, required=variable.must_exist and not guarded, guarded=guarded)


def _written(variable: Variable, script: Script, asked: set[str]) -> ScriptVariable:
    apart = variable.name == _MEETING and _is_of_rank(variable.value, script)
    minds = variable.name in asked or is_in_branch(variable.node, script)
    guarded = minds or not (apart or _is_fixed(variable.value, script))
    return ScriptVariable(variable.name, variable.line, written=True, guarded=guarded, apart=apart and not minds)


def _is_fixed(value: ast.expr | None, script: Script) -> bool:
    """Whether what is set is the script's own: a literal, or JSON that it makes up."""
    if script.literal(value) is not None:
        return True
    return isinstance(value, ast.Call) and script.name_of(value.func).rpartition(".")[2] == "dumps"


def _is_of_rank(node: ast.AST | None, script: Script, depth: int = _DEEPEST) -> bool:
    """Whether a value is worked out from the number of the rank, so that each rank has another one."""
    if isinstance(node, ast.Name) and node.id not in _RANKS:
        node = script.constants.get(node.id)
    if node is None or not depth:
        return False
    if isinstance(node, ast.BinOp):
        parts: list[ast.expr] = [node.left, node.right]
    elif isinstance(node, ast.JoinedStr):
        parts = [each.value for each in node.values if isinstance(each, ast.FormattedValue)]
    elif isinstance(node, ast.Call) and script.name_of(node.func) in {"int", "str"}:
        parts = node.args[:1]
    else:
        return _names_rank(node, script)
    return any(_is_of_rank(each, script, depth - 1) for each in parts)


def _names_rank(node: ast.AST, script: Script) -> bool:
    """Whether a value is the number of the rank: a name for it, a call that returns it, or a variable with it."""
    if isinstance(node, ast.Subscript):
        return script.name_of(node.value) == "os.environ" and str(script.literal(node.slice)) in _RANK_VARIABLES
    if isinstance(node, ast.Call):
        name = script.name_of(node.func)
        asks = name in {"os.getenv", "os.environ.get"} and bool(node.args)
        return str(script.literal(node.args[0])) in _RANK_VARIABLES if asks else name.rpartition(".")[2] in _RANK_CALLS
    word = node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""
    return word in _RANKS


def _asked(variable: Variable) -> ScriptVariable:
    node = variable.node
    sets = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "setdefault"
    return ScriptVariable(variable.name, variable.line, written=sets, guarded=True)


def _by_libraries(script: Script) -> Iterator[ScriptVariable]:
    for module, names in SET_BY_LIBRARIES.items():
        if module in script.modules:
            line = script.import_line(module)
            yield from (ScriptVariable(name, line, written=True, guarded=True) for name in names)


def is_in_branch(node: ast.AST | None, script: Script) -> bool:
    """Whether a node is reached on a condition alone, as far as its own function shows."""
    while node is not None and node in script.parents:
        parent = script.parents[node]
        if isinstance(parent, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            return False
        if isinstance(parent, ast.If | ast.IfExp | ast.While) and node is not parent.test and not _is_main(parent.test):
            return True
        if isinstance(parent, ast.BoolOp) and node is not parent.values[0]:
            return True
        if isinstance(parent, ast.match_case | ast.ExceptHandler) or (isinstance(parent, ast.Try) and parent.handlers):
            return True
        node = parent
    return False


def _is_main(test: ast.expr) -> bool:
    return isinstance(test, ast.Compare) and isinstance(test.left, ast.Name) and test.left.id == "__name__"
