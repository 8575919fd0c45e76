"""Where a Horovod script calls hvd.init: nowhere, in a function that nothing calls, on some ranks alone, or too late.

Source: Horovod 0.28.1, where every function that needs init raises “Horovod has not been initialized”.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from desktop_app.api import Diagnostic
from desktop_app.api.kit import Script, warning

from .guards import chooses_ranks, conditions, scope

INIT_MISSING = "hvd-init-missing"
NEEDS_INIT = frozenset({
    "rank", "size", "local_rank", "local_size", "cross_rank", "allreduce", "allgather", "broadcast", "broadcast_object",
    "broadcast_parameters", "broadcast_variables", "broadcast_optimizer_state", "DistributedOptimizer",
})  # fmt: skip
_DEFINITIONS = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
_INDIRECT = frozenset({"fire", "globals", "getattr"})
"""What calls functions by a name that the file does not show."""


def init_findings(script: Script, inits: list[ast.Call], is_program: bool, trains: bool) -> Iterator[Diagnostic]:
    """Yield what is wrong with where a script calls hvd.init. A program is what a job starts, no module of it."""
    if not inits:
        yield from _missing(script, is_program, trains)
        return
    if is_program and all(_is_left_alone(each, script) for each in inits):
        name = getattr(scope(inits[0], script), "name", "")
        message = f"hvd.init() stands in {name}(), which nothing calls: call it before any other function of Horovod."
        yield warning(INIT_MISSING, message, line=inits[0].lineno)
        return
    for init in inits:
        if any(chooses_ranks(each.test) for each in conditions(init, script)):
            message = "hvd.init() is called on some ranks alone, and they wait for the others: call it on every rank."
            yield warning("hvd-init-under-condition", message, line=init.lineno)
    yield from _too_early(script, inits[0])


def first_use(script: Script) -> ast.Call | None:
    """Return the first call of a function of Horovod that fails without init."""
    return next(iter(_uses(script)), None)


def _missing(script: Script, is_program: bool, trains: bool) -> Iterator[Diagnostic]:
    used = first_use(script)
    if used is not None and (is_program or _is_plain_list(used, script)):
        name = script.name_of(used.func).rpartition(".")[2]
        message = f"hvd.{name} fails, for hvd.init() is never called: call it before any other function of Horovod."
        yield warning(INIT_MISSING, message, line=used.lineno)
    elif is_program and trains:
        message = "hvd.init() is never called: call it first of all, before any other function of Horovod."
        yield warning(INIT_MISSING, message, line=script.import_line("horovod"))


def _is_plain_list(call: ast.Call, script: Script) -> bool:
    """Whether a call runs by itself in a file that defines nothing, and so is no module of others."""
    defined = any(isinstance(each, _DEFINITIONS) for each in script.parents)
    return not defined and scope(call, script) is None and not conditions(call, script)


def _is_left_alone(init: ast.Call, script: Script) -> bool:
    """Whether a call stands in a function that is neither called nor handed on anywhere in its file."""
    home = scope(init, script)
    if not isinstance(home, ast.FunctionDef) or home.decorator_list or not isinstance(script.parents[home], ast.Module):
        return False
    texts = {text for text, _ in script.texts}
    return home.name not in script.words | texts and not script.words & _INDIRECT and "fire" not in script.modules


def _too_early(script: Script, init: ast.Call) -> Iterator[Diagnostic]:
    home = scope(init, script)
    for call in _uses(script):
        if call.lineno < init.lineno and scope(call, script) is home:
            name = script.name_of(call.func).rpartition(".")[2]
            message = f"hvd.{name} is called before hvd.init(), on line {init.lineno}, and fails: call init first."
            yield warning("hvd-before-init", message, line=call.lineno)
            return


def _uses(script: Script) -> list[ast.Call]:
    return [each for each in script.calls_of(*NEEDS_INIT) if script.name_of(each.func).startswith("horovod.")]
